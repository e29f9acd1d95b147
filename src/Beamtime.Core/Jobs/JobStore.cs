using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>Jobs as people list, show, cancel and retry them.</summary>
/// <param name="database">The database.</param>
internal sealed class JobStore(BeamtimeDatabase database)
{
    /// <summary>The longest page.</summary>
    public const int LongestPage = 1000;

    private const string Columns = """
        id, queue, kind, key, arguments, state, priority, run_at, attempt, max_attempts, lease_until, fence, worker,
        last_error, correlation, created_at, started_at, finished_at, project, concurrency_key, concurrency_cap,
        rate_key, rate_limit, rate_per, labels, sequence, changed_by, changed_why
        """;

    private const string Admitted = """
        from jobs
        where ($1::text is null or queue = $1) and ($2::text is null or kind = $2)
            and ($3::text is null or state = $3) and ($4::uuid is null or correlation = $4)
            and ($5::text is null or project = $5)
        """;

    private const string Cancel = """
        update jobs set state = 'Cancelled', finished_at = lease_clock(), lease_until = null, changed_by = $2, changed_why = $3
        where id = $1 and state in ('Available', 'Running') and not exists (select from workflows where id = $1)
        returning queue
        """;

    private const string Drives = "select exists (select from workflows where id = $1)";

    private const string Retry = """
        update jobs set
            state = 'Available', attempt = 0, run_at = lease_clock(), finished_at = null, changed_by = $2, changed_why = $3
        where id = $1 and state = 'Dead'
        returning queue
        """;

    private const string Discard = """
        update jobs set state = 'Cancelled', finished_at = lease_clock(), changed_by = $2, changed_why = $3
        where id = $1 and state = 'Dead'
        returning queue
        """;

    /// <summary>Lists jobs, newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="offset">Jobs to pass over, at least 0.</param>
    /// <param name="limit">At most so many, 1 to <see cref="LongestPage"/>.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<JobPage> ListAsync(JobFilter filter, int offset, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LongestPage);
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Filtered($"select count(*) {Admitted}", filter),
                Filtered($"select {Columns} {Admitted} order by id desc offset $6 limit $7", filter),
            },
        };
        batch.BatchCommands[1].Parameters.Add(new() { Value = offset });
        batch.BatchCommands[1].Parameters.Add(new() { Value = limit });
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var total = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var jobs = new List<JobRecord>();
        while (await reader.ReadAsync(cancel))
        {
            jobs.Add(Read(reader));
        }

        return new JobPage(jobs, total);
    }

    /// <summary>One job, or null where there is none.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<JobRecord?> GetAsync(JobId id, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand($"select {Columns} from jobs where id = $1");
        command.Parameters.Add(new() { Value = id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(reader) : null;
    }

    /// <summary>Withdraws a job; one that runs loses its lease, and its handler is asked to end.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<JobId>> CancelAsync(JobId id, CancellationToken cancel) => CancelAsync(id, null, cancel);

    /// <summary>Withdraws a job; one that runs loses its lease, and its handler is asked to end.</summary>
    /// <param name="id">The job.</param>
    /// <param name="word">Who withdraws it, and why.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<JobId>> CancelAsync(JobId id, JobWord? word, CancellationToken cancel) =>
        MoveAsync(Cancel, id, JobState.Cancelled, word, cancel);

    /// <summary>Brings a dead job back, with all its attempts before it.</summary>
    /// <param name="id">The job.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<JobId>> RetryAsync(JobId id, CancellationToken cancel) => RetryAsync(id, null, cancel);

    /// <summary>Brings a dead job back, with all its attempts before it.</summary>
    /// <param name="id">The job.</param>
    /// <param name="word">Who brings it back, and why.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<JobId>> RetryAsync(JobId id, JobWord? word, CancellationToken cancel) =>
        MoveAsync(Retry, id, JobState.Available, word, cancel);

    /// <summary>Gives a dead job up for good, for a reason that is kept with it.</summary>
    /// <param name="id">The job.</param>
    /// <param name="word">Who gives it up, and why.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<JobId>> DiscardAsync(JobId id, JobWord word, CancellationToken cancel) =>
        string.IsNullOrWhiteSpace(word.Why)
            ? new Refused<JobId>([JobErrors.WhyMissing.Because($"no reason is given for discarding job {id}")])
            : await MoveAsync(Discard, id, JobState.Cancelled, word, cancel);

    /// <summary>Brings back the dead jobs of a filter, oldest first.</summary>
    /// <param name="filter">Which; its state is that of the dead.</param>
    /// <param name="limit">At most so many by this call, 1 to <see cref="LongestPage"/>.</param>
    /// <param name="word">Who brings them back, and why.</param>
    /// <param name="cancel">Ends the call between two jobs.</param>
    public Task<JobsChanged> RetryAsync(JobFilter filter, int limit, JobWord word, CancellationToken cancel) =>
        ChangeAsync(filter, limit, id => RetryAsync(id, word, cancel), cancel);

    /// <summary>Gives up the dead jobs of a filter for good, oldest first.</summary>
    /// <param name="filter">Which; its state is that of the dead.</param>
    /// <param name="limit">At most so many by this call, 1 to <see cref="LongestPage"/>.</param>
    /// <param name="word">Who gives them up, and why.</param>
    /// <param name="cancel">Ends the call between two jobs.</param>
    public Task<JobsChanged> DiscardAsync(JobFilter filter, int limit, JobWord word, CancellationToken cancel) =>
        ChangeAsync(filter, limit, id => DiscardAsync(id, word, cancel), cancel);

    // Each on its own: one whose key was taken meanwhile does not keep the others.
    private async Task<JobsChanged> ChangeAsync(
        JobFilter filter, int limit, Func<JobId, Task<Outcome<JobId>>> change, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LongestPage);
        var dead = filter with { State = JobState.Dead };
        var ids = new List<JobId>();
        await using (var connection = await database.Source.OpenConnectionAsync(cancel))
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(Filtered($"select id {Admitted} order by id limit $6", dead));
            batch.BatchCommands[0].Parameters.Add(new() { Value = limit });
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                ids.Add(new JobId(reader.GetGuid(0)));
            }
        }

        var changed = new List<JobId>();
        var refused = new List<Reason>();
        foreach (var id in ids)
        {
            switch (await change(id))
            {
                case Accepted<JobId>:
                    changed.Add(id);
                    break;
                case Refused<JobId> why:
                    refused.AddRange(why.Reasons);
                    break;
            }
        }

        return new JobsChanged(changed, refused, (await ListAsync(dead, 0, 1, cancel)).Total);
    }

    private async Task<Outcome<JobId>> MoveAsync(
        string sql, JobId id, JobState to, JobWord? word, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(sql);
        command.Parameters.Add(new() { Value = id.Value });
        command.Parameters.Add(new() { Value = word?.Who ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(Text(word?.Why));
        try
        {
            if (await command.ExecuteScalarAsync(cancel) is string queue)
            {
                // What ends makes room in its queue as well.
                database.Notifier.Notify(JobQueue.ChannelOf(queue));
                if (to == JobState.Cancelled)
                {
                    database.Notifier.Notify(JobQueue.Withdrawn);
                }

                return new Accepted<JobId>(id);
            }
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new Refused<JobId>([JobErrors.KeyTaken.Because($"Another live job has the key of job {id}.")]);
        }

        return new Refused<JobId>([await GetAsync(id, cancel) is { } job
            ? to == JobState.Cancelled && job.State is JobState.Available or JobState.Running && await DrivesAsync(id, cancel)
                ? JobErrors.DrivesWorkflow.Because(
                    $"Job {id} drives a workflow of kind {job.Kind}.", $"Cancel the workflow: beamtime workflow cancel {id}.")
                : JobErrors.StateForbids.Because($"Job {id} is {job.State} and cannot become {to}.")
            : JobErrors.NotFound.Because($"There is no job {id}.")]);
    }

    private async Task<bool> DrivesAsync(JobId id, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(Drives);
        command.Parameters.Add(new() { Value = id.Value });
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static NpgsqlBatchCommand Filtered(string sql, JobFilter filter) => new(sql)
    {
        Parameters =
        {
            Text(filter.Queue),
            Text(filter.Kind),
            Text(filter.State?.ToString()),
            new() { Value = filter.Correlation ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
            Text(filter.Project),
        },
    };

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static JobRecord Read(NpgsqlDataReader row) => new()
    {
        Id = new JobId(row.GetGuid(0)),
        Queue = row.GetString(1),
        Kind = row.GetString(2),
        Key = row.IsDBNull(3) ? null : row.GetString(3),
        Arguments = row.GetString(4),
        State = Enum.Parse<JobState>(row.GetString(5)),
        Priority = row.GetInt16(6),
        RunAt = row.GetFieldValue<DateTimeOffset>(7),
        Attempt = row.GetInt32(8),
        MaxAttempts = row.GetInt32(9),
        LeaseUntil = row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10),
        Fence = row.GetInt64(11),
        Worker = row.IsDBNull(12) ? null : row.GetString(12),
        LastError = row.IsDBNull(13) ? null : JobsJson.Read(row.GetString(13)),
        Correlation = row.IsDBNull(14) ? null : row.GetGuid(14),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(15),
        StartedAt = row.IsDBNull(16) ? null : row.GetFieldValue<DateTimeOffset>(16),
        FinishedAt = row.IsDBNull(17) ? null : row.GetFieldValue<DateTimeOffset>(17),
        Project = row.IsDBNull(18) ? null : row.GetString(18),
        Concurrency = row.IsDBNull(19) ? null : new ConcurrencyKey(row.GetString(19), row.GetInt32(20)),
        Rate = row.IsDBNull(21) ? null : new RateKey(row.GetString(21), row.GetInt32(22), row.GetTimeSpan(23)),
        Labels = row.GetFieldValue<string[]>(24),
        Sequence = row.IsDBNull(25) ? null : row.GetString(25),
        ChangedBy = row.IsDBNull(26) ? null : row.GetGuid(26),
        ChangedWhy = row.IsDBNull(27) ? null : row.GetString(27),
    };
}

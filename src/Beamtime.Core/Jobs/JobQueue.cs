using Beamtime.Core.Database;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Where jobs are enqueued, in the transaction that makes them necessary; its commit wakes the workers.
/// </summary>
/// <param name="database">The database, for enqueueing without other effects.</param>
/// <param name="time">The clock of new ids.</param>
/// <param name="options">What a step of priority is worth.</param>
internal sealed class JobQueue(BeamtimeDatabase database, TimeProvider time, JobOptions options)
{
    /// <summary>A queue with the usual settings.</summary>
    /// <param name="database">The database, for enqueueing without other effects.</param>
    /// <param name="time">The clock of new ids.</param>
    public JobQueue(BeamtimeDatabase database, TimeProvider time)
        : this(database, time, new JobOptions())
    {
    }

    /// <summary>The channel on which workers are told that running jobs were withdrawn.</summary>
    public const string Withdrawn = "jobs.withdrawn";

    // Jobs of one call keep their order: each is due a microsecond after the one before, none in the future. A queue and a
    // project's share in it come to be with their first job.
    private const string Insert = """
        with n as materialized (
            select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::timestamptz[],
                $8::interval[], $9::integer[], $10::uuid[], $11::text[], $12::text[], $13::integer[], $14::text[], $15::integer[],
                $16::interval[], $17::text[], $18::text[], $19::text[]) with ordinality
                as n (id, queue, kind, key, arguments, priority, run_at, delay, max_attempts, correlation, project,
                    concurrency_key, concurrency_cap, rate_key, rate_limit, rate_per, labels, sequence, lane, place)),
        queues as (
            insert into work_queues (name)
            select distinct n.queue from n where not exists (select from work_queues q where q.name = n.queue) order by 1
            on conflict do nothing),
        shares as (
            insert into work_shares (queue, project)
            select distinct n.queue, n.project from n
            where n.project is not null
                and not exists (select from work_shares s where s.queue = n.queue and s.project = n.project)
            order by 1, 2
            on conflict do nothing)
        insert into jobs (id, queue, kind, key, arguments, priority, run_at, max_attempts, correlation, created_at, project,
            concurrency_key, concurrency_cap, rate_key, rate_limit, rate_per, labels, sequence, sequence_at, lane, boost)
        select n.id, n.queue, n.kind, n.key, n.arguments, n.priority, due.at + n.delay, n.max_attempts, n.correlation, clock.now,
            n.project, n.concurrency_key, n.concurrency_cap, n.rate_key, n.rate_limit, n.rate_per,
            string_to_array(n.labels, E'\x1f'), n.sequence, case when n.sequence is not null then due.at end, n.lane,
            n.priority * $20::interval
        from n, (select lease_clock() as now offset 0) as clock, lateral (
            select coalesce(n.run_at, clock.now - (cardinality($1::uuid[]) - n.place) * interval '1 microsecond') as at) as due
        order by n.place
        on conflict (kind, key) where key is not null and state in ('Available', 'Running') do nothing
        returning id
        """;

    private const string LiveByKey =
        "select id from jobs where kind = $1 and key = $2 and state in ('Available', 'Running')";

    /// <summary>The channel on which a queue's workers are told that there is work.</summary>
    /// <param name="queue">The queue.</param>
    public static string ChannelOf(string queue) => $"jobs.queue.{queue}";

    /// <summary>Enqueues a job in the caller's transaction.</summary>
    /// <param name="transaction">The transaction that makes the job necessary.</param>
    /// <param name="job">The job.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<EnqueuedJob> EnqueueAsync(DatabaseTransaction transaction, NewJob job, CancellationToken cancel) =>
        (await EnqueueAsync(transaction, [job], cancel))[0];

    /// <summary>Enqueues jobs in the caller's transaction by one statement.</summary>
    /// <param name="transaction">The transaction that makes the jobs necessary.</param>
    /// <param name="jobs">The jobs, in the order in which they are to be due.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>One for each, in the same order.</returns>
    public async Task<IReadOnlyList<EnqueuedJob>> EnqueueAsync(
        DatabaseTransaction transaction, IReadOnlyList<NewJob> jobs, CancellationToken cancel)
    {
        NewJob[] named = [.. jobs.Select(j => j.Id is null ? j with { Id = JobId.New(time) } : j)];
        var inserted = await InsertAsync(transaction, named, cancel);
        var enqueued = new EnqueuedJob[named.Length];
        for (var i = 0; i < named.Length; i++)
        {
            var id = named[i].Id!.Value;
            enqueued[i] = inserted.Contains(id.Value)
                ? new EnqueuedJob(id, IsNew: true)
                : await JoinAsync(transaction, named[i], cancel);
            if (enqueued[i].IsNew)
            {
                JobTraces.Note(transaction, enqueued[i].Id);
            }

            transaction.NotifyAfterCommit(ChannelOf(named[i].Queue));
        }

        return enqueued;
    }

    /// <summary>Enqueues a job that nothing else goes with.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EnqueuedJob> EnqueueAsync(NewJob job, CancellationToken cancel) =>
        database.TransactAsync(transaction => EnqueueAsync(transaction, job, cancel), cancel);

    // The live job with the key may finish between the insert that met it and this look: then insert again.
    private async Task<EnqueuedJob> JoinAsync(
        DatabaseTransaction transaction, NewJob job, CancellationToken cancel)
    {
        while (true)
        {
            await using (var command = transaction.Command(LiveByKey, job.Kind, job.Key))
            {
                if (await command.ExecuteScalarAsync(cancel) is Guid live)
                {
                    return new EnqueuedJob(new JobId(live), IsNew: false);
                }
            }

            if ((await InsertAsync(transaction, [job], cancel)).Count == 1)
            {
                return new EnqueuedJob(job.Id!.Value, IsNew: true);
            }
        }
    }

    private async Task<HashSet<Guid>> InsertAsync(
        DatabaseTransaction transaction, NewJob[] jobs, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Insert, transaction.Connection, transaction.Inner)
        {
            Parameters =
            {
                Array(NpgsqlDbType.Uuid, jobs, j => j.Id!.Value.Value),
                Array(NpgsqlDbType.Text, jobs, j => j.Queue),
                Array(NpgsqlDbType.Text, jobs, j => j.Kind),
                Array(NpgsqlDbType.Text, jobs, j => j.Key),
                Array(NpgsqlDbType.Jsonb, jobs, j => j.Arguments),
                Array(NpgsqlDbType.Smallint, jobs, j => j.Priority),
                Array(NpgsqlDbType.TimestampTz, jobs, j => j.RunAt?.ToUniversalTime()),
                Array(NpgsqlDbType.Interval, jobs, j => j.Delay),
                Array(NpgsqlDbType.Integer, jobs, j => j.MaxAttempts),
                Array(NpgsqlDbType.Uuid, jobs, j => j.Correlation),
                Array(NpgsqlDbType.Text, jobs, j => j.Project),
                Array(NpgsqlDbType.Text, jobs, j => j.Concurrency?.Name),
                Array(NpgsqlDbType.Integer, jobs, j => j.Concurrency?.Cap),
                Array(NpgsqlDbType.Text, jobs, j => j.Rate?.Name),
                Array(NpgsqlDbType.Integer, jobs, j => j.Rate?.Limit),
                Array(NpgsqlDbType.Interval, jobs, j => j.Rate?.Per),
                Array(NpgsqlDbType.Text, jobs, j => string.Join('\u001f', j.Labels)),
                Array(NpgsqlDbType.Text, jobs, j => j.Sequence),
                Array(NpgsqlDbType.Text, jobs, j => j.Lane),
                new() { Value = options.Ageing, NpgsqlDbType = NpgsqlDbType.Interval },
            },
        };
        await command.PrepareAsync(cancel);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var inserted = new HashSet<Guid>();
        while (await reader.ReadAsync(cancel))
        {
            inserted.Add(reader.GetGuid(0));
        }

        return inserted;
    }

    private static NpgsqlParameter Array<T>(NpgsqlDbType type, NewJob[] jobs, Func<NewJob, T> field) =>
        new() { Value = jobs.Select(field).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}

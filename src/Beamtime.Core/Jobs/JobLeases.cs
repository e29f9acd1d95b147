using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>
/// The holder's SQL: extend and end a job. Every write names the fence it was claimed under and changes
/// nothing when that is no longer the job's.
/// </summary>
/// <param name="source">The database.</param>
internal sealed class JobLeases(NpgsqlDataSource source)
{
    // A row that its handler's own transaction has locked is passed over, so that one long transaction cannot keep
    // the other leases from being extended; the rescuer passes over it too. What no longer matches is lost.
    private const string Extend = """
        with held as materialized (
            select * from unnest($1::uuid[], $2::bigint[], $3::interval[]) as h (id, fence, lease)),
        mine as materialized (
            select jobs.id, held.lease from jobs join held on jobs.id = held.id
            where jobs.fence = held.fence and jobs.lease_until is not null
            for no key update of jobs skip locked),
        extended as (
            update jobs set lease_until = (select lease_clock()) + mine.lease from mine where jobs.id = mine.id)
        select held.id, held.fence from held
        where not exists (
            select from jobs where jobs.id = held.id and jobs.fence = held.fence and jobs.lease_until is not null)
        """;

    // A job is running exactly while it has a lease. Asked by its state, the planner would walk all that run, and what
    // ran before them, instead of looking at these.
    private const string CompleteMany = """
        update jobs set state = 'Succeeded', finished_at = (select lease_clock()), lease_until = null
        from unnest($1::uuid[], $2::bigint[]) as done (id, fence)
        where jobs.id = done.id and jobs.fence = done.fence and jobs.lease_until is not null
        returning jobs.id
        """;

    private const string CompleteOne = """
        update jobs set state = 'Succeeded', finished_at = lease_clock(), lease_until = null
        where id = $1 and fence = $2 and state = 'Running'
        """;

    // FOR SHARE waits out a rescuer or a cancellation that has the row, and makes later ones pass over it or wait.
    private const string Hold = "select from jobs where id = $1 and fence = $2 and state = 'Running' for share";

    private const string RenewAttempts =
        "update jobs set attempt = 1 where id = $1 and fence = $2 and state = 'Running'";

    private const string Retry = """
        update jobs set state = 'Available', run_at = lease_clock() + $3, last_error = $4, lease_until = null
        where id = $1 and fence = $2 and state = 'Running'
        """;

    private const string Postpone = """
        update jobs set
            state = 'Available', attempt = attempt - 1, run_at = lease_clock() + $3,
            last_error = coalesce($4, last_error), lease_until = null
        where id = $1 and fence = $2 and state = 'Running'
        """;

    private const string Bury = """
        update jobs set state = 'Dead', finished_at = lease_clock(), last_error = $3, lease_until = null
        where id = $1 and fence = $2 and state = 'Running'
        """;

    private const string HandBackMany = """
        update jobs set state = 'Available', attempt = attempt - 1, lease_until = null
        from unnest($1::uuid[], $2::bigint[]) as held (id, fence)
        where jobs.id = held.id and jobs.fence = held.fence and jobs.lease_until is not null
        returning jobs.id
        """;

    private const string Rescue = """
        with lapsed as materialized (
            select id from jobs where state = 'Running' and lease_until < (select lease_clock())
            order by lease_until limit $1 for update skip locked)
        """ + Return;

    private const string RescueSilent = """
        with lapsed as materialized (
            select jobs.id from jobs join unnest($1::uuid[], $3::bigint[], $4::timestamptz[]) as silent (id, fence, until)
                on jobs.id = silent.id and jobs.fence = silent.fence and jobs.lease_until = silent.until
            where jobs.state = 'Running' for update of jobs skip locked)
        """ + Return;

    private const string Return = """

        update jobs set
            state = case when attempt >= max_attempts then 'Dead' else 'Available' end,
            finished_at = case when attempt >= max_attempts then lease_clock() end,
            lease_until = null,
            last_error = $2 || jsonb_build_object('message',
                format('Worker %s let the lease run out in attempt %s of %s.', worker, attempt, max_attempts))
        from lapsed where jobs.id = lapsed.id
        returning jobs.id, queue, state
        """;

    private const string HeldFar = """
        select j.id, j.fence, j.lease_until, (select max(w.heartbeat_at) from job_workers w where w.name = j.worker)
        from jobs j where j.state = 'Running' and j.lease_until > (select lease_clock()) + $1
        order by j.lease_until limit $2
        """;

    /// <summary>The claim.</summary>
    public JobClaims Claims { get; } = new(source);

    /// <summary>Claims the first jobs of a queue that are due and may be admitted.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="kinds">The kinds the worker has handlers for, each with its lease.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="worker">Who claims, for people to read.</param>
    /// <param name="cancel">Ends the call; what was claimed by then is returned by the rescuer.</param>
    /// <returns>The jobs in the queue's order.</returns>
    public Task<IReadOnlyList<ClaimedJob>> ClaimAsync(
        string queue, IReadOnlyCollection<JobKind> kinds, int limit, string worker, CancellationToken cancel) =>
        Claims.ClaimAsync(
            new ClaimOrder { Queue = queue, Kinds = new ClaimKinds(kinds), Limit = limit, Worker = worker }, cancel);

    /// <summary>Extends the leases of all held jobs in one statement.</summary>
    /// <param name="held">The jobs and the lease of each.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Those that are no longer held under their fence.</returns>
    public async Task<IReadOnlyList<(JobId Id, long Fence)>> ExtendAsync(
        IReadOnlyCollection<(ClaimedJob Job, TimeSpan Lease)> held, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = Command(Extend, connection, held.Select(h => h.Job));
        command.Parameters.Add(new()
        {
            Value = held.Select(h => h.Lease).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval,
        });
        await command.PrepareAsync(cancel);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var lost = new List<(JobId Id, long Fence)>();
        while (await reader.ReadAsync(cancel))
        {
            lost.Add((new JobId(reader.GetGuid(0)), reader.GetInt64(1)));
        }

        return lost;
    }

    /// <summary>Accepts the results of several jobs.</summary>
    /// <param name="done">The jobs, each under its fence.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Those accepted; the others were no longer held.</returns>
    public async Task<IReadOnlyList<JobId>> CompleteAsync(IReadOnlyCollection<ClaimedJob> done, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = Command(CompleteMany, connection, done);
        return await IdsAsync(command, cancel);
    }

    /// <summary>The statement that accepts the results of several jobs, and gives those accepted.</summary>
    /// <param name="done">The jobs, each under its fence.</param>
    public static NpgsqlBatchCommand CompleteCommand(IReadOnlyList<ClaimedJob> done)
    {
        var (ids, fences) = (new Guid[done.Count], new long[done.Count]);
        for (var place = 0; place < done.Count; place++)
        {
            (ids[place], fences[place]) = (done[place].Id.Value, done[place].Fence);
        }

        return new NpgsqlBatchCommand(CompleteMany)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                new NpgsqlParameter<long[]> { TypedValue = fences, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            },
        };
    }

    /// <summary>Accepts a job's result within its handler's transaction.</summary>
    /// <param name="transaction">The transaction that holds the effects.</param>
    /// <param name="job">The job under its fence.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public static async Task CompleteAsync(
        DatabaseTransaction transaction, ClaimedJob job, CancellationToken cancel)
    {
        await using var command = Command(CompleteOne, transaction.Connection, transaction.Inner, job);
        if (await command.ExecuteNonQueryAsync(cancel) == 0)
        {
            throw Lost(job);
        }
    }

    /// <summary>Makes sure, until the transaction ends, that the job is still held under its fence.</summary>
    /// <param name="transaction">The transaction whose effects depend on it.</param>
    /// <param name="job">The job under its fence.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public static async Task HoldAsync(
        DatabaseTransaction transaction, ClaimedJob job, CancellationToken cancel)
    {
        await using var command = Command(Hold, transaction.Connection, transaction.Inner, job);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            throw Lost(job);
        }
    }

    /// <summary>Counts a job's attempts from the present one.</summary>
    /// <param name="transaction">The transaction that records its progress.</param>
    /// <param name="job">The job under its fence.</param>
    /// <param name="cancel">Ends the call.</param>
    public static async Task RenewAttemptsAsync(DatabaseTransaction transaction, ClaimedJob job, CancellationToken cancel)
    {
        await using var command = Command(RenewAttempts, transaction.Connection, transaction.Inner, job);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The state that a job has under this fence; null where another holds it or it is gone.</summary>
    /// <param name="job">The job under its fence.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<JobState?> StateAsync(ClaimedJob job, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = Command(
            "select state from jobs where id = $1 and fence = $2", connection, null, job);
        return await command.ExecuteScalarAsync(cancel) is string state ? Enum.Parse<JobState>(state) : null;
    }

    /// <summary>Gives the job back to be tried again; the attempt counts.</summary>
    /// <param name="job">The job under its fence.</param>
    /// <param name="delay">The pause before it.</param>
    /// <param name="reason">Why this attempt failed.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Whether it was still held.</returns>
    public Task<bool> RetryAsync(ClaimedJob job, TimeSpan delay, Reason reason, CancellationToken cancel) =>
        EndAsync(Retry, job, cancel, Interval(delay), Json(reason));

    /// <summary>Gives the job back to be gone on with later; the attempt does not count.</summary>
    /// <param name="job">The job under its fence.</param>
    /// <param name="delay">The pause before it.</param>
    /// <param name="reason">What it waits for, if that is an error.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Whether it was still held.</returns>
    public Task<bool> PostponeAsync(ClaimedJob job, TimeSpan delay, Reason? reason, CancellationToken cancel) =>
        EndAsync(Postpone, job, cancel, Interval(delay), Json(reason));

    /// <summary>Gives the job up.</summary>
    /// <param name="job">The job under its fence.</param>
    /// <param name="reason">Its last error.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Whether it was still held.</returns>
    public Task<bool> BuryAsync(ClaimedJob job, Reason reason, CancellationToken cancel) =>
        EndAsync(Bury, job, cancel, Json(reason));

    /// <summary>Gives jobs back untried: same place in the queue, no attempt counted.</summary>
    /// <param name="jobs">The jobs, each under its fence.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Those that were still held.</returns>
    public async Task<IReadOnlyList<JobId>> HandBackAsync(IReadOnlyCollection<ClaimedJob> jobs, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = Command(HandBackMany, connection, jobs);
        return await IdsAsync(command, cancel);
    }

    /// <summary>Returns jobs whose lease has run out to their queue; those without attempts left are dead.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The jobs with their queue and new state.</returns>
    public async Task<IReadOnlyList<(JobId Id, string Queue, JobState State)>> RescueAsync(int limit, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(Rescue, connection)
        {
            Parameters = { new() { Value = limit }, Json(JobErrors.LeaseExpired.Because(string.Empty)) },
        };
        return await RescuedAsync(command, cancel);
    }

    /// <summary>The same for jobs whose leases have not run out by a clock that was set back.</summary>
    /// <param name="silent">The jobs; one that is held otherwise by now is left alone.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The jobs with their queue and new state.</returns>
    public async Task<IReadOnlyList<(JobId Id, string Queue, JobState State)>> RescueAsync(
        IReadOnlyList<FarLease> silent, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(RescueSilent, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. silent.Select(s => s.Id.Value)] },
                Json(JobErrors.LeaseExpired.Because(string.Empty)),
                new NpgsqlParameter<long[]> { TypedValue = [.. silent.Select(s => s.Fence)] },
                new NpgsqlParameter<DateTime[]> { TypedValue = [.. silent.Select(s => s.Until)] },
            },
        };
        return await RescuedAsync(command, cancel);
    }

    /// <summary>Jobs that are held for longer than a lease is long, those first whose leases end first.</summary>
    /// <param name="longest">The longest lease.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<FarLease>> HeldFarAsync(TimeSpan longest, int limit, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(HeldFar, connection) { Parameters = { Interval(longest), new() { Value = limit } } };
        await command.PrepareAsync(cancel);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<FarLease> held = [];
        while (await reader.ReadAsync(cancel))
        {
            held.Add(new FarLease(
                new JobId(reader.GetGuid(0)),
                reader.GetInt64(1),
                reader.GetDateTime(2),
                await reader.IsDBNullAsync(3, cancel) ? null : reader.GetDateTime(3)));
        }

        return held;
    }

    private static async Task<IReadOnlyList<(JobId Id, string Queue, JobState State)>> RescuedAsync(
        NpgsqlCommand command, CancellationToken cancel)
    {
        await command.PrepareAsync(cancel);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rescued = new List<(JobId Id, string Queue, JobState State)>();
        while (await reader.ReadAsync(cancel))
        {
            rescued.Add((new JobId(reader.GetGuid(0)), reader.GetString(1), Enum.Parse<JobState>(reader.GetString(2))));
        }

        return rescued;
    }

    /// <summary>
    /// Lets every lease run out now. Only for one who knows that all holders are dead: the program that has just locked
    /// the folder of a private cluster.
    /// </summary>
    /// <param name="cancel">Ends the call.</param>
    public async Task ForfeitAllAsync(CancellationToken cancel)
    {
        await using var command = source.CreateCommand(
            "update jobs set lease_until = lease_clock() where state = 'Running' and lease_until > (select lease_clock())");
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The fault of a holder that holds no more.</summary>
    /// <param name="job">The job under its old fence.</param>
    public static FaultException Lost(ClaimedJob job) =>
        JobErrors.LeaseLost.Fault($"Job {job.Id} ({job.Kind}) is no longer held under fence {job.Fence}.");

    private async Task<bool> EndAsync(
        string sql, ClaimedJob job, CancellationToken cancel, params NpgsqlParameter[] more)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = Command(sql, connection, null, job);
        command.Parameters.AddRange(more);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private static NpgsqlCommand Command(
        string sql, NpgsqlConnection connection, NpgsqlTransaction? transaction, ClaimedJob job) => new(sql, connection, transaction)
        {
            Parameters = { new() { Value = job.Id.Value }, new() { Value = job.Fence } },
        };

    private static NpgsqlCommand Command(
        string sql, NpgsqlConnection connection, IEnumerable<ClaimedJob> jobs)
    {
        ClaimedJob[] ordered = [.. jobs];
        return new(sql, connection)
        {
            Parameters =
            {
                new() { Value = ordered.Select(j => j.Id.Value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                new() { Value = ordered.Select(j => j.Fence).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            },
        };
    }

    private static async Task<IReadOnlyList<JobId>> IdsAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await command.PrepareAsync(cancel);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ids = new List<JobId>();
        while (await reader.ReadAsync(cancel))
        {
            ids.Add(new JobId(reader.GetGuid(0)));
        }

        return ids;
    }

    private static NpgsqlParameter Interval(TimeSpan span) => new() { Value = span, NpgsqlDbType = NpgsqlDbType.Interval };

    private static NpgsqlParameter Json(Reason? reason) => new()
    {
        Value = reason is null ? DBNull.Value : JobsJson.Write(reason),
        NpgsqlDbType = NpgsqlDbType.Jsonb,
    };
}

using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>What a worker asks for when it claims.</summary>
internal sealed record ClaimOrder
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The kinds the worker has handlers for, each with its lease.</summary>
    public required ClaimKinds Kinds { get; init; }

    /// <summary>At most so many jobs.</summary>
    public required int Limit { get; init; }

    /// <summary>Who claims, for people to read.</summary>
    public required string Worker { get; init; }

    /// <summary>The worker's row; one that drains is given nothing.</summary>
    public Guid? WorkerId { get; init; }

    /// <summary>What the worker offers.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];
}

/// <summary>What a turn gave.</summary>
/// <param name="Accepted">The finished jobs whose results were accepted.</param>
/// <param name="Claimed">The jobs that were claimed, in the order in which they are to start.</param>
internal sealed record Turn(IReadOnlyList<JobId> Accepted, IReadOnlyList<ClaimedJob> Claimed);

/// <summary>The kinds of a worker as the claim names them, made once.</summary>
/// <param name="kinds">The kinds.</param>
internal sealed class ClaimKinds(IReadOnlyCollection<JobKind> kinds)
{
    private readonly Dictionary<string, string> _names = kinds.ToDictionary(k => k.Name, k => k.Name, StringComparer.Ordinal);

    /// <summary>Their permanent names.</summary>
    public string[] Names { get; } = [.. kinds.Select(k => k.Name)];

    /// <summary>Their leases, in the same order.</summary>
    public TimeSpan[] Leases { get; } = [.. kinds.Select(k => k.Options.Lease)];

    /// <summary>The one copy of a name that is kept.</summary>
    /// <param name="name">The name as read.</param>
    public string Kept(string name) => _names.GetValueOrDefault(name, name);
}

/// <summary>The claim. Every claim raises the job's fence and starts its lease.</summary>
/// <param name="source">The database.</param>
internal sealed class JobClaims(NpgsqlDataSource source)
{
    // For a queue without limits whose waiting jobs demand nothing: claims do not wait for each other. Where that is not
    // so, or the worker drains, it finds nothing.
    private const string Plain = """
        with clock as materialized (select lease_clock() as now),
        next as materialized (
            select id from jobs
            where state = 'Available' and queue = $1 and lane = '' and kind = any($2)
                and rank <= ((select now from clock) at time zone 'UTC') + interval '100 hours'
                and run_at <= (select now from clock)
                and not (select exists (
                    select from work_queues q join work_pools p on p.name = q.pool
                    where q.name = $1 and (q.is_paused or p.is_paused
                        or q.concurrency_limit is not null or p.concurrency_limit is not null)))
                and not (select exists (select from jobs where state = 'Available' and queue = $1 and lane > ''))
                and not (select exists (select from job_workers where id = $6 and is_draining))
            order by rank, id
            limit $4
            for update skip locked)
        update jobs set
            state = 'Running', attempt = attempt + 1, fence = fence + 1, worker = $5,
            started_at = clock.now, lease_until = clock.now + $3[array_position($2, kind)]
        from next, clock where jobs.id = next.id
        returning jobs.id, kind, key, arguments, attempt, max_attempts, fence, priority, run_at, correlation, rank
        """;

    private const string Admitted = "select * from claim_admitted($1, $2, $3, $4, $5, $6, $7)";

    // Queues with a job that may be due, the one first whose first job has waited longest, with the queue's priority as
    // an advance like that of a job's.
    private const string Waiting = """
        select name from (
            select q.name, work_queue_head(q.name, clock.now) + q.priority * $3::interval as head
            from work_queues q join work_pools p on p.name = q.pool, (select lease_clock() as now offset 0) as clock
            where (q.name = any($1) or q.pool = any($2)) and not q.is_paused and not p.is_paused) as queues
        where head is not null
        order by head, name
        """;

    /// <summary>Claims the first jobs of a queue that are due and may be admitted.</summary>
    /// <param name="order">What is asked for.</param>
    /// <param name="cancel">Ends the call; what was claimed by then is returned by the rescuer.</param>
    /// <returns>The jobs in the order in which they are to start.</returns>
    public async Task<IReadOnlyList<ClaimedJob>> ClaimAsync(ClaimOrder order, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using (var plain = new NpgsqlCommand(Plain, connection))
        {
            AddParameters(plain.Parameters, order);
            await plain.PrepareAsync(cancel);
            await using var reader = await plain.ExecuteReaderAsync(cancel);
            if (await ReadAsync(reader, order, isAdmitted: false, cancel) is { Count: > 0 } claimed)
            {
                return claimed;
            }
        }

        return await AdmitAsync(order, connection, cancel);
    }

    /// <summary>Accepts the results of jobs and claims others, in one round trip and one transaction.</summary>
    /// <param name="done">The finished jobs, each under its fence.</param>
    /// <param name="order">What is asked for.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Turn> TurnAsync(IReadOnlyList<ClaimedJob> done, ClaimOrder order, CancellationToken cancel)
    {
        if (done.Count == 0)
        {
            return new Turn([], await ClaimAsync(order, cancel));
        }

        await using var connection = await source.OpenConnectionAsync(cancel);
        List<JobId> accepted = new(done.Count);
        List<ClaimedJob> claimed;
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.BatchCommands.Add(JobLeases.CompleteCommand(done));
            var claim = new NpgsqlBatchCommand(Plain);
            AddParameters(claim.Parameters, order);
            batch.BatchCommands.Add(claim);
            await batch.PrepareAsync(cancel);
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                accepted.Add(new JobId(reader.GetGuid(0)));
            }

            await reader.NextResultAsync(cancel);
            claimed = await ReadAsync(reader, order, isAdmitted: false, cancel);
        }

        return new Turn(accepted, claimed.Count > 0 ? claimed : await AdmitAsync(order, connection, cancel));
    }

    /// <summary>The queues in which something waits that may be due, in the order in which they are to be served.</summary>
    /// <param name="queues">These queues, and</param>
    /// <param name="pools">all queues of these work pools.</param>
    /// <param name="ageing">What a step of priority is worth.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<string>> WaitingAsync(
        IReadOnlyList<string> queues, IReadOnlyList<string> pools, TimeSpan ageing, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(Waiting);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. queues] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. pools] });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = ageing, NpgsqlDbType = NpgsqlDbType.Interval });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var waiting = new List<string>();
        while (await reader.ReadAsync(cancel))
        {
            waiting.Add(reader.GetString(0));
        }

        return waiting;
    }

    private static async Task<IReadOnlyList<ClaimedJob>> AdmitAsync(
        ClaimOrder order, NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Admitted, connection);
        AddParameters(command.Parameters, order);
        command.Parameters.Add(new() { Value = order.Labels.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await command.PrepareAsync(cancel);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await ReadAsync(reader, order, isAdmitted: true, cancel);
    }

    private static void AddParameters(NpgsqlParameterCollection parameters, ClaimOrder order)
    {
        parameters.Add(new() { Value = order.Queue, NpgsqlDbType = NpgsqlDbType.Text });
        parameters.Add(new() { Value = order.Kinds.Names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        parameters.Add(new() { Value = order.Kinds.Leases, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval });
        parameters.Add(new() { Value = order.Limit, NpgsqlDbType = NpgsqlDbType.Integer });
        parameters.Add(new() { Value = order.Worker, NpgsqlDbType = NpgsqlDbType.Text });
        parameters.Add(new() { Value = order.WorkerId ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
    }

    private static async Task<List<ClaimedJob>> ReadAsync(
        NpgsqlDataReader reader, ClaimOrder order, bool isAdmitted, CancellationToken cancel)
    {
        var jobs = new List<ClaimedJob>(order.Limit);
        while (await reader.ReadAsync(cancel))
        {
            jobs.Add(Read(reader, order, isAdmitted));
        }

        if (!isAdmitted)
        {
            // The statement returns them in any order.
            jobs.Sort(static (a, b) => (a.Rank, a.Id.Value).CompareTo((b.Rank, b.Id.Value)));
        }

        return jobs;
    }

    private static ClaimedJob Read(NpgsqlDataReader row, ClaimOrder order, bool isAdmitted) => new(
        new JobId(row.GetGuid(0)),
        order.Kinds.Kept(row.GetString(1)),
        row.IsDBNull(2) ? null : row.GetString(2),
        row.GetString(3),
        row.GetInt32(4),
        row.GetInt32(5),
        row.GetInt64(6),
        row.GetInt16(7),
        row.GetFieldValue<DateTimeOffset>(8),
        row.IsDBNull(9) ? null : row.GetGuid(9))
    {
        Queue = order.Queue,
        Rank = row.GetDateTime(10),
        IsAdmitted = isAdmitted,
    };
}

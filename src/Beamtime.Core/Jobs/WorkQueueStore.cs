using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>Work queues, work pools and the projects' weights, as people list and change them.</summary>
/// <param name="database">The database.</param>
internal sealed class WorkQueueStore(BeamtimeDatabase database)
{
    private const int LongestName = 200;

    private const string ListQueues = """
        select q.name, q.pool, q.priority, q.concurrency_limit, q.is_paused,
            (select count(*) from jobs j where j.state = 'Available' and j.queue = q.name),
            (select count(*) from jobs j where j.state = 'Running' and j.queue = q.name),
            (select count(*) from jobs j where j.state = 'Dead' and j.queue = q.name),
            (select min(j.run_at) from jobs j where j.state = 'Available' and j.queue = q.name and j.run_at <= (select lease_clock()))
        from work_queues q where ($1::text is null or q.name = $1) and ($2::text is null or q.pool = $2)
        order by q.pool, q.priority, q.name
        """;

    private const string ListPools = """
        select p.name, p.concurrency_limit, p.is_paused, (select count(*) from work_queues q where q.pool = p.name),
            (select count(*) from jobs j join work_queues q on q.name = j.queue where j.state = 'Available' and q.pool = p.name),
            (select count(*) from jobs j join work_queues q on q.name = j.queue where j.state = 'Running' and q.pool = p.name)
        from work_pools p where $1::text is null or p.name = $1 order by p.name
        """;

    private const string SetPool = """
        insert into work_pools as p (name, concurrency_limit, is_paused) values ($1, nullif($2, -1), coalesce($3, false))
        on conflict (name) do update set
            concurrency_limit = case when $2 is null then p.concurrency_limit else nullif($2, -1) end,
            is_paused = coalesce($3, p.is_paused)
        """;

    private const string SetQueue = """
        insert into work_queues as q (name, pool, priority, concurrency_limit, is_paused)
        values ($1, coalesce($2, 'default'), coalesce($3, 0), nullif($4, -1), coalesce($5, false))
        on conflict (name) do update set
            pool = coalesce($2, q.pool),
            priority = coalesce($3, q.priority),
            concurrency_limit = case when $4 is null then q.concurrency_limit else nullif($4, -1) end,
            is_paused = coalesce($5, q.is_paused)
        """;

    /// <summary>The work queues.</summary>
    /// <param name="name">Only this one; null for all.</param>
    /// <param name="pool">Only those of this pool; null for all.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<WorkQueueRecord>> ListQueuesAsync(string? name, string? pool, CancellationToken cancel)
    {
        await using var command = Command(ListQueues, Text(name), Text(pool));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var queues = new List<WorkQueueRecord>();
        while (await reader.ReadAsync(cancel))
        {
            queues.Add(ReadQueue(reader));
        }

        return queues;
    }

    /// <summary>The work pools.</summary>
    /// <param name="name">Only this one; null for all.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<WorkPoolRecord>> ListPoolsAsync(string? name, CancellationToken cancel)
    {
        await using var command = Command(ListPools, Text(name));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var pools = new List<WorkPoolRecord>();
        while (await reader.ReadAsync(cancel))
        {
            pools.Add(ReadPool(reader));
        }

        return pools;
    }

    /// <summary>Makes a work pool or changes one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="change">What changes.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkPoolRecord>> SetPoolAsync(string name, WorkPoolChange change, CancellationToken cancel)
    {
        List<Reason> reasons = [.. NameReasons(name), .. LimitReasons(change.ConcurrencyLimit)];
        if (reasons.Count > 0)
        {
            return new Refused<WorkPoolRecord>(reasons);
        }

        await using (var command = Command(SetPool, Text(name), Integer(change.ConcurrencyLimit), Flag(change.IsPaused)))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        foreach (var queue in await ListQueuesAsync(null, name, cancel))
        {
            database.Notifier.Notify(JobQueue.ChannelOf(queue.Name));
        }

        return new Accepted<WorkPoolRecord>((await ListPoolsAsync(name, cancel))[0]);
    }

    /// <summary>Makes a work queue or changes one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="change">What changes.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkQueueRecord>> SetQueueAsync(string name, WorkQueueChange change, CancellationToken cancel)
    {
        List<Reason> reasons =
        [
            .. NameReasons(name),
            .. change.Pool is null ? [] : NameReasons(change.Pool),
            .. LimitReasons(change.ConcurrencyLimit),
            .. change.Priority is < -100 or > 100
                ? new[] { JobErrors.QueueInvalid.Because($"priority {change.Priority} is not within -100 to 100") } : [],
        ];
        if (reasons.Count > 0)
        {
            return new Refused<WorkQueueRecord>(reasons);
        }

        if (change.Pool is not null && (await ListPoolsAsync(change.Pool, cancel)).Count == 0)
        {
            await SetPoolAsync(change.Pool, new WorkPoolChange(), cancel);
        }

        await using (var command = Command(
            SetQueue,
            Text(name),
            Text(change.Pool),
            new() { Value = change.Priority ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Smallint },
            Integer(change.ConcurrencyLimit),
            Flag(change.IsPaused)))
        {
            await command.ExecuteNonQueryAsync(cancel);
        }

        database.Notifier.Notify(JobQueue.ChannelOf(name));
        return new Accepted<WorkQueueRecord>((await ListQueuesAsync(name, null, cancel))[0]);
    }

    /// <summary>The projects whose weight was set; any other has weight 1.</summary>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<ProjectShare>> ListSharesAsync(CancellationToken cancel)
    {
        await using var command = Command("select name, weight from work_projects order by name");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var shares = new List<ProjectShare>();
        while (await reader.ReadAsync(cancel))
        {
            shares.Add(new ProjectShare(reader.GetString(0), reader.GetDouble(1)));
        }

        return shares;
    }

    /// <summary>Sets a project's weight.</summary>
    /// <param name="share">The project with its weight, above 0 and at most 1000.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<ProjectShare>> SetShareAsync(ProjectShare share, CancellationToken cancel)
    {
        List<Reason> reasons =
        [
            .. NameReasons(share.Name),
            .. share.Weight is > 0 and <= 1000
                ? Array.Empty<Reason>() : [JobErrors.QueueInvalid.Because($"weight {share.Weight} is not above 0 and at most 1000")],
        ];
        if (reasons.Count > 0)
        {
            return new Refused<ProjectShare>(reasons);
        }

        await using var command = Command(
            "insert into work_projects (name, weight) values ($1, $2) on conflict (name) do update set weight = excluded.weight",
            Text(share.Name), new() { Value = share.Weight });
        await command.ExecuteNonQueryAsync(cancel);
        return new Accepted<ProjectShare>(share);
    }

    private static WorkQueueRecord ReadQueue(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetInt16(2),
        row.IsDBNull(3) ? null : row.GetInt32(3),
        row.GetBoolean(4),
        row.GetInt64(5),
        row.GetInt64(6),
        row.GetInt64(7),
        row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8));

    private static WorkPoolRecord ReadPool(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.IsDBNull(1) ? null : row.GetInt32(1),
        row.GetBoolean(2),
        row.GetInt64(3),
        row.GetInt64(4),
        row.GetInt64(5));

    private static IEnumerable<Reason> NameReasons(string name) =>
        name.Trim().Length == 0 || name.Length > LongestName || name.Any(char.IsControl)
            ? [JobErrors.QueueInvalid.Because($"'{name}' is no name: 1 to {LongestName} characters, none of them a control character")] : [];

    private static IEnumerable<Reason> LimitReasons(int? limit) =>
        limit < -1 ? [JobErrors.QueueInvalid.Because($"concurrency limit {limit} is below 0; -1 takes the limit away")] : [];

    private NpgsqlCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = database.Source.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Integer(int? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer };

    private static NpgsqlParameter Flag(bool? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Boolean };
}

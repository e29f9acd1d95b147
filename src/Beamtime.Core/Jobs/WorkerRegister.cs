using System.Reflection;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs;

/// <summary>The workers of all programs, as rows: who they are, what they offer and when they were last heard of.</summary>
/// <param name="source">The database.</param>
internal sealed class WorkerRegister(NpgsqlDataSource source)
{
    /// <summary>A worker that has been silent for longer is lost.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    private static readonly string Version =
        typeof(WorkerRegister).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private const string Beat = """
        insert into job_workers (id, name, host, process, version, queues, pools, labels, concurrency, running, started_at, heartbeat_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock.now, clock.now from (select lease_clock() as now offset 0) as clock
        on conflict (id) do update set running = excluded.running, heartbeat_at = excluded.heartbeat_at
        """;

    // A worker that drains claims nothing more: what runs under its name can only become less.
    private const string List = """
        select w.id, w.name, w.host, w.process, w.version, w.queues, w.pools, w.labels, w.concurrency, w.running,
            w.started_at, w.heartbeat_at,
            case when w.heartbeat_at < lease_clock() - $1 then 'Lost'
                 when not w.is_draining then 'Active'
                 when exists (select from jobs j where j.state = 'Running' and j.worker = w.name) then 'Draining'
                 else 'Drained' end
        from job_workers w
        where $2::text is null or w.name = $2 or w.id::text = $2
        order by w.name, w.id
        """;

    private const string Drain = "update job_workers set is_draining = $2 where name = $1 or id::text = $1";

    /// <summary>Tells that a worker lives, and how many jobs it runs.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="running">Jobs that it runs.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<int> BeatAsync(WorkerRow worker, int running, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(Beat);
        command.Parameters.Add(new() { Value = worker.Id });
        command.Parameters.Add(new() { Value = worker.Name });
        command.Parameters.Add(new() { Value = worker.Host });
        command.Parameters.Add(new() { Value = worker.Process });
        command.Parameters.Add(new() { Value = Version });
        command.Parameters.Add(new() { Value = worker.Queues.ToArray() });
        command.Parameters.Add(new() { Value = worker.Pools.ToArray() });
        command.Parameters.Add(new() { Value = worker.Labels.ToArray() });
        command.Parameters.Add(new() { Value = worker.Concurrency });
        command.Parameters.Add(new() { Value = running });
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Takes a worker out that ends in order.</summary>
    /// <param name="id">The worker.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task LeaveAsync(Guid id, CancellationToken cancel)
    {
        await using var command = source.CreateCommand("delete from job_workers where id = $1");
        command.Parameters.Add(new() { Value = id });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The workers by name.</summary>
    /// <param name="worker">Only this one, by name or id; null for all.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<WorkerRecord>> ListAsync(string? worker, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(List);
        command.Parameters.Add(new() { Value = Silence, NpgsqlDbType = NpgsqlDbType.Interval });
        command.Parameters.Add(new() { Value = worker ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var workers = new List<WorkerRecord>();
        while (await reader.ReadAsync(cancel))
        {
            workers.Add(Read(reader));
        }

        return workers;
    }

    /// <summary>Has a worker claim nothing more and finish what it runs.</summary>
    /// <param name="worker">Name or id.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<WorkerRecord>> DrainAsync(string worker, CancellationToken cancel) => SetAsync(worker, true, cancel);

    /// <summary>Has a draining worker claim again.</summary>
    /// <param name="worker">Name or id.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<WorkerRecord>> ResumeAsync(string worker, CancellationToken cancel) => SetAsync(worker, false, cancel);

    private static WorkerRecord Read(NpgsqlDataReader row) => new(
        row.GetGuid(0),
        row.GetString(1),
        row.GetString(2),
        row.GetInt32(3),
        row.GetString(4),
        row.GetFieldValue<string[]>(5),
        row.GetFieldValue<string[]>(6),
        row.GetFieldValue<string[]>(7),
        row.GetInt32(8),
        row.GetInt32(9),
        Enum.Parse<WorkerState>(row.GetString(12)),
        row.GetFieldValue<DateTimeOffset>(10),
        row.GetFieldValue<DateTimeOffset>(11));

    private async Task<Outcome<WorkerRecord>> SetAsync(string worker, bool isDraining, CancellationToken cancel)
    {
        await using (var command = source.CreateCommand(Drain))
        {
            command.Parameters.Add(new() { Value = worker });
            command.Parameters.Add(new() { Value = isDraining });
            await command.ExecuteNonQueryAsync(cancel);
        }

        return await ListAsync(worker, cancel) is [var first, ..]
            ? new Accepted<WorkerRecord>(first)
            : new Refused<WorkerRecord>([JobErrors.WorkerUnknown.Because($"there is no worker '{worker}'")]);
    }
}

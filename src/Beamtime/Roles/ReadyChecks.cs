using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Jobs.Schedules;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Redis;
using Beamtime.Data.Storage;
using Npgsql;

namespace Beamtime.Roles;

/// <summary>What readiness looks at. Each look is short, changes nothing, and says what it saw with units.</summary>
internal static class ReadyChecks
{
    private const string Queues = """
        select count(*), count(*) filter (where run_at <= (select lease_clock())),
            coalesce(extract(epoch from (select lease_clock()) - min(run_at)), 0)::float8
        from jobs where state = 'Available'
        """;

    /// <summary>Whether the database answers and has the shape that this program needs.</summary>
    /// <param name="database">The database.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<HealthFinding> DatabaseAsync(BeamtimeDatabase database, TimeProvider time, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        HashSet<int> applied = [];
        try
        {
            await using var ask = database.Source.CreateCommand("select number from migrations");
            await using var reader = await ask.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                applied.Add(reader.GetInt32(0));
            }
        }
        catch (NpgsqlException error) when (error.IsOutage())
        {
            return HealthFinding.Down(DatabaseErrors.Unreachable.Because(error.Message));
        }

        var known = BeamtimeHost.Migrations.Migrations.Select(m => m.Number).ToHashSet();
        var (pending, unknown) = (known.Except(applied).Count(), applied.Except(known).Count());
        return pending + unknown > 0
            ? HealthFinding.Down(DatabaseErrors.MigrationsPending.Because(
                $"{pending} migrations are pending, {unknown} are unknown to this program"))
            : HealthFinding.Ready(Text($"answers within {time.GetElapsedTime(begun).TotalMilliseconds:0.0} ms, {applied.Count} migrations"));
    }

    /// <summary>Whether every loop runs and none is silent.</summary>
    /// <param name="board">The loops of this process.</param>
    /// <param name="options">How long one may be silent.</param>
    /// <param name="time">The clock.</param>
    public static HealthFinding Loops(LoopBoard board, TelemetryOptions options, TimeProvider time)
    {
        var loops = board.Loops;
        if (loops.FirstOrDefault(l => l.State == LoopState.Failed) is { } failed)
        {
            return HealthFinding.Down(TelemetryErrors.LoopFailed.Because($"{failed.Name}: {failed.Detail}"));
        }

        var now = time.GetUtcNow();
        return loops.FirstOrDefault(l => l.State == LoopState.Running && l.LastAt is { } last && now - last > options.LoopSilence) is { } silent
            ? HealthFinding.Degraded(TelemetryErrors.LoopSilent.Because(
                Text($"{silent.Name} has been silent for {(now - silent.LastAt!.Value).TotalSeconds:0} s")))
            : HealthFinding.Ready($"{loops.Count(l => l.State == LoopState.Running)} loops run");
    }

    /// <summary>Whether jobs are claimed soon after they are due.</summary>
    /// <param name="database">The database.</param>
    /// <param name="options">How long a due job may wait.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<HealthFinding> JobsAsync(BeamtimeDatabase database, TelemetryOptions options, CancellationToken cancel)
    {
        await using var ask = database.Source.CreateCommand(Queues);
        try
        {
            await using var reader = await ask.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            var oldest = TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(2)));
            var seen = Text($"{reader.GetInt64(0)} jobs wait, {reader.GetInt64(1)} are due, the oldest for {oldest.TotalSeconds:0} s");
            return oldest > options.LateJob
                ? HealthFinding.Degraded(JobErrors.QueueLate.Because(seen))
                : HealthFinding.Ready(seen);
        }
        catch (NpgsqlException error) when (error.IsOutage())
        {
            return HealthFinding.Down(DatabaseErrors.Unreachable.Because(error.Message));
        }
    }

    /// <summary>Whether somebody claims jobs.</summary>
    /// <param name="register">The workers of all programs.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<HealthFinding> WorkersAsync(WorkerRegister register, CancellationToken cancel)
    {
        try
        {
            var workers = await register.ListAsync(worker: null, cancel);
            var active = workers.Where(w => w.State == WorkerState.Active).ToList();
            var seen = Text($"{active.Count} workers are active, {workers.Count - active.Count} are draining or lost; {workers.Sum(w => w.Running)} of {active.Sum(w => w.Concurrency)} places are taken");
            return active.Count > 0 ? HealthFinding.Ready(seen) : HealthFinding.Degraded(JobErrors.NoWorkers.Because(seen));
        }
        catch (NpgsqlException error) when (error.IsOutage())
        {
            return HealthFinding.Down(DatabaseErrors.Unreachable.Because(error.Message));
        }
    }

    /// <summary>Whether recurring work is done: one scheduler of any process acts.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<HealthFinding> SchedulerAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        try
        {
            return await SchedulerLease.StatusAsync(database.Source, cancel) is { } status && status.IsActing
                ? HealthFinding.Ready($"{status.Holder} acts since {status.TakenAt:u}")
                : HealthFinding.Degraded(ScheduleErrors.NoScheduler.Because("no scheduler holds the lease"));
        }
        catch (NpgsqlException error) when (error.IsOutage())
        {
            return HealthFinding.Down(DatabaseErrors.Unreachable.Because(error.Message));
        }
    }

    /// <summary>Whether messages between roles get through.</summary>
    /// <param name="hub">Where topics come from.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<HealthFinding> TopicsAsync(TopicHub hub, TimeProvider time, CancellationToken cancel)
    {
        if (hub is not RedisTopics redis)
        {
            return HealthFinding.Ready($"{hub.Figures().Count} topics in this process");
        }

        var begun = time.GetTimestamp();
        try
        {
            var connection = await redis.Link.UpAsync(cancel);
            await connection.AskAsync(cancel, "PING");
            return HealthFinding.Ready(Text($"Redis answers within {time.GetElapsedTime(begun).TotalMilliseconds:0.0} ms"));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return HealthFinding.Down(RedisErrors.Unreachable.Because("Redis has not answered in time"));
        }
    }

    /// <summary>Whether the disks of the data folder and of every storage have room.</summary>
    /// <param name="dataFolder">The program's data folder.</param>
    /// <param name="options">What must be free in it.</param>
    /// <param name="storages">The storages.</param>
    public static HealthFinding Disk(string dataFolder, DatabaseOptions options, StorageSet storages)
    {
        List<string> seen = [];
        HealthFinding? worst = null;
        foreach (var (name, folder, least, isNeeded) in storages.All
            .Select(s => (s.Name, s.Folder, s.ReserveBytes, s == storages.Recordings))
            .Prepend(("data", dataFolder, options.MinimumFreeBytes, true)))
        {
            long free;
            try
            {
                free = new DriveInfo(folder).AvailableFreeSpace;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return HealthFinding.Down(StorageErrors.Unusable.Because($"{name}: {error.Message}"));
            }

            seen.Add(Text($"{name} {free / (double)(1L << 30):0.0} GiB free"));
            if (free < least)
            {
                var reason = (name == "data" ? DatabaseErrors.FolderFull : StorageErrors.Full).Because(
                    Text($"{name}: {free >> 20} MiB are free, {least >> 20} MiB are to stay free"));
                worst = isNeeded ? HealthFinding.Down(reason) : worst ?? HealthFinding.Degraded(reason);
            }
        }

        return worst ?? HealthFinding.Ready(string.Join(", ", seen));
    }

    /// <summary>Whether all enabled devices can be used.</summary>
    /// <param name="roster">The devices of this process.</param>
    public static HealthFinding Devices(DeviceRoster roster)
    {
        var missing = roster.Unusable.Where(u => u.Entry.Enabled).Select(u => u.Entry.Name).Order(StringComparer.Ordinal).ToList();
        return missing.Count > 0
            ? HealthFinding.Degraded(DeviceErrors.SomeUnusable.Because(
                $"{roster.Usable.Count} devices are usable, {missing.Count} are not: {string.Join(", ", missing.Take(5))}"
                + (missing.Count > 5 ? " and others" : "")))
            : HealthFinding.Ready($"{roster.Usable.Count} devices are usable");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

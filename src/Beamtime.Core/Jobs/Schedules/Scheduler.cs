using System.Diagnostics.Metrics;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>
/// Makes the ticks of all schedules. Of several that run one acts, held by a lease; the others stand by. What keeps a tick
/// single is its key, not the lease. An outage of the database is waited out.
/// </summary>
internal sealed partial class Scheduler : IDisposable
{
    private const string Released = "scheduler.released";

    private const string Due = """
        select name from schedules where not is_paused and next_due <= (select lease_clock()) order by next_due, name limit 100
        """;

    private const string NextDue = """
        select extract(epoch from min(next_due) - lease_clock())::float8 from schedules where not is_paused and next_due is not null
        """;

    // One that another scheduler is just ticking is passed over.
    private const string Take = """
        select id, name, rule, job, overlap, catch_up, catch_up_bound, is_paused, next_due, created_at, lease_clock()
        from schedules where name = $1 and not is_paused and next_due <= lease_clock()
        for update skip locked
        """;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private readonly BeamtimeDatabase _database;
    private readonly ScheduleStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger<Scheduler> _logger;
    private readonly SchedulerLease _lease;
    private readonly AreaMeter _meter = new("Scheduler");
    private readonly Gauge<double> _acting;
    private readonly Counter<long> _ticks;
    private long _renewedAt;
    private volatile bool _isActing;

    /// <summary>A scheduler, not yet running.</summary>
    /// <param name="database">The database.</param>
    /// <param name="store">The schedules.</param>
    /// <param name="holder">Its name, for people to read.</param>
    /// <param name="time">The clock of its pauses.</param>
    /// <param name="logger">Hears when it begins and ceases to act.</param>
    public Scheduler(
        BeamtimeDatabase database, ScheduleStore store, string holder, TimeProvider time, ILogger<Scheduler> logger)
    {
        (_database, _store, _time, _logger) = (database, store, time, logger);
        _lease = new SchedulerLease(database.Source, holder, time);
        _ticks = _meter.Counter("ticks", "{tick}", "Ticks of schedules, by what became of them.", "outcome");
        _acting = _meter.Gauge("acting", "{boolean}", "1 where this scheduler acts, 0 where it stands by.");
        _acting.Record(0);
    }

    /// <summary>Whether this one acts at present.</summary>
    public bool IsActing => _isActing;

    /// <summary>Acts or stands by until cancelled; then gives the lease up.</summary>
    /// <param name="cancel">Stops it.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var changed = _database.Listener.Subscribe(ScheduleStore.Changed);
        using var released = _database.Listener.Subscribe(Released);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                if (await _lease.TakeAsync(cancel) is { } fence)
                {
                    await ActAsync(fence, changed, cancel);
                }
                else
                {
                    await released.WaitAsync(Beat, cancel);
                }
            }
            catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
            {
                LogOutage(outage);
                await Task.Delay(DatabaseOutage.Pause, _time, cancel);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private async Task ActAsync(long fence, NotificationSubscription changed, CancellationToken cancel)
    {
        _renewedAt = _time.GetTimestamp();
        _isActing = true;
        _acting.Record(1);
        LogActs(fence);
        try
        {
            while (await TickDueAsync(fence, cancel))
            {
                await changed.WaitAsync(await PauseAsync(cancel), cancel);
                if (!await RenewAsync(fence, cancel))
                {
                    break;
                }
            }

            LogReplaced(fence);
        }
        finally
        {
            _isActing = false;
            _acting.Record(0);
            if (cancel.IsCancellationRequested)
            {
                await ReleaseAsync(fence);
            }
        }
    }

    // False where another has taken the lease meanwhile.
    private async Task<bool> TickDueAsync(long fence, CancellationToken cancel)
    {
        while (true)
        {
            var due = await DueAsync(cancel);
            foreach (var name in due)
            {
                if (!await RenewAsync(fence, cancel) || !await TickAsync(name, fence, cancel))
                {
                    return false;
                }
            }

            if (due.Count == 0)
            {
                return true;
            }
        }
    }

    private Task<bool> TickAsync(string name, long fence, CancellationToken cancel) => _database.TransactAsync(
        async transaction =>
        {
            await using (var held = transaction.Command("select from leases where name = 'scheduler' and fence = $1 for share", fence))
            await using (var holds = await held.ExecuteReaderAsync(cancel))
            {
                if (!await holds.ReadAsync(cancel))
                {
                    return false;
                }
            }

            if (await TakeAsync(transaction, name, cancel) is not var (schedule, now))
            {
                return true;
            }

            var ticks = DueTicks.Of(schedule, now);
            if (ticks.Missed is { } missed && await ScheduleStore.MissAsync(transaction, schedule, missed, fence, cancel))
            {
                LogMissed(schedule.Name, missed.UtcDateTime);
                Count(TickOutcome.Missed);
            }

            foreach (var due in ticks.Made)
            {
                if (await _store.TickAsync(transaction, schedule, due, fence, isManual: false, cancel) is { } tick)
                {
                    Count(tick.Outcome);
                }
            }

            await using var next = transaction.Command("update schedules set next_due = $2 where id = $1", schedule.Id);
            next.Parameters.Add(new() { Value = ticks.Next?.UtcDateTime ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await next.ExecuteNonQueryAsync(cancel);
            return true;
        },
        cancel);

    private void Count(TickOutcome outcome) =>
        _ticks.Add(1, new KeyValuePair<string, object?>("outcome", outcome.ToString()));

    private static async Task<(Schedule Schedule, DateTimeOffset Now)?> TakeAsync(
        DatabaseTransaction transaction, string name, CancellationToken cancel)
    {
        await using var command = transaction.Command(Take, name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? ReadTaken(reader) : null;
    }

    private static (Schedule Schedule, DateTimeOffset Now) ReadTaken(NpgsqlDataReader row) =>
        (ScheduleStore.Read(row), row.GetFieldValue<DateTimeOffset>(10));

    private async Task<List<string>> DueAsync(CancellationToken cancel)
    {
        await using var command = _database.Source.CreateCommand(Due);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var due = new List<string>();
        while (await reader.ReadAsync(cancel))
        {
            due.Add(reader.GetString(0));
        }

        return due;
    }

    // Until the next tick, at most a second.
    private async Task<TimeSpan> PauseAsync(CancellationToken cancel)
    {
        await using var command = _database.Source.CreateCommand(NextDue);
        return await command.ExecuteScalarAsync(cancel) is double seconds && seconds < Beat.TotalSeconds
            ? TimeSpan.FromSeconds(Math.Max(seconds, 0.001))
            : Beat;
    }

    private async Task<bool> RenewAsync(long fence, CancellationToken cancel)
    {
        if (_time.GetElapsedTime(_renewedAt) < Beat * 0.8)
        {
            return true;
        }

        var isKept = await _lease.RenewAsync(fence, cancel);
        _renewedAt = _time.GetTimestamp();
        return isKept;
    }

    private async Task ReleaseAsync(long fence)
    {
        using var deadline = new CancellationTokenSource(SchedulerLease.Length, _time);
        try
        {
            await _lease.ReleaseAsync(fence, deadline.Token);
            _database.Notifier.Notify(Released);
        }
        catch (Exception outage) when (outage is NpgsqlException or OperationCanceledException)
        {
            // It runs out by itself.
            LogOutage(outage);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "This scheduler acts, under fence {Fence}")]
    private partial void LogActs(long fence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another scheduler has taken the lease of fence {Fence}; this one stands by")]
    private partial void LogReplaced(long fence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ticks of schedule {Name} from {Due:u} on were missed and are not made")]
    private partial void LogMissed(string name, DateTime due);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduler waits for the database")]
    private partial void LogOutage(Exception outage);
}

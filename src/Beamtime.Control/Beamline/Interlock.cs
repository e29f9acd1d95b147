using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Beamline;

/// <summary>What the interlock works with.</summary>
/// <param name="Queues">The scan queues.</param>
/// <param name="Control">Holds, resumes and restarts scans.</param>
/// <param name="Locks">Locks and releases all queues.</param>
/// <param name="Alarms">Tells people.</param>
internal sealed record InterlockReach(ScanQueues Queues, ScanControl Control, QueueControl Locks, ScanEndings Alarms);

/// <summary>
/// Locks all scan queues while a beamline state is not as it must be, and holds or restarts what runs; releases and resumes
/// when all are back. What it has done is recorded, so that it goes on after a restart. Devices can be moved meanwhile.
/// </summary>
internal sealed partial class Interlock
{
    /// <summary>What its lock is called.</summary>
    public const string Owner = "interlock";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private readonly InterlockSettings _ofFile;
    private readonly StateWatch _watch;
    private readonly StateStore _store;
    private readonly InterlockReach _reach;
    private readonly string _beamline;
    private readonly TimeProvider _time;
    private readonly ILogger<Interlock> _logger;
    private readonly TopicSignal _changed = new();
    private readonly HashSet<Guid> _handled = [];
    private readonly HashSet<Guid> _pausedHere = [];
    private volatile InterlockRecord? _record;

    /// <summary>An interlock that has not looked yet.</summary>
    /// <param name="description">The site's description, with the interlock as its file sets it up.</param>
    /// <param name="watch">The states.</param>
    /// <param name="store">Keeps what it has done.</param>
    /// <param name="reach">What it acts on.</param>
    /// <param name="options">The beamline.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    public Interlock(
        BeamlineDescription description,
        StateWatch watch,
        StateStore store,
        InterlockReach reach,
        ScanOptions options,
        TimeProvider time,
        ILogger<Interlock> logger)
    {
        (_ofFile, _watch, _store, _reach) = (description.Interlock, watch, store, reach);
        (_beamline, _time, _logger) = (options.Beamline, time, logger);
        watch.Changed += _changed.Set;
    }

    /// <summary>How it stands.</summary>
    public InterlockAnswer Answer
    {
        get
        {
            var record = _record ?? new InterlockRecord { Beamline = _beamline };
            return new InterlockAnswer(
                record.Settings ?? _ofFile, record.Settings is null, record.Trip is not null, record.Trip, record.TrippedAt, record.Held.Count);
        }
    }

    /// <summary>Looks and acts until cancelled.</summary>
    /// <param name="cancel">Ends the loop; the lock and what it holds stay.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var timer = _time.CreateTimer(static changed => ((TopicSignal)changed!).Set(), _changed, TimeSpan.Zero, Look);
        while (true)
        {
            await _changed.WaitAsync(cancel);
            try
            {
                await LookAsync(cancel);
            }
            catch (Exception outage) when (
                (outage is ConflictException || (outage is NpgsqlException away && away.IsOutage())) && !cancel.IsCancellationRequested)
            {
                LogOutage(_logger, outage.Message);
                await Task.Delay(DatabaseOutage.Pause, _time, cancel);
            }
        }
    }

    /// <summary>Sets it up.</summary>
    /// <param name="settings">How; null for as the site's file says.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task ConfigureAsync(InterlockSettings? settings, Why why, CancellationToken cancel)
    {
        _record = await _store.ChangeInterlockAsync(_beamline, _ => [new InterlockConfigured(_beamline, settings)], why, cancel);
        _changed.Set();
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        var record = _record ??= await _store.InterlockAsync(_beamline, cancel);
        if (!_watch.IsSettled)
        {
            return;
        }

        var settings = record.Settings ?? _ofFile;
        var lost = settings.Against(_watch.States);
        if (lost.Count > 0)
        {
            await TripAsync(settings, record, lost, cancel);
        }
        else if (record.Trip is not null)
        {
            await ClearAsync(settings.IsEnabled ? "all states are as they must be" : "the interlock was disabled", record, cancel);
        }
    }

    private async Task TripAsync(
        InterlockSettings settings, InterlockRecord record, IReadOnlyList<StateAnswer> lost, CancellationToken cancel)
    {
        if (settings.OnLoss == LossAction.Pause)
        {
            // First of all, and also while the database is away: the beam is gone.
            foreach (var running in _reach.Queues.AllRunning.Where(r => !_handled.Contains(r.Id) && !r.IsPaused))
            {
                running.Pause();
                _pausedHere.Add(running.Id);
            }
        }

        var reason = ScanEnded.Shortened(string.Join("; ", lost.Select(s => $"{s.Name} is {s.Status.ToString().ToLowerInvariant()}")));
        if (record.Trip != reason)
        {
            await _reach.Locks.LockAsync(
                ScanQueue.Every, new QueueLocked(Owner, reason, AllowsMoves: true), PersonId.System, cancel);
            _record = record = await _store.ChangeInterlockAsync(
                _beamline,
                now => now.Trip == reason ? [] : [new InterlockTripped(_beamline, reason)],
                Why.BySystem(string.Join("; ", lost.Select(s => $"{s.Name}: {s.Label}")), _beamline),
                cancel);
            var alarm = new AlarmRaised(
                _beamline,
                AlarmSeverity.Warning,
                Owner,
                BeamlineErrors.Interlocked.Because($"The scan queues are locked: {reason}."))
            {
                Details = lost.Take(16).ToDictionary(s => s.Name, s => s.Label, StringComparer.Ordinal),
            };
            await _reach.Alarms.RaiseAsync(alarm, cancel);
            LogTripped(_logger, reason);
        }

        foreach (var queue in _reach.Queues.All)
        {
            if (queue.Running is { } running && !_handled.Contains(running.Id))
            {
                await ActAsync(settings.OnLoss, queue, running, reason, cancel);
                _handled.Add(running.Id);
            }
        }
    }

    private async Task ActAsync(LossAction action, ScanQueue queue, RunningScan running, string reason, CancellationToken cancel)
    {
        if (action == LossAction.Lock)
        {
            return;
        }

        if (action == LossAction.Restart && await _reach.Control.RestartAsync(
            running.Id.ToString(), new ScanAsker(PersonId.System, "interlock"), reason, cancel) is Accepted<StreamState<ScanRecord>>)
        {
            return;
        }

        // What a person holds waits for that person. One that may not be restarted is held.
        if (running.IsPaused && !_pausedHere.Contains(running.Id))
        {
            return;
        }

        if (await _reach.Control.PauseAsync(running.Id.ToString(), PersonId.System, reason, cancel)
            is Accepted<StreamState<ScanRecord>>(var scan))
        {
            _record = await _store.ChangeInterlockAsync(
                _beamline,
                now => now.Held.Contains(running.Id) ? [] : [new InterlockHeld(running.Id, scan.State!.Number)],
                Why.BySystem($"{reason}, in queue {queue.Name}", _beamline),
                cancel);
        }
    }

    private async Task ClearAsync(string reason, InterlockRecord record, CancellationToken cancel)
    {
        await _reach.Locks.ReleaseAsync(ScanQueue.Every, Owner, reason, PersonId.System, cancel);
        foreach (var queue in _reach.Queues.All)
        {
            // What a person has paused meanwhile waits for that person.
            if (queue.Running is { IsPaused: true } running && record.Held.Contains(running.Id)
                && !_reach.Queues.RecordOf(queue.Name).IsPaused)
            {
                await _reach.Control.ResumeAsync(running.Id.ToString(), PersonId.System, reason, cancel);
            }
        }

        _record = await _store.ChangeInterlockAsync(
            _beamline,
            now => now.Trip is null ? [] : [new InterlockCleared(reason)],
            Why.BySystem(reason, _beamline),
            cancel);
        _handled.Clear();
        _pausedHere.Clear();
        LogCleared(_logger, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The interlock locked the scan queues: {Reason}")]
    private static partial void LogTripped(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The interlock released the scan queues: {Reason}")]
    private static partial void LogCleared(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The interlock waits for the database: {Why}")]
    private static partial void LogOutage(ILogger logger, string why);
}

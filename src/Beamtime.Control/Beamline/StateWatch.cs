using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Beamline;

/// <summary>
/// Watches the beamline states: reads their signals again and again, hears of changes between, and tells and records each
/// change of a status. What was not read yet, cannot be read or was read too long ago is unknown.
/// </summary>
internal sealed partial class StateWatch
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private readonly BeamlineDescription _description;
    private readonly string _beamline;
    private readonly PermitWatch _permits;
    private readonly SignalSource _source;
    private readonly StateStore _store;
    private readonly Topic<BeamlineStateList> _told;
    private readonly TimeProvider _time;
    private readonly ILogger<StateWatch> _logger;
    private readonly TopicSignal _seen = new();
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly long _began;
    private readonly DateTimeOffset _beganAt;
    private bool _isLoaded;

    /// <summary>A watch that has seen nothing yet.</summary>
    /// <param name="description">The site's description, with the states that it defines.</param>
    /// <param name="beamline">The beamline.</param>
    /// <param name="permits">What permits and shutters say.</param>
    /// <param name="source">Reads a signal.</param>
    /// <param name="store">Keeps what was defined and what changed.</param>
    /// <param name="topics">Where changes are told.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what goes wrong.</param>
    public StateWatch(
        BeamlineDescription description,
        string beamline,
        PermitWatch permits,
        SignalSource source,
        StateStore store,
        ScanTopics topics,
        TimeProvider time,
        ILogger<StateWatch> logger)
    {
        (_description, _beamline, _permits, _source, _store) = (description, beamline, permits, source, store);
        (_told, _time, _logger) = (topics.BeamlineStates, time, logger);
        (_began, _beganAt) = (time.GetTimestamp(), time.GetUtcNow());
        foreach (var definition in description.States)
        {
            _slots[definition.Name] = new Slot(definition, isFromFile: true, time);
        }
    }

    /// <summary>Called when the status of a state is another one, or a state came or went.</summary>
    public event Action? Changed;

    /// <summary>The states as they are, by name.</summary>
    public IReadOnlyList<StateAnswer> States
    {
        get
        {
            lock (_gate)
            {
                return [.. _slots.Values.Select(s => s.Answer)];
            }
        }
    }

    /// <summary>True once every state was seen, or has had the time for it: until then nobody acts on what is unknown.</summary>
    public bool IsSettled
    {
        get
        {
            lock (_gate)
            {
                return _isLoaded && (_time.GetElapsedTime(_began) > _description.Staleness || _slots.Values.All(s => s.WasSeen));
            }
        }
    }

    /// <summary>Hears of a change that a device published on its own.</summary>
    /// <param name="book">The devices.</param>
    /// <param name="device">The device.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="reading">Its new reading.</param>
    public void Hear(DeviceBook book, string device, string signal, Reading reading)
    {
        lock (_gate)
        {
            foreach (var slot in _slots.Values.Where(s => s.Definition.Kind == StateKind.WithinLimits))
            {
                var (watched, name) = DeviceBook.Split(slot.Definition.Address);
                if (watched == device && book.Has(device) && book[device].Find(name)?.Name == signal)
                {
                    slot.Seen = new Observation(reading.Value, _time.GetTimestamp(), null);
                    _seen.Set();
                }
            }
        }
    }

    /// <summary>Watches until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var timer = _time.CreateTimer(static seen => ((TopicSignal)seen!).Set(), _seen, TimeSpan.Zero, Look);
        while (true)
        {
            await _seen.WaitAsync(cancel);
            try
            {
                await LoadAsync(cancel);
                Read(cancel);
                await EvaluateAsync(cancel);
            }
            catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
            {
                // What changes meanwhile acts at once and is recorded once the database is back.
                LogOutage(_logger, outage.Message);
                await Task.Delay(DatabaseOutage.Pause, _time, cancel);
            }
        }
    }

    /// <summary>Defines a state from now on.</summary>
    /// <param name="definition">What it is.</param>
    public void Define(StateDefinition definition)
    {
        lock (_gate)
        {
            _slots[definition.Name] = new Slot(definition, isFromFile: false, _time);
        }

        _seen.Set();
    }

    /// <summary>Takes a state out.</summary>
    /// <param name="name">The state.</param>
    public void Remove(string name)
    {
        lock (_gate)
        {
            _slots.Remove(name);
        }

        Changed?.Invoke();
        _seen.Set();
    }

    // What was defined live, and what each state said last, in an earlier life of the program.
    private async ValueTask LoadAsync(CancellationToken cancel)
    {
        if (_isLoaded)
        {
            return;
        }

        var records = await _store.ListAsync(_beamline, cancel);
        lock (_gate)
        {
            foreach (var record in records)
            {
                // A state that the site's file has come to define counts as that says.
                if (record.Definition is { } definition && !_slots.ContainsKey(record.Name))
                {
                    _slots[record.Name] = new Slot(definition, isFromFile: false, _time);
                }

                if (_slots.TryGetValue(record.Name, out var slot))
                {
                    slot.Recorded = record.Status;
                }
            }

            _isLoaded = true;
        }
    }

    private void Read(CancellationToken cancel)
    {
        Slot[] due;
        lock (_gate)
        {
            due =
            [
                .. _slots.Values.Where(s => s.Definition.Kind == StateKind.WithinLimits && s.Reading.IsCompleted
                    && (s.LastAsked is not { } asked || _time.GetElapsedTime(asked) >= _description.Poll)),
            ];
        }

        foreach (var slot in due)
        {
            slot.LastAsked = _time.GetTimestamp();
            slot.Reading = ReadAsync(slot, cancel);
        }
    }

    private async Task ReadAsync(Slot slot, CancellationToken cancel)
    {
        var before = slot.Seen;
        Observation seen;
        try
        {
            var reading = await _source(slot.Definition.Address, cancel).WaitAsync(_description.Staleness, _time, cancel);
            seen = new Observation(reading.Value, _time.GetTimestamp(), null);
        }
        catch (Exception error) when (error is FaultException or RefusedException or TimeoutException)
        {
            seen = new Observation(Value.Missing, _time.GetTimestamp(), error.Message);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return;
        }

        lock (_gate)
        {
            // What a device published while it was being read is newer than what was read.
            if (ReferenceEquals(slot.Seen, before))
            {
                slot.Seen = seen;
            }
        }

        _seen.Set();
    }

    private async Task EvaluateAsync(CancellationToken cancel)
    {
        var hasChanged = false;
        List<(Slot Slot, StateStatus From, StateStatus To, string Label)> changes = [];
        lock (_gate)
        {
            foreach (var slot in _slots.Values)
            {
                var (status, label) = Judge(slot);
                if (slot.Gauge.Take(status, label))
                {
                    slot.Since = _time.GetUtcNow();
                    hasChanged = true;
                }

                if (slot.Gauge.Status != slot.Recorded)
                {
                    changes.Add((slot, slot.Recorded, slot.Gauge.Status, slot.Gauge.Label));
                }
            }
        }

        if (hasChanged)
        {
            Changed?.Invoke();
            await _told.PublishAsync(
                new BeamlineStateList([.. States.Select(s => new BeamlineStateChange(
                    s.Name, s.Label, s.Status.ToString().ToLowerInvariant(), s.Since ?? _beganAt))]),
                cancel);
        }

        foreach (var (slot, from, to, label) in changes)
        {
            var name = slot.Definition.Name;
            await _store.AppendAsync(
                _beamline,
                name,
                new StateChanged(_beamline, name, from, to, label),
                Why.BySystem(label, StateRecord.IdOf(_beamline, name)),
                cancel);
            slot.Recorded = to;
        }
    }

    private (StateStatus Status, string Label) Judge(Slot slot)
    {
        if (slot.Definition.Kind == StateKind.Permit)
        {
            var permit = _permits.Enclosures.Concat(_permits.Beam).FirstOrDefault(p => p.Signal.Name == slot.Definition.Address);
            return permit switch
            {
                null => (StateStatus.Unknown, $"no permit '{slot.Definition.Address}' is described"),
                { State: PermitState.Unknown } => (StateStatus.Unknown, permit.Doubt ?? "it is not known"),
                { State: PermitState.Permitted } => (StateStatus.Valid, $"{permit.Signal.Address} is {permit.Value}"),
                _ => (StateStatus.Invalid, $"{permit.Signal.Address} is {permit.Value}"),
            };
        }

        if (slot.Seen is not { } seen)
        {
            return (StateStatus.Unknown, "it was not read yet");
        }

        var age = _time.GetElapsedTime(seen.Stamp);
        return seen.Fault is { } fault ? (StateStatus.Unknown, fault)
            : age > _description.Staleness ? (StateStatus.Unknown, $"{slot.Definition.Address} was last read {age.TotalSeconds:0.0} s ago")
            : slot.Definition.Judge(seen.Value);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of beamline states wait for the database: {Why}")]
    private static partial void LogOutage(ILogger logger, string why);

    private sealed record Observation(Value Value, long Stamp, string? Fault);

    private sealed class Slot(StateDefinition definition, bool isFromFile, TimeProvider time)
    {
        public StateDefinition Definition => definition;

        public StateGauge Gauge { get; } = new(TimeSpan.FromSeconds(definition.HoldSeconds), time);

        public Observation? Seen { get; set; }

        /// <summary>The status that the record has.</summary>
        public StateStatus Recorded { get; set; }

        public DateTimeOffset? Since { get; set; }

        public long? LastAsked { get; set; }

        public Task Reading { get; set; } = Task.CompletedTask;

        public bool WasSeen => Gauge.Status != StateStatus.Unknown || Seen is not null;

        public StateAnswer Answer => new(definition.Name, Gauge.Status, Gauge.Label, Since, definition, isFromFile);
    }
}

using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Beamline;

/// <summary>Reads a signal now.</summary>
/// <param name="address"><c>device</c> or <c>device.signal</c>.</param>
/// <param name="cancel">Gives up.</param>
internal delegate Task<Reading> SignalSource(string address, CancellationToken cancel);

/// <summary>
/// Watches permits and shutters: reads each signal again and again, and hears of changes between. It never writes. What
/// was not read yet, cannot be read or was read too long ago is unknown.
/// </summary>
internal sealed partial class PermitWatch
{
    private readonly BeamlineDescription _beamline;
    private readonly SignalSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger<PermitWatch> _logger;
    private readonly Slot[] _slots;

    /// <summary>A watch that has seen nothing yet.</summary>
    /// <param name="beamline">What to watch.</param>
    /// <param name="source">Reads a signal.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes changes.</param>
    public PermitWatch(
        BeamlineDescription beamline, SignalSource source, TimeProvider time, ILogger<PermitWatch> logger)
    {
        _beamline = beamline;
        _source = source;
        _time = time;
        _logger = logger;
        _slots = [.. beamline.Enclosures.Concat(beamline.Beam).Select(s => new Slot(s))];
    }

    /// <summary>What every enclosure says now.</summary>
    public IReadOnlyList<PermitReading> Enclosures => [.. _slots.Take(_beamline.Enclosures.Count).Select(ReadingOf)];

    /// <summary>What every shutter and permit of the beam says now.</summary>
    public IReadOnlyList<PermitReading> Beam => [.. _slots.Skip(_beamline.Enclosures.Count).Select(ReadingOf)];

    /// <summary>Hears of a change that a device published on its own.</summary>
    /// <param name="book">The devices.</param>
    /// <param name="device">The device.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="reading">Its new reading.</param>
    public void Hear(DeviceBook book, string device, string signal, Reading reading)
    {
        foreach (var slot in _slots)
        {
            var (watched, name) = DeviceBook.Split(slot.Signal.Address);
            if (watched == device && book.Has(device) && book[device].Find(name)?.Name == signal)
            {
                See(slot, new Observation(reading.Value, _time.GetUtcNow(), _time.GetTimestamp(), null));
            }
        }
    }

    /// <summary>Reads until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await Task.WhenAll(_slots.Select(slot => WatchAsync(slot, cancel)));
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);
    }

    /// <summary>Reads every signal once.</summary>
    /// <param name="cancel">Gives up.</param>
    public Task ReadAllAsync(CancellationToken cancel) => Task.WhenAll(_slots.Select(slot => ReadAsync(slot, cancel)));

    private async Task WatchAsync(Slot slot, CancellationToken cancel)
    {
        while (true)
        {
            await ReadAsync(slot, cancel);
            await Task.Delay(_beamline.Poll, _time, cancel);
        }
    }

    private async Task ReadAsync(Slot slot, CancellationToken cancel)
    {
        var before = slot.Seen;
        Observation seen;
        try
        {
            var reading = await _source(slot.Signal.Address, cancel).WaitAsync(_beamline.Staleness, _time, cancel);
            seen = new Observation(reading.Value, _time.GetUtcNow(), _time.GetTimestamp(), null);
        }
        catch (Exception error) when (error is FaultException or RefusedException or TimeoutException)
        {
            seen = new Observation(Value.Missing, _time.GetUtcNow(), _time.GetTimestamp(), error.Message);
        }

        // What a device published while it was being read is newer than what was read.
        See(slot, seen, unless: now => !ReferenceEquals(now, before));
    }

    private void See(Slot slot, Observation seen, Predicate<Observation?>? unless = null)
    {
        PermitState before;
        PermitReading after;
        lock (slot.Gate)
        {
            if (unless is not null && unless(slot.Seen))
            {
                return;
            }

            before = ReadingOf(slot).State;
            slot.Seen = seen;
            after = ReadingOf(slot);
        }

        if (after.State != before)
        {
            var cause = after.Doubt ?? $"{slot.Signal.Address} is {after.Value}";
            LogChange(_logger, slot.Signal.Name, before, after.State, cause);
        }
    }

    private PermitReading ReadingOf(Slot slot)
    {
        if (slot.Seen is not { } seen)
        {
            return new PermitReading(slot.Signal, PermitState.Unknown, null, null, null, "it was not read yet");
        }

        var age = _time.GetElapsedTime(seen.Stamp);
        var state = slot.Signal.Judge(seen.Value);
        var doubt = seen.Fault
            ?? (age > _beamline.Staleness ? $"it was last read {age.TotalSeconds:0.0} s ago"
                : state == PermitState.Unknown ? $"it reads {seen.Value}, expected 0 or 1" : null);
        return new PermitReading(
            slot.Signal,
            doubt is null ? state : PermitState.Unknown,
            seen.Value.IsMissing ? null : seen.Value.ToString(),
            seen.At,
            age,
            doubt);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} was {Before} and is {After}: {Why}")]
    private static partial void LogChange(ILogger logger, string name, PermitState before, PermitState after, string why);

    private sealed record Observation(Value Value, DateTimeOffset At, long Stamp, string? Fault);

    private sealed class Slot(WatchedSignal signal)
    {
        private volatile Observation? _seen;

        public WatchedSignal Signal => signal;

        /// <summary>Held by who writes; readers take what stands there.</summary>
        public Lock Gate { get; } = new();

        public Observation? Seen
        {
            get => _seen;
            set => _seen = value;
        }
    }
}

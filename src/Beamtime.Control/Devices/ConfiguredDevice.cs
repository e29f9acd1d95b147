using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>A device as the program knows it: its configuration, its driver, its mailbox and its last readings.</summary>
internal sealed class ConfiguredDevice
{
    private readonly Lock _gate = new();
    private Reading[] _last = [];
    private int _lastOffset;
    private int _missingInARow;

    /// <summary>A device that connected.</summary>
    /// <param name="entry">Its configuration.</param>
    /// <param name="device">Its driver, connected.</param>
    /// <param name="mailboxCapacity">Commands that may wait.</param>
    /// <param name="deadlines">Ends overdue commands.</param>
    public ConfiguredDevice(DeviceEntry entry, IDevice device, int mailboxCapacity, DeadlineWatch deadlines)
    {
        Entry = entry;
        Device = device;
        ReadSignals = [.. device.Signals.Where(s => s.IsRead)];
        ConfigurationSignals = [.. device.Signals.Where(s => s.Kind == SignalKind.Config)];
        Hinted = device.Signals.FirstOrDefault(s => s.Kind == SignalKind.Hinted);
        HintedIndex = Hinted is null ? -1 : ReadSignals.Index().First(s => s.Item == Hinted).Index;
        Mailbox = new DeviceMailbox(this, mailboxCapacity, deadlines);
    }

    /// <summary>Its configuration.</summary>
    public DeviceEntry Entry { get; }

    /// <summary>Its driver.</summary>
    public IDevice Device { get; }

    /// <summary>Its mailbox.</summary>
    public DeviceMailbox Mailbox { get; }

    /// <summary>Its name.</summary>
    public string Name => Entry.Name;

    /// <summary>Signals read at each point, in order.</summary>
    public IReadOnlyList<Signal> ReadSignals { get; }

    /// <summary>Signals read once a scan, in order.</summary>
    public IReadOnlyList<Signal> ConfigurationSignals { get; }

    /// <summary>The main signal; null when it has none.</summary>
    public Signal? Hinted { get; }

    /// <summary>Where the main signal stands among those read at each point; -1 when there is none.</summary>
    public int HintedIndex { get; }

    /// <summary>The signal of that name; null when the device has no such signal.</summary>
    /// <param name="name">Name of a signal, whole or without the device's name before it; null for the main one.</param>
    public Signal? Find(string? name) => name is null
        ? Hinted
        : Device.Signals.FirstOrDefault(s => s.Name == name)
            ?? Device.Signals.FirstOrDefault(s => s.Name.Length == Name.Length + 1 + name.Length
                && s.Name[Name.Length] == '_'
                && s.Name.StartsWith(Name, StringComparison.Ordinal)
                && s.Name.EndsWith(name, StringComparison.Ordinal));

    /// <summary>Whether a target may be set, without the reasons.</summary>
    /// <param name="signal">The signal, found.</param>
    /// <param name="target">The target.</param>
    public bool MaySet(Signal? signal, in Value target) =>
        signal is { IsSettable: true } && !Entry.ReadOnly && Device is ISettable
        && (signal.Type == SignalType.Text
            ? target.Type == SignalType.Text
            : IsNumberFor(signal, target)
                && double.IsFinite(target.AsDouble())
                && (signal.Limits is not var (low, high) || (target.AsDouble() >= low && target.AsDouble() <= high)));

    // True and false switch; they are no positions.
    private static bool IsNumberFor(Signal signal, in Value target) =>
        target.Type is SignalType.Float or SignalType.Integer
        || (target.Type == SignalType.Boolean && signal.Type != SignalType.Float);

    /// <summary>Keeps the readings of a read for those who ask for the last ones.</summary>
    /// <param name="row">The whole row; not changed afterwards.</param>
    /// <param name="offset">Where this device's readings begin in it.</param>
    public void Remember(Reading[] row, int offset)
    {
        lock (_gate)
        {
            _last = row;
            _lastOffset = offset;
            _missingInARow = 0;
        }
    }

    /// <summary>Counts a reading that did not come.</summary>
    /// <returns>How many in a row by now.</returns>
    public int CountMissing() => Interlocked.Increment(ref _missingInARow);

    /// <summary>The last readings in the order of <see cref="ReadSignals"/>; empty before the first.</summary>
    public ReadOnlyMemory<Reading> Last
    {
        get
        {
            lock (_gate)
            {
                return _last.Length == 0 ? default : _last.AsMemory(_lastOffset, ReadSignals.Count);
            }
        }
    }

    /// <summary>All reasons why a target cannot be set.</summary>
    /// <param name="signal">The signal's name; null for the main one.</param>
    /// <param name="target">The target.</param>
    public IEnumerable<Reason> RefusalsToSet(string? signal, Value target)
    {
        if (Entry.ReadOnly)
        {
            yield return DeviceErrors.ReadOnly.Because($"{Name} is read only.");
        }

        if (Find(signal) is not { IsSettable: true } found || Device is not ISettable)
        {
            yield return DeviceErrors.Unable.Because($"{Name}{(signal is null ? "" : "." + signal)} cannot be set.");
            yield break;
        }

        var isNumber = IsNumberFor(found, target);
        if (found.Type == SignalType.Text ? target.Type != SignalType.Text : !isNumber)
        {
            yield return DeviceErrors.ValueInvalid.Because($"{Name}.{found.Name} takes {found.Type}, not '{target}'.");
        }
        else if (isNumber && !double.IsFinite(target.AsDouble()))
        {
            yield return DeviceErrors.ValueInvalid.Because($"{Name}.{found.Name} takes a finite number, not {target}.");
        }
        else if (found.Limits is var (low, high) && (target.AsDouble() < low || target.AsDouble() > high))
        {
            yield return DeviceErrors.Limit.Because(
                $"{Name}: target {target} {found.Unit} is outside its limits {low} to {high} {found.Unit}.");
        }
    }
}

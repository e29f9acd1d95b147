using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>A usable device as it is known everywhere: its description and its last readings.</summary>
internal class KnownDevice
{
    private readonly Lock _gate = new();
    private Reading[] _last = [];
    private int _lastOffset;
    private double _position = double.NaN;

    /// <summary>A device without readings.</summary>
    /// <param name="description">What it is.</param>
    public KnownDevice(DeviceDescription description)
    {
        Description = description;
        ReadSignals = [.. description.Signals.Where(s => s.IsRead)];
        ConfigurationSignals = [.. description.Signals.Where(s => s.Kind == SignalKind.Config)];
        Hinted = description.Signals.FirstOrDefault(s => s.Kind == SignalKind.Hinted);
        HintedIndex = Hinted is null ? -1 : ReadSignals.Index().First(s => s.Item == Hinted).Index;
    }

    /// <summary>What it is.</summary>
    public DeviceDescription Description { get; }

    /// <summary>Its name.</summary>
    public string Name => Description.Name;

    /// <summary>All its signals.</summary>
    public IReadOnlyList<Signal> Signals => Description.Signals;

    /// <summary>Signals read at each point, in order.</summary>
    public IReadOnlyList<Signal> ReadSignals { get; }

    /// <summary>Signals read once a scan, in order.</summary>
    public IReadOnlyList<Signal> ConfigurationSignals { get; }

    /// <summary>The main signal; null when it has none.</summary>
    public Signal? Hinted { get; }

    /// <summary>Where the main signal stands among those read at each point; -1 when there is none.</summary>
    public int HintedIndex { get; }

    /// <summary>Whether it has an ability.</summary>
    /// <param name="ability">The ability.</param>
    public bool CanDo(DeviceAbilities ability) => (Description.Abilities & ability) != 0;

    /// <summary>The signal of that name; null when the device has no such signal.</summary>
    /// <param name="name">Name of a signal, whole or without the device's name before it; null for the main one.</param>
    public Signal? Find(string? name) => name is null
        ? Hinted
        : Signals.FirstOrDefault(s => s.Name == name)
            ?? Signals.FirstOrDefault(s => s.Name.Length == Name.Length + 1 + name.Length
                && s.Name[Name.Length] == '_'
                && s.Name.StartsWith(Name, StringComparison.Ordinal)
                && s.Name.EndsWith(name, StringComparison.Ordinal));

    /// <summary>Whether a target may be set, without the reasons.</summary>
    /// <param name="signal">The signal, found.</param>
    /// <param name="target">The target.</param>
    public bool MaySet(Signal? signal, in Value target) =>
        signal is { IsSettable: true } && !Description.ReadOnly && CanDo(DeviceAbilities.Settable)
        && (signal.Type == SignalType.Text
            ? target.Type == SignalType.Text
            : IsNumberFor(signal, target)
                && double.IsFinite(target.AsDouble())
                && (signal.Type != SignalType.Integer || double.IsInteger(target.AsDouble()))
                && (signal.Choices is not { Count: > 0 } choices || (target.AsDouble() >= 0 && target.AsDouble() < choices.Count))
                && (signal.Limits is not var (low, high) || (target.AsDouble() >= low && target.AsDouble() <= high)));

    /// <summary>A target as its signal takes it: the name of a choice is its index.</summary>
    /// <param name="signal">The signal's name; null for the main one.</param>
    /// <param name="target">The target as it was given.</param>
    public Value Fit(string? signal, Value target) =>
        target.Type == SignalType.Text && Find(signal) is { Type: SignalType.Integer, Choices: { } choices } && choices.ToList().IndexOf(target.AsText()) is >= 0 and var index
            ? Value.Of((long)index)
            : target;

    /// <summary>The method of that name; null when it has none.</summary>
    /// <param name="name">The name.</param>
    public DeviceMethod? Method(string? name) => Description.Methods?.FirstOrDefault(m => m.Name == name);

    /// <summary>All reasons why a method cannot be called.</summary>
    /// <param name="name">The method's name.</param>
    public IEnumerable<Reason> RefusalsToCall(string name)
    {
        if (Method(name) is not { } method)
        {
            var names = Description.Methods?.Select(m => m.Name).ToList() ?? [];
            yield return DeviceErrors.Unable.Because($"{Name} has no method '{name}'{NearestName.Question(name, names)}");
        }
        else if (method.IsMutating && Description.ReadOnly)
        {
            yield return DeviceErrors.ReadOnly.Because($"{Name} is read only, and {name} changes it.");
        }
    }

    // True and false switch; they are no positions.
    private static bool IsNumberFor(Signal signal, in Value target) =>
        target.Type is SignalType.Float or SignalType.Integer
        || (target.Type == SignalType.Boolean && signal.Type != SignalType.Float);

    /// <summary>Keeps the readings of a read for those who ask for the last ones.</summary>
    /// <param name="row">The whole row; not changed afterwards.</param>
    /// <param name="offset">Where this device's readings begin in it.</param>
    public virtual void Remember(Reading[] row, int offset)
    {
        if (HintedIndex >= 0 && offset + HintedIndex < row.Length && NumberIn(row[offset + HintedIndex].Value) is { } position)
        {
            Volatile.Write(ref _position, position);
        }

        lock (_gate)
        {
            _last = row;
            _lastOffset = offset;
        }
    }

    /// <summary>The last number that its main signal gave, whatever came after it; null before the first.</summary>
    public double? Position => Volatile.Read(ref _position) is var position && double.IsNaN(position) ? null : position;

    /// <summary>The finite number that a value is; null when it is none.</summary>
    /// <param name="value">The value.</param>
    public static double? NumberIn(in Value value) =>
        value.Type is SignalType.Float or SignalType.Integer or SignalType.Boolean && double.IsFinite(value.AsDouble())
            ? value.AsDouble()
            : null;

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
        if (Description.ReadOnly)
        {
            yield return DeviceErrors.ReadOnly.Because($"{Name} is read only.");
        }

        if (Find(signal) is not { IsSettable: true } found || !CanDo(DeviceAbilities.Settable))
        {
            yield return DeviceErrors.Unable.Because($"{Name}{(signal is null ? "" : "." + signal)} cannot be set.");
            yield break;
        }

        var isNumber = IsNumberFor(found, target);
        if (found.Type == SignalType.Integer && found.Choices is { Count: > 0 } names && target.Type == SignalType.Text)
        {
            yield return DeviceErrors.ValueInvalid.Because(
                $"{Name}.{found.Name} is one of {string.Join(", ", names)}, not '{target}'{NearestName.Question(target.AsText(), names)}");
        }
        else if (found.Type == SignalType.Text ? target.Type != SignalType.Text : !isNumber)
        {
            yield return DeviceErrors.ValueInvalid.Because($"{Name}.{found.Name} takes {found.Type}, not '{target}'.");
        }
        else if (isNumber && !double.IsFinite(target.AsDouble()))
        {
            yield return DeviceErrors.ValueInvalid.Because($"{Name}.{found.Name} takes a finite number, not {target}.");
        }
        else if (found.Type == SignalType.Integer && !double.IsInteger(target.AsDouble()))
        {
            yield return DeviceErrors.ValueInvalid.Because($"{Name}.{found.Name} takes a whole number, not {target}.");
        }
        else if (found.Choices is { Count: > 0 } choices && !(target.AsDouble() >= 0 && target.AsDouble() < choices.Count))
        {
            yield return DeviceErrors.ValueInvalid.Because($"{Name}.{found.Name} is one of {string.Join(", ", choices)}, or 0 to {choices.Count - 1}.");
        }
        else if (found.Limits is var (low, high) && (target.AsDouble() < low || target.AsDouble() > high))
        {
            yield return DeviceErrors.Limit.Because(
                $"{Name}: target {target} {found.Unit} is outside its limits {low} to {high} {found.Unit}.");
        }
    }
}

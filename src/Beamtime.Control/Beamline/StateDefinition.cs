using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Beamline;

/// <summary>What a beamline state is made of.</summary>
internal enum StateKind
{
    /// <summary>The value of a signal lies within limits.</summary>
    WithinLimits,

    /// <summary>A permit, an enclosure or a shutter of the beamline's description says yes.</summary>
    Permit,
}

/// <summary>How well a beamline state is fulfilled, from the worst to the best.</summary>
internal enum StateStatus
{
    /// <summary>Not known: never read, not readable, or read too long ago.</summary>
    Unknown,

    /// <summary>Not fulfilled.</summary>
    Invalid,

    /// <summary>Fulfilled, and close to a limit.</summary>
    Warning,

    /// <summary>Fulfilled.</summary>
    Valid,
}

/// <summary>A beamline state as somebody defines it.</summary>
internal sealed record StateDefinition
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is made of.</summary>
    public required StateKind Kind { get; init; }

    /// <summary><c>device</c> or <c>device.signal</c>; for a permit the name that the beamline's description gives it.</summary>
    public required string Address { get; init; }

    /// <summary>The lowest value, in the signal's unit; null for no bound.</summary>
    public double? Low { get; init; }

    /// <summary>The highest value; null for no bound.</summary>
    public double? High { get; init; }

    /// <summary>Closer than this to a limit is a warning, in the signal's unit.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>How long it must be better without interruption before it counts as better, s.</summary>
    public double HoldSeconds { get; init; }

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>What a reading of a signal says.</summary>
    /// <param name="value">The reading.</param>
    public (StateStatus Status, string Label) Judge(Value value)
    {
        if (value.Type is not (SignalType.Float or SignalType.Integer or SignalType.Boolean) || value.IsMissing)
        {
            return (StateStatus.Unknown, value.IsMissing ? $"{Address} gave no value" : $"{Address} is {value}, which is no number");
        }

        var number = value.AsDouble();
        var (low, high) = (Low ?? double.NegativeInfinity, High ?? double.PositiveInfinity);
        // What is not a number is in no range.
        return !(number >= low && number <= high) ? (StateStatus.Invalid, $"{Address} is {value}, outside {Range}")
            : number - low < Tolerance || high - number < Tolerance ? (StateStatus.Warning, $"{Address} is {value}, close to a limit of {Range}")
            : (StateStatus.Valid, $"{Address} is {value}, within {Range}");
    }

    private string Range => FormattableString.Invariant($"{Low?.ToString() ?? "-∞"} to {High?.ToString() ?? "∞"}");
}

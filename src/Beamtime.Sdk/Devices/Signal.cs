namespace Beamtime.Sdk.Devices;

/// <summary>What a signal is for.</summary>
public enum SignalKind
{
    /// <summary>The device's main value: read at each point and shown first.</summary>
    Hinted,

    /// <summary>Read at each point.</summary>
    Normal,

    /// <summary>Read once per scan: a velocity, an exposure.</summary>
    Config,

    /// <summary>Never read by a scan: a command.</summary>
    Omitted,
}

/// <summary>One named value of a device.</summary>
public sealed record Signal
{
    /// <summary>The longest text a signal may give, in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 255;

    /// <summary>Name within the device, an identifier; the hinted signal of a device is often named as the device.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public SignalKind Kind { get; init; } = SignalKind.Normal;

    /// <summary>What its values are made of.</summary>
    public SignalType Type { get; init; } = SignalType.Float;

    /// <summary>Shape of an array; empty for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; init; } = [];

    /// <summary>Unit symbol: <c>mm</c>, <c>deg</c>, <c>s</c>, <c>counts</c>; null for none.</summary>
    public string? Unit { get; init; }

    /// <summary>What it means, one sentence.</summary>
    public string Description { get; init; } = "";

    /// <summary>True when <see cref="ISettable"/> takes it.</summary>
    public bool IsSettable { get; init; }

    /// <summary>Lowest and highest value that may be set, in the signal's unit; null for no limits.</summary>
    public (double Low, double High)? Limits { get; init; }

    /// <summary>
    /// Names of its values, where each stands for its index from 0: <c>closed</c>, <c>open</c>. Null for none; a signal that
    /// has some is an integer, and is set by a name or by its index.
    /// </summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>True when a scan reads it at each point.</summary>
    public bool IsRead => Kind is SignalKind.Hinted or SignalKind.Normal;
}

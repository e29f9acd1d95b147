namespace Beamtime.Control.Beamline;

/// <summary>A beamline state as REST and the interlock see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">How well it is fulfilled.</param>
/// <param name="Label">What was seen last.</param>
/// <param name="Since">Since when it has this status, UTC; null until it is known.</param>
/// <param name="Definition">What it is made of.</param>
/// <param name="IsFromFile">True when the site's file defines it; such a state is changed there.</param>
internal sealed record StateAnswer(
    string Name, StateStatus Status, string Label, DateTimeOffset? Since, StateDefinition Definition, bool IsFromFile);

/// <summary>The interlock as REST tells it.</summary>
/// <param name="Settings">How it is set up.</param>
/// <param name="IsFromFile">True when it is set up as the site's file says.</param>
/// <param name="IsTripped">True while it locks the scan queues.</param>
/// <param name="Reason">Why it does.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="Held">Scans that it holds.</param>
internal sealed record InterlockAnswer(
    InterlockSettings Settings, bool IsFromFile, bool IsTripped, string? Reason, DateTimeOffset? Since, int Held);

/// <summary>All beamline states and the interlock.</summary>
/// <param name="States">The states, by name.</param>
/// <param name="Interlock">The interlock.</param>
internal sealed record StatesAnswer(IReadOnlyList<StateAnswer> States, InterlockAnswer Interlock);

/// <summary>What may be asked about states.</summary>
internal enum StateCommandKind
{
    /// <summary>How they are.</summary>
    Show,

    /// <summary>To define one, or define it anew.</summary>
    Define,

    /// <summary>To take one out.</summary>
    Remove,

    /// <summary>To set up the interlock.</summary>
    Configure,
}

/// <summary>Something that is asked about states.</summary>
internal sealed record StateCommand
{
    /// <summary>What is asked.</summary>
    public required StateCommandKind Kind { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>The state; for a removal.</summary>
    public string Name { get; init; } = "";

    /// <summary>What it is to be.</summary>
    public StateDefinition? Definition { get; init; }

    /// <summary>How the interlock is to be set up; null for as the site's file says.</summary>
    public InterlockSettings? Interlock { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>A state as somebody defines it over REST; its name stands in the path.</summary>
internal sealed record StateRequest
{
    /// <summary>What it is made of.</summary>
    public required StateKind Kind { get; init; }

    /// <summary><c>device</c> or <c>device.signal</c>; for a permit the name that the beamline's description gives it.</summary>
    public required string Address { get; init; }

    /// <summary>The lowest value, in the signal's unit.</summary>
    public double? Low { get; init; }

    /// <summary>The highest value.</summary>
    public double? High { get; init; }

    /// <summary>Closer than this to a limit is a warning.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>How long it must be better without interruption before it counts as better, s.</summary>
    public double HoldSeconds { get; init; }

    /// <summary>What it is, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>The interlock as somebody sets it up.</summary>
internal sealed record InterlockRequest
{
    /// <summary>Whether it acts.</summary>
    public required bool IsEnabled { get; init; }

    /// <summary>What it does with what runs.</summary>
    public LossAction OnLoss { get; init; } = LossAction.Lock;

    /// <summary>The states that it looks at, each with the statuses that are accepted; an empty list for valid and warning.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<StateStatus>> States { get; init; } =
        new Dictionary<string, IReadOnlyList<StateStatus>>();

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Telemetry;

/// <summary>How a thing stands that the program depends on.</summary>
internal enum HealthState
{
    /// <summary>It does its work.</summary>
    Ready,

    /// <summary>It does its work badly or in part.</summary>
    Degraded,

    /// <summary>It does not do its work.</summary>
    Down,
}

/// <summary>What a look at a thing found.</summary>
/// <param name="State">How it stands.</param>
/// <param name="Detail">What was seen, with units.</param>
/// <param name="Reason">Why it is not ready, with the remedy; null when it is.</param>
internal sealed record HealthFinding(HealthState State, string Detail, Reason? Reason)
{
    /// <summary>All is well.</summary>
    /// <param name="detail">What was seen.</param>
    public static HealthFinding Ready(string detail) => new(HealthState.Ready, detail, null);

    /// <summary>It works badly or in part.</summary>
    /// <param name="reason">What was seen, and what mends it.</param>
    public static HealthFinding Degraded(Reason reason) => new(HealthState.Degraded, reason.Message, reason);

    /// <summary>It does not work.</summary>
    /// <param name="reason">What was seen, and what mends it.</param>
    public static HealthFinding Down(Reason reason) => new(HealthState.Down, reason.Message, reason);
}

/// <summary>One thing that readiness looks at.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="IsNeeded">True when the program cannot take work without it.</param>
/// <param name="LookAsync">Looks; changes nothing.</param>
internal sealed record HealthCheck(string Name, bool IsNeeded, Func<CancellationToken, Task<HealthFinding>> LookAsync);

/// <summary>How a thing stands, and since when.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="IsNeeded">True when the program cannot take work without it.</param>
/// <param name="Finding">What the last look found.</param>
/// <param name="Since">Since when it is in this state, UTC.</param>
internal sealed record HealthLine(string Name, bool IsNeeded, HealthFinding Finding, DateTimeOffset Since);

/// <summary>How the program stands as a whole.</summary>
/// <param name="Lines">All things that were looked at.</param>
/// <param name="At">When, UTC.</param>
internal sealed record HealthReport(IReadOnlyList<HealthLine> Lines, DateTimeOffset At)
{
    /// <summary>Down when something needed is down, degraded when anything else is not ready.</summary>
    public HealthState State =>
        Lines.Any(l => l.IsNeeded && l.Finding.State == HealthState.Down) ? HealthState.Down
        : Lines.Any(l => l.Finding.State != HealthState.Ready) ? HealthState.Degraded
        : HealthState.Ready;
}

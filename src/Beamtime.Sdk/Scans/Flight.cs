using Beamtime.Sdk.Devices;

namespace Beamtime.Sdk.Scans;

/// <summary>A flight of a scan: one flyer leads, others follow its triggers, and their readings make points by index.</summary>
public sealed record Flight
{
    /// <summary>The flyer that leads: the flight is over when it is.</summary>
    public required string Leader { get; init; }

    /// <summary>Flyers that are armed before the leader is kicked off and give readings by the same indices.</summary>
    public IReadOnlyList<string> Followers { get; init; } = [];

    /// <summary>What each of them is told.</summary>
    public required FlightParameters Parameters { get; init; }

    /// <summary>What the scan itself sets in motion once the leader is kicked off; the flight lasts until it is there.</summary>
    public IReadOnlyList<(string Device, Value Target)> Moves { get; init; } = [];

    /// <summary>Values of the scan's own signals, a row an index; a single row counts for all. Empty for none.</summary>
    public IReadOnlyList<Value[]> Own { get; init; } = [];

    /// <summary>
    /// How long no reading may come before the flight has failed; a follower that is silent so long after the leader has
    /// ended leaves gaps.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);
}

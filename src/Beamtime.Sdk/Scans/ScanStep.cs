namespace Beamtime.Sdk.Scans;

/// <summary>What somebody asks of a scan that runs and takes requests: to move, to trigger, to read a point, in this order.</summary>
public sealed record ScanStep
{
    /// <summary>Its place among the steps of its scan, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Targets of the scan's motors, each in its unit; empty to stay.</summary>
    public IReadOnlyDictionary<string, double> Targets { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether devices are triggered.</summary>
    public bool Triggers { get; init; }

    /// <summary>How many points are read, ≥ 0; each is triggered where devices are.</summary>
    public int Reads { get; init; }
}

using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Control.Scans;

/// <summary>What becomes of scans.</summary>
internal static class ScanMetrics
{
    private static readonly AreaMeter Meter = new("Scans");

    /// <summary>Scans begun.</summary>
    public static readonly Counter<long> Started = Meter.Counter("started", "{scan}", "Scans whose start was recorded.", "scan");

    /// <summary>Scans ended.</summary>
    public static readonly Counter<long> Ended = Meter.Counter(
        "ended", "{scan}", "Scans whose end was recorded, by state: completed, aborted, interrupted, cancelled.", "scan", "state");

    /// <summary>Points of ended scans.</summary>
    public static readonly Counter<long> Points = Meter.Counter("points", "{point}", "Points of the scans that ended.", "scan");

    /// <summary>A scan's end was recorded.</summary>
    /// <param name="scan">Its name.</param>
    /// <param name="ended">How it ended.</param>
    public static void Count(string scan, ScanEnded ended)
    {
        var name = new KeyValuePair<string, object?>("scan", scan);
        Ended.Add(1, name, new KeyValuePair<string, object?>("state", ended.State.ToString().ToLowerInvariant()));
        Points.Add(ended.Points, name);
    }
}

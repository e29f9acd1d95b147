using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Control.Points;

/// <summary>What the bundler publishes.</summary>
internal static class PointMetrics
{
    private static readonly AreaMeter Meter = new("Points");

    /// <summary>Points published.</summary>
    public static readonly Counter<long> Published = Meter.Counter(
        "published", "{point}", "Points published, those with gaps included.");

    /// <summary>Readings that are missing.</summary>
    public static readonly Counter<long> Gaps = Meter.Counter(
        "gaps", "{gap}", "Gaps: a device's reading that failed, or a whole point that did not come within the deadline.", "cause");

    /// <summary>Readings dropped.</summary>
    public static readonly Counter<long> Dropped = Meter.Counter(
        "dropped", "{point}", "Points dropped because they came twice or after the end of their scan.");
}

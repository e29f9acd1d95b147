using System.Diagnostics.Metrics;

namespace Beamtime.Core.Telemetry;

/// <summary>What the telling itself costs and loses.</summary>
internal static class TelemetryMetrics
{
    private static readonly AreaMeter Meter = new("Telemetry");

    /// <summary>Measurements that came under more label values than a metric may have.</summary>
    public static readonly Counter<long> Overflowed = Meter.Counter(
        "overflowed", "{measurement}", "Measurements whose labels were beyond the bound of their metric and count as 'other'.", "metric");

    /// <summary>Samples that failed.</summary>
    public static readonly Counter<long> SampleFailures = Meter.Counter(
        "sample.failures", "{sample}", "Samples that could not be taken in time; their gauges are then not shown.", "sample");

    /// <summary>How long sampling took.</summary>
    public static readonly Histogram<double> SampleDuration = Meter.Histogram(
        "sample.duration", "s", "Time for taking the samples of one page of metrics.", AreaMeter.ShortSeconds);
}

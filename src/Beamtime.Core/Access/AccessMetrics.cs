using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Access;

/// <summary>What is asked over REST and how long answers take.</summary>
internal static class AccessMetrics
{
    private static readonly AreaMeter Meter = new("Http");

    /// <summary>Time of requests.</summary>
    public static readonly Histogram<double> Duration = Meter.Histogram(
        "request.duration", "s", "Time from a request to the end of its answer; streams of events are not in it.",
        AreaMeter.ShortSeconds, "method", "route", "status");

    /// <summary>Requests being answered.</summary>
    public static readonly UpDownCounter<long> Active = Meter.UpDown(
        "requests.active", "{request}", "Requests that are being answered, streams of events included.");
}

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

    /// <summary>Scans in queues.</summary>
    public static readonly Gauge<double> Queued = Meter.Sampled(
        "queued", "{scan}", "Scans that wait or run, by queue; a queue without scans or locks is not shown, but for primary.", "queue");

    /// <summary>Queues that let nothing begin.</summary>
    public static readonly Gauge<double> Held = Meter.Sampled(
        "queue.held", "{queue}", "1 while a queue is paused or locked, 0 while its scans begin.", "queue");

    /// <summary>Looks at the queues.</summary>
    /// <param name="view">Sees them.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task SampleAsync(QueueView view, CancellationToken cancel)
    {
        foreach (var queue in await view.ListAsync(scansShown: 0, cancel))
        {
            var name = new KeyValuePair<string, object?>("queue", queue.Name);
            Queued.Record(queue.Total, name);
            Held.Record(queue.State == ScanQueueState.Running ? 0 : 1, name);
        }
    }

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

using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>What is written to files.</summary>
internal static class RecordingMetrics
{
    private static readonly AreaMeter Meter = new("Recording");

    /// <summary>Recordings being written.</summary>
    public static readonly UpDownCounter<long> Open = Meter.UpDown("open.files", "{file}", "Live files that are being written.");

    /// <summary>Time of a flush.</summary>
    public static readonly Histogram<double> FlushDuration = Meter.Histogram(
        "flush.duration", "s", "Time for giving what came to readers of the live files.", AreaMeter.ShortSeconds);

    /// <summary>Time of finishing.</summary>
    public static readonly Histogram<double> FinishDuration = Meter.Histogram(
        "finish.duration", "s", "Time for making, syncing and hashing a final file.", AreaMeter.LongSeconds);

    /// <summary>Recordings closed.</summary>
    public static readonly Counter<long> Closed = Meter.Counter(
        "closed", "{recording}", "Recordings whose final file is made and registered, by the scan's end.", "end");

    /// <summary>Bytes of closed recordings.</summary>
    public static readonly Counter<long> Bytes = Meter.Counter("written", "By", "Bytes of the files of closed recordings.");

    /// <summary>Faults.</summary>
    public static readonly Counter<long> Faults = Meter.Counter("faults", "{fault}", "Faults of recordings, by code.", "code");

    /// <summary>A recording was closed.</summary>
    /// <param name="closed">The recording.</param>
    /// <param name="duration">Time for finishing it.</param>
    public static void Count(RecordingClosed closed, TimeSpan duration)
    {
        Closed.Add(1, new KeyValuePair<string, object?>("end", closed.End.ToString().ToLowerInvariant()));
        Bytes.Add(closed.Files.Sum(f => f.Bytes));
        FinishDuration.Record(duration.TotalSeconds);
    }
}

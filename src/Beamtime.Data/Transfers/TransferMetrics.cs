using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Transfers;

/// <summary>What is copied.</summary>
internal static class TransferMetrics
{
    private static readonly AreaMeter Meter = new("Transfers");

    /// <summary>Files copied.</summary>
    public static readonly Counter<long> Files = Meter.Counter(
        "files", "{file}", "Files copied, by whether the bytes were moved or a copy made before was found whole.", "outcome");

    /// <summary>Bytes copied.</summary>
    public static readonly Counter<long> Bytes = Meter.Counter("copied", "By", "Bytes of the files copied or found whole.");

    /// <summary>Time of a file.</summary>
    public static readonly Histogram<double> Duration = Meter.Histogram(
        "duration", "s", "Time for copying, hashing and syncing one file.", AreaMeter.LongSeconds);

    /// <summary>Copies that failed.</summary>
    public static readonly Counter<long> Failures = Meter.Counter("failures", "{file}", "Copies that were refused or failed, by code.", "code");

    /// <summary>A file is copied.</summary>
    /// <param name="finished">The copy.</param>
    /// <param name="duration">Time for it.</param>
    public static void Count(FinishedCopy finished, TimeSpan duration)
    {
        Files.Add(1, new KeyValuePair<string, object?>("outcome", finished.WasThere ? "found" : "moved"));
        Bytes.Add(finished.Bytes);
        Duration.Record(duration.TotalSeconds);
    }

    /// <summary>A copy was refused or failed.</summary>
    /// <param name="error">Why.</param>
    public static void CountFailure(Exception error) => Failures.Add(
        1,
        new KeyValuePair<string, object?>("code", error switch
        {
            RefusedException refused => refused.Reasons[0].Code,
            FaultException fault => fault.Reason.Code,
            _ => "",
        }));
}

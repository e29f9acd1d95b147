using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Control.Devices;

/// <summary>How devices answer.</summary>
internal static class DeviceMetrics
{
    private static readonly string[] Kinds = [.. Enum.GetNames<OperationKind>().Select(n => n.ToLowerInvariant())];
    private static readonly AreaMeter Meter = new("Devices");

    /// <summary>Time of commands that a device had to work on.</summary>
    public static readonly Histogram<double> CommandDuration = Meter.Histogram(
        "command.duration", "s",
        "Time from a command's start to its end, by kind; commands that a driver answers without waiting are not in it.",
        AreaMeter.ShortSeconds, "kind");

    /// <summary>Commands that failed.</summary>
    public static readonly Counter<long> Failures = Meter.Counter(
        "command.failures", "{command}", "Commands that failed, by device and code.", "device", "code");

    /// <summary>Devices by whether they can be used.</summary>
    public static readonly Gauge<double> Count = Meter.Sampled("configured", "{device}", "Devices of this process by state: usable or unusable.", "state");

    /// <summary>The label of a kind of command.</summary>
    /// <param name="kind">The kind.</param>
    public static KeyValuePair<string, object?> KindOf(OperationKind kind) => new("kind", Kinds[(int)kind]);

    /// <summary>A command failed.</summary>
    /// <param name="device">The device.</param>
    /// <param name="code">Why.</param>
    public static void CountFailure(string device, string code) => Failures.Add(
        1, new KeyValuePair<string, object?>("device", device), new KeyValuePair<string, object?>("code", code));

    /// <summary>Counts the devices.</summary>
    /// <param name="roster">The devices.</param>
    public static void Sample(DeviceRoster roster)
    {
        Count.Record(roster.Usable.Count, new KeyValuePair<string, object?>("state", "usable"));
        Count.Record(roster.Unusable.Count, new KeyValuePair<string, object?>("state", "unusable"));
    }
}

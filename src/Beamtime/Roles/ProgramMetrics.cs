using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Beamtime.Core.Telemetry;

namespace Beamtime.Roles;

/// <summary>Which program this is and which of its parts run.</summary>
internal static class ProgramMetrics
{
    private static readonly AreaMeter Meter = new("Program");

    /// <summary>What was built.</summary>
    public static readonly ObservableGauge<double> Build = Meter.Asked(
        "build", "{info}", "1, with the program's version and the runtime's.", AskBuild, "version", "runtime");

    /// <summary>Which parts run.</summary>
    public static readonly Gauge<double> Up = Meter.Sampled(
        "loop.up", "{boolean}", "1 for a loop of a role that runs, 0 for one that has failed or ended.", "role", "loop");

    private static Measurement<double>[] AskBuild() =>
    [
        new(
            1,
            new KeyValuePair<string, object?>("version", StatusApi.Version),
            new KeyValuePair<string, object?>("runtime", RuntimeInformation.FrameworkDescription)),
    ];
}

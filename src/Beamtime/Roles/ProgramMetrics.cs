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

    /// <summary>When loops came round.</summary>
    public static readonly Gauge<double> BeatAge = Meter.Sampled(
        "loop.beat.age", "s", "Time since a loop of a role last came round, for those that say so.", "role", "loop");

    /// <summary>Says which loops run.</summary>
    /// <param name="board">The loops of this process.</param>
    /// <param name="time">The clock.</param>
    public static void Sample(LoopBoard board, TimeProvider time)
    {
        foreach (var loop in board.Loops)
        {
            var (role, name) = (new KeyValuePair<string, object?>("role", loop.Role), new KeyValuePair<string, object?>("loop", loop.Name));
            Up.Record(loop.State == LoopState.Running ? 1 : 0, role, name);
            if (loop.LastAt is { } last)
            {
                BeatAge.Record(Math.Max(0, (time.GetUtcNow() - last).TotalSeconds), role, name);
            }
        }
    }

    private static Measurement<double>[] AskBuild() =>
    [
        new(
            1,
            new KeyValuePair<string, object?>("version", StatusApi.Version),
            new KeyValuePair<string, object?>("runtime", RuntimeInformation.FrameworkDescription)),
    ];
}

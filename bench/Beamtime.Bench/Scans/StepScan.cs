using System.Diagnostics;
using Beamtime.Control.Scans;

namespace Beamtime.Bench.Scans;

/// <summary>
/// <c>scan.step</c>: points a second of a step scan from the request to the closed and registered file, beside the
/// messages of as many points through empty mailboxes.
/// </summary>
internal static class StepScan
{
    private const int Edge = 50;

    // The demo has 47 devices that are read at each point, beside the motor.
    private const int DemoDetectors = 47;

    /// <summary>One line for each number of detectors, a small grid, and the demo's.</summary>
    public static IReadOnlyList<BenchLine> Lines { get; } =
    [
        LineOf("1", 1, points: 100_000, 0.25, (room, cancel) => room.BeamlineAsync(1, cancel)),
        LineOf("10", 10, points: 30_000, 0.25, (room, cancel) => room.BeamlineAsync(10, cancel)),
        LineOf(
            "grid", 2, BenchBeamline.Grid(Edge), Edge * Edge, 0.1, (room, cancel) => room.BeamlineAsync(1, cancel)),
        LineOf("demo", DemoDetectors, points: 10_000, 0.2, (room, cancel) => room.DemoAsync(cancel)),
    ];

    private static BenchLine LineOf(
        string name, int detectors, int points, double bar, Func<BenchRoom, CancellationToken, Task<BenchBeamline>> start) =>
        LineOf(name, detectors, BenchBeamline.Line(points), points, bar, start);

    private static BenchLine LineOf(
        string name,
        int others,
        ScanRequest request,
        int points,
        double bar,
        Func<BenchRoom, CancellationToken, Task<BenchBeamline>> start) => new(
        $"scan.step.{name}", "points/s", bar, BenchSense.Rate, async (room, cancel) =>
        {
            var beamline = await start(room, cancel);
            await using var empty = new EmptyMailboxes(devices: others + 1);
            return await Rounds.MeasureAsync(
                async () => points / (await beamline.ScanAsync(request, points, cancel)).TotalSeconds,
                async () =>
                {
                    var start = Stopwatch.GetTimestamp();
                    await empty.RunAsync(points);
                    return points / Stopwatch.GetElapsedTime(start).TotalSeconds;
                });
        });
}

using System.Diagnostics;

namespace Beamtime.Bench.Scans;

/// <summary>
/// <c>scan.step</c>: points a second of a step scan from the request to the closed and registered file, beside the
/// messages of as many points through empty mailboxes.
/// </summary>
internal static class StepScan
{
    /// <summary>One line for each number of detectors.</summary>
    public static IReadOnlyList<BenchLine> Lines { get; } = [LineOf(1, points: 100_000), LineOf(10, points: 30_000)];

    private static BenchLine LineOf(int detectors, int points) => new(
        $"scan.step.{detectors}", "points/s", 0.25, BenchSense.Rate, async (room, cancel) =>
        {
            var beamline = await room.BeamlineAsync(detectors, cancel);
            await using var empty = new EmptyMailboxes(devices: detectors + 1);
            return await Rounds.MeasureAsync(
                async () => points / (await beamline.ScanAsync(points, cancel)).TotalSeconds,
                async () =>
                {
                    var start = Stopwatch.GetTimestamp();
                    await empty.RunAsync(points);
                    return points / Stopwatch.GetElapsedTime(start).TotalSeconds;
                });
        });
}

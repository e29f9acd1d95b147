using System.Diagnostics;

namespace Beamtime.Bench.Scans;

/// <summary>
/// <c>scan.step.redis</c>: points a second of a step scan of 1 motor and 1 detector with every role of its road in a
/// process of its own, from the request over REST to its end, beside bare clients that send as many messages over the same
/// Redis.
/// </summary>
internal static class ApartStepScan
{
    private const int Points = 4000;

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("scan.step.redis", "points/s", 0.5, BenchSense.Rate, async (room, cancel) =>
    {
        await using var roles = await RoleProcesses.StartAsync(room, await room.DatabaseAsync(cancel), cancel);
        await using var server = await RedisProcess.StartAsync(room.NewFolder("redis"), cancel);
        var bare = new BareStreams(server.Socket);
        return await Rounds.MeasureAsync(
            async () => Points / (await roles.ScanAsync(Points, cancel)).TotalSeconds,
            async () =>
            {
                var start = Stopwatch.GetTimestamp();
                await bare.RunAsync(Points);
                return Points / Stopwatch.GetElapsedTime(start).TotalSeconds;
            },
            rounds: 5);
    });
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;

namespace Beamtime.Bench.Scans;

/// <summary>
/// <c>scan.first</c> and <c>scan.file</c>: time from a request over REST to an idle queue until the first point is
/// published, and until the final file of 10 points is closed, synced, hashed and registered; beside a request to a bare
/// server that commits a row.
/// </summary>
internal static class RequestToFile
{
    private const int Points = 10;
    private const int RequestsARound = 5;

    /// <summary>The two lines.</summary>
    public static IReadOnlyList<BenchLine> Lines { get; } =
    [
        new("scan.first", "ms", 3, BenchSense.Time, (room, cancel) => MeasureAsync(room, FirstAsync, cancel)),
        new("scan.file", "ms", 6, BenchSense.Time, (room, cancel) => MeasureAsync(room, FileAsync, cancel)),
    ];

    private static async Task<Measured> MeasureAsync(
        BenchRoom room, Func<BenchBeamline, CancellationToken, Task<double>> ours, CancellationToken cancel)
    {
        var beamline = await room.BeamlineAsync(1, cancel);
        await using var row = await RowRequest.StartAsync(beamline.Database, cancel);
        return await Rounds.MeasureAsync(
            () => MedianAsync(() => ours(beamline, cancel)),
            () => MedianAsync(async () =>
            {
                // After the same pause, so that neither finds the other's threads awake.
                await beamline.BecomeIdleAsync(cancel);
                using var body = Body();
                var start = Stopwatch.GetTimestamp();
                await row.SendAsync(body, cancel);
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }),
            warmUps: 6);
    }

    private static async Task<double> MedianAsync(Func<Task<double>> one)
    {
        List<double> times = [];
        for (var request = 0; request < RequestsARound; request++)
        {
            times.Add(await one());
        }

        return Rounds.Median(times);
    }

    private static async Task<double> FirstAsync(BenchBeamline beamline, CancellationToken cancel)
    {
        await beamline.BecomeIdleAsync(cancel);
        var signal = new TopicSignal();
        using var points = beamline.Points.SubscribeLossy(signal);
        var first = FirstPointAsync(points, signal, cancel);
        using var body = Body();
        var start = Stopwatch.GetTimestamp();
        var answer = PostAsync(beamline, body, cancel);
        var taken = Stopwatch.GetElapsedTime(start, await first).TotalMilliseconds;
        await answer;
        await beamline.ClosedAsync(cancel);
        return taken;
    }

    private static async Task<double> FileAsync(BenchBeamline beamline, CancellationToken cancel)
    {
        await beamline.BecomeIdleAsync(cancel);
        using var body = Body();
        var start = Stopwatch.GetTimestamp();
        var answer = PostAsync(beamline, body, cancel);
        await beamline.ClosedAsync(cancel);
        var taken = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await answer;
        return taken;
    }

    private static async Task<long> FirstPointAsync(
        Subscription<ScanDocument> points, TopicSignal signal, CancellationToken cancel)
    {
        var read = new ScanDocument[64];
        while (true)
        {
            await signal.WaitAsync(cancel);
            if (read.AsSpan(0, points.Read(read)).ToArray().Any(document => document is Point))
            {
                return Stopwatch.GetTimestamp();
            }
        }
    }

    private static async Task PostAsync(BenchBeamline beamline, HttpContent body, CancellationToken cancel)
    {
        using var answer = await beamline.Client.PostAsync(new Uri("/api/v2/scans", UriKind.Relative), body, cancel);
        answer.EnsureSuccessStatusCode();
    }

    private static JsonContent Body() =>
        JsonContent.Create(BenchBeamline.Line(Points), options: new JsonSerializerOptions(JsonSerializerDefaults.Web));
}

using System.Diagnostics;
using Beamtime.Control.Recording;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Recording;

/// <summary>What files cost; prints, and holds only bounds that a busy machine keeps.</summary>
public sealed class RecordingCostTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(200)]
    public void A_file_costs_little_beside_its_points(int baseline)
    {
        using var folder = TemporaryFolder.Create("cost");
        double create = double.MaxValue, append = double.MaxValue, final = double.MaxValue, small = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var line = new RecordedLine
            {
                Folder = folder.Path,
                Number = round + 1,
                Planned = 100_000,
                Baseline = [.. Enumerable.Range(0, baseline).Select(i => RecordedLine.Readings($"dev{i}", i))],
            };
            var place = new RecordingFolder(folder.Path, $"S{line.Number:D5}");
            create = Math.Min(create, Milliseconds(() => LiveFile.Create(place.Live(9), line.Opened()).Dispose()));
            File.Delete(place.Live(9));
            small = Math.Min(small, Milliseconds(() => Finish(line, place, 10)));
            File.Delete(place.Final);
            var live = LiveFile.Create(place.Live(1), line.Opened());
            var points = Enumerable.Range(0, 100_000).Select(line.Point).ToArray();
            append = Math.Min(append, Milliseconds(() =>
            {
                foreach (var point in points)
                {
                    live.Put(point);
                }

                live.Flush();
            }));
            final = Math.Min(final, Milliseconds(() => Close(line, place, live, 100_000)));
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{baseline} baseline devices: create live {create:F2} ms, append 1e5 points {append:F1} ms, "
            + $"final of 1e5 points {final:F1} ms, live and final of 10 points {small:F2} ms");
        Assert.InRange(append, 0, 2000);
        Assert.InRange(small, 0, 2000);
    }

    private static void Finish(RecordedLine line, RecordingFolder place, int points)
    {
        var live = LiveFile.Create(place.Live(1), line.Opened());
        for (var i = 0; i < points; i++)
        {
            live.Put(line.Point(i));
        }

        Close(line, place, live, points);
    }

    private static void Close(RecordedLine line, RecordingFolder place, LiveFile live, int points)
    {
        var end = new RecordingEnd(ScanEnd.Completed, points, RecordedLine.At(points), []);
        live.WriteEnd(end);
        new RecordingFinisher(new RecordingOptions(), () => [], [], (_, _) => Task.CompletedTask, NullLogger<RecordingFinisher>.Instance)
            .Close(RecordingSource.Of(place, line.Opened(), end, live));
    }

    private static double Milliseconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}

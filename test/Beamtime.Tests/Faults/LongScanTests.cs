using System.Diagnostics;
using System.Globalization;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Tests.Scans;

namespace Beamtime.Tests.Faults;

/// <summary>A scan of many points keeps its memory, and its last point is as good as its first.</summary>
public sealed class LongScanTests(ITestOutputHelper output)
{
    private const long AllowedGrowth = 32L << 20;
    private const string Devices =
        """
        samx: {deviceClass: simulated.positioner, enabled: true, readoutPriority: baseline, deviceConfig: {delay: 0}}
        bpm4i: {deviceClass: simulated.monitor, enabled: true, readoutPriority: monitored}
        eye: {deviceClass: simulated.signal, enabled: true, readoutPriority: monitored}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_scan_of_a_million_points_keeps_its_memory()
    {
        const int Points = 1_000_000;
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        var began = Stopwatch.GetTimestamp();
        var number = await bench.AcceptAsync(Line(Points));
        var memory = await WatchAsync(
            bench, number, Points, TimeSpan.FromMinutes(15), () => Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Points} points in {seconds:0.0} s, {Points / seconds:0} points/s"));
        await AssertWholeAsync(bench, number, Points);
        AssertFlat(memory);
    }

    private static ScanRequest Line(int points) => new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = $"{points}" },
    };

    // Lets the scan go on until it is over, and looks at the memory in use at each tenth.
    private static async Task<List<(int Points, long Managed, long Process)>> WatchAsync(
        ControlBench bench, int number, int points, TimeSpan limit, Func<Task> goOn)
    {
        List<(int, long, long)> memory = [];
        var began = Stopwatch.GetTimestamp();
        while (!(bench.Queue.Running is null && (await bench.FindAsync(number)).State.IsOver))
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < limit, $"{bench.Queue.Running?.PointsTaken} of {points} points");
            await goOn();
            if (bench.Queue.Running is { } running && running.PointsTaken >= (memory.Count + 1) * (points / 10))
            {
                memory.Add((running.PointsTaken, GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet));
            }
        }

        return memory;
    }

    private static async Task<string> AssertWholeAsync(ControlBench bench, int number, int points)
    {
        var record = await bench.FindAsync(number);
        Assert.Equal((ScanState.Completed, points, 0), (record.State, record.Points, record.Reasons.Count));
        var path = await bench.FileOfAsync(number);
        using var file = H5File.Open(path);
        var values = file.OpenDataset("/entry/collection/devices/samx/samx/value").Read<double>();
        Assert.Equal((points, 0, 1), (values.Length, values[0], values[^1]));
        return path;
    }

    private void AssertFlat(List<(int Points, long Managed, long Process)> memory)
    {
        foreach (var (points, managed, process) in memory)
        {
            output.WriteLine($"{points,9} points: {managed >> 10,8} KiB managed, {process >> 20,5} MiB in the process");
        }

        var later = memory.Skip(2).ToList();
        Assert.NotEmpty(later);
        Assert.InRange(later.Max(m => m.Managed) - later.Min(m => m.Managed), 0, AllowedGrowth);
    }
}

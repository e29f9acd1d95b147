using System.Diagnostics;
using System.Globalization;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Tests.Scans;
using Beamtime.Tests.Support;

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

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_scan_of_twelve_hours_keeps_its_memory_and_its_pace()
    {
        const int Points = 12 * 3600 / 2;
        var interval = TimeSpan.FromSeconds(2);
        var clock = new FakeClock();
        await using var bench = await ControlBench.CreateAsync(
            Devices,
            new DeviceOptions { SilenceLimit = TimeSpan.FromDays(1), OwnerLimit = TimeSpan.FromDays(1) },
            time: clock);
        bench.Start();
        var accepting = bench.AcceptAsync(new ScanRequest { Scan = "time", Args = [$"{Points}", "2"] });
        while (!accepting.IsCompleted)
        {
            await NudgeAsync(clock, TimeSpan.FromMilliseconds(1));
        }

        var number = await accepting;
        var began = clock.GetUtcNow();
        var memory = await WatchAsync(bench, number, Points, TimeSpan.FromMinutes(10), async () =>
        {
            // The clock goes on once the point is taken: it never overtakes what has to be done.
            if (bench.Queue.Running is { PointsTaken: > 0 and < Points } running)
            {
                var taken = running.PointsTaken;
                clock.Advance(interval);
                for (var i = 0; i < 200 && running.PointsTaken == taken; i++)
                {
                    await Task.Yield();
                }

                // Hardly: a thread that comes late must not find the next point's time gone by.
                while (running.PointsTaken == taken && bench.Queue.Running == running)
                {
                    await NudgeAsync(clock, TimeSpan.FromMicroseconds(50));
                }
            }
            else
            {
                await NudgeAsync(clock, TimeSpan.FromMilliseconds(1));
            }
        });
        var record = await bench.FindAsync(number);
        Assert.Equal((ScanState.Completed, Points, 0), (record.State, record.Points, record.Reasons.Count));
        Assert.InRange((clock.GetUtcNow() - began).TotalHours, 11.9, 12.5);
        using var file = H5File.Open(await bench.FileOfAsync(number));
        var stamps = file.OpenDataset("/entry/collection/devices/bpm4i/bpm4i/timestamp").Read<double>();
        Assert.Equal(Points, stamps.Length);
        // The clock may go on while a point is read: it is late by as much at most, and never those after it.
        Assert.All(stamps.Index(), p => Assert.InRange(
            p.Item - stamps[0] - (p.Index * interval.TotalSeconds), -0.1, interval.TotalSeconds + 0.1));
        AssertFlat(memory);
    }

    private static async Task NudgeAsync(FakeClock clock, TimeSpan by)
    {
        clock.Advance(by);
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
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

using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>Flights: a leader and its followers make the points.</summary>
public sealed class ScanFlightTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, deviceConfig: {limits: [-10, 10]}}
        lead: {deviceClass: test.flyer, enabled: true, readoutPriority: on_request}
        det: {deviceClass: test.flyer, enabled: true, readoutPriority: on_request}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_flyers_give_becomes_points_by_index_with_a_reading_of_the_others()
    {
        await using var bench = await StartAsync(["det"], 3);
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        var (lead, det) = (bench.Flyer("lead"), bench.Flyer("det"));
        Assert.Equal(3, (await KickedOffAsync(lead)).Points);
        det.Give(1, 101);
        lead.Give(0, 10);
        lead.Give(1, 11);
        det.Give(0, 100);
        await PointsAsync(bench, 2);
        lead.Give(2, 12);
        det.Give(2, 102);
        lead.End();
        det.End();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 3), (record.State, record.Points));
        Assert.Empty(record.Reasons);
        Assert.Equal("[10.0, 11.0, 12.0] [100.0, 101.0, 102.0] [0.0, 0.0, 0.0]", await ReadAsync(await bench.FileOfAsync(number)));
        Assert.False(lead.IsStaged || det.IsStaged);
    }

    [Fact]
    public async Task A_follower_that_stays_silent_leaves_gaps_and_the_scan_says_so()
    {
        await using var bench = await StartAsync(["det"], 2, TimeSpan.FromMilliseconds(300));
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        var (lead, det) = (bench.Flyer("lead"), bench.Flyer("det"));
        await KickedOffAsync(lead);
        lead.Give(0, 10);
        lead.Give(1, 11);
        det.Give(1, 101);
        lead.End();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 2), (record.State, record.Points));
        Assert.Contains("det gave nothing for point 0", Assert.Single(record.Reasons).Message, StringComparison.Ordinal);
        Assert.Equal("[10.0, 11.0] [nan, 101.0] [0.0, 0.0]", await ReadAsync(await bench.FileOfAsync(number)));
    }

    [Theory]
    [InlineData("silent", "device.deadline")]
    [InlineData("fails", "device.fault")]
    [InlineData("wrong row", "device.fault")]
    public async Task A_leader_that_fails_ends_the_scan_with_its_points_kept(string how, string code)
    {
        await using var bench = await StartAsync([], 5, TimeSpan.FromMilliseconds(300));
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        var lead = bench.Flyer("lead");
        await KickedOffAsync(lead);
        lead.Give(0, 10);
        await PointsAsync(bench, 1);
        switch (how)
        {
            case "fails":
                lead.End(new InvalidOperationException("the trigger box is gone"));
                break;
            case "wrong row":
                lead.Give(1, 1, 2, 3);
                break;
        }

        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Aborted, code, 1), (record.State, record.Reasons[0].Code, record.Points));
        Assert.Contains("stop", lead.Calls);
        Assert.False(lead.IsStaged);
        var next = await bench.AcceptAsync(ScriptedScan.Request);
        await KickedOffAsync(lead);
        Enumerable.Range(0, 5).ToList().ForEach(i => lead.Give(i, i));
        lead.End();
        Assert.Equal((ScanState.Completed, 5), ((await bench.EndOfAsync(next)).State, (await bench.FindAsync(next)).Points));
    }

    [Fact]
    public async Task A_flight_is_held_where_its_leader_can_be_and_goes_on()
    {
        await using var bench = await StartAsync(["det"], 1);
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        var (lead, det) = (bench.Flyer("lead"), bench.Flyer("det"));
        await KickedOffAsync(lead);
        (await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        await UntilAsync(() => det.Calls.Contains("hold"));
        Assert.Contains("hold", lead.Calls);
        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        await UntilAsync(() => lead.Calls.Contains("resume"));
        lead.Give(0, 10);
        det.Give(0, 100);
        lead.End();
        det.End();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task An_abort_ends_a_flight_and_releases_its_flyers()
    {
        await using var bench = await StartAsync(["det"], 100);
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        var lead = bench.Flyer("lead");
        await KickedOffAsync(lead);
        await bench.Queue.AbortAsync($"{number}", ControlBench.Who, "enough", Cancel).Soon();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Aborted, "scan.aborted"), (record.State, record.Reasons[0].Code));
        Assert.All([lead, bench.Flyer("det")], flyer => Assert.Equal(["stop", "unstage"], flyer.Calls.TakeLast(2)));
    }

    private static async Task<ControlBench> StartAsync(string[] followers, int points, TimeSpan? silence = null)
    {
        var bench = await ControlBench.CreateAsync(Devices);
        new ScriptedScan
        {
            Planned = new ScanPlan { Monitored = ["lead", .. followers], Points = points },
            Core = async (scan, cancel) => await scan.FlyAsync(
                new Flight
                {
                    Leader = "lead",
                    Followers = followers,
                    Parameters = new FlightParameters { Points = points },
                    Silence = silence ?? TimeSpan.FromSeconds(30),
                },
                cancel),
        }.AddTo(bench);
        bench.Start();
        return bench;
    }

    // Staging makes the flyer anew, so that an earlier flight is not taken for this one.
    private static async Task<FlightParameters> KickedOffAsync(WatchedFlyer flyer)
    {
        await UntilAsync(() => flyer.IsStaged);
        return await flyer.KickedOffAsync().Soon();
    }

    private static Task PointsAsync(ControlBench bench, int points) =>
        UntilAsync(() => bench.Queue.Running?.PointsTaken >= points);

    private static async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It does not come to that.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }

    private static async Task<string> ReadAsync(string file) => (await Python.RunAsync(
        """
        import h5py, sys
        f = h5py.File(sys.argv[1])
        print(*[[float(v) for v in f[f'/entry/collection/devices/{d}/{d}/value'][:]] for d in ('lead', 'det', 'samx')])
        """,
        [file],
        Cancel)).Trim();
}

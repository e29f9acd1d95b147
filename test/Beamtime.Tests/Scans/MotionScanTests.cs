using Beamtime.Control.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>Scans that take points while something moves.</summary>
public sealed class MotionScanTests
{
    private const string Devices =
        """
        samx:
          deviceClass: simulated.positioner
          enabled: true
          readoutPriority: baseline
          deviceConfig: {delay: 1, limits: [-50, 50], tolerance: 0, velocity: 1, acceleration: 0.2, update_frequency: 50}
        fast:
          deviceClass: simulated.positioner
          enabled: true
          readoutPriority: baseline
          deviceConfig: {delay: 1, limits: [-50, 50], tolerance: 0, velocity: 100, acceleration: 0, update_frequency: 50}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        lead: {deviceClass: test.flyer, enabled: true, readoutPriority: on_request}
        det: {deviceClass: test.flyer, enabled: true, readoutPriority: on_request}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("0", "1", "3", new[] { 0, 0.5, 1 })]
    [InlineData("1", "0", "3", new[] { 1, 0.5, 0 })]
    [InlineData("0.3", "0.8", "1", new[] { 0.3 })]
    public async Task A_continuous_line_takes_its_points_in_passing_in_both_directions(
        string start, string stop, string steps, double[] places)
    {
        await using var bench = await StartAsync();
        var record = await RunAsync(bench, "cont_line", ["samx", start, stop], ("steps", steps), ("atol", "0.2"));
        Assert.Empty(record.Reasons);
        Assert.Equal((ScanState.Completed, places.Length), (record.State, record.Points));
        var read = await PositionsAsync(bench, record);
        Assert.All(places.Zip(read), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 0.25));
    }

    [Fact]
    public async Task A_continuous_line_that_is_held_stops_and_takes_its_run_up_anew()
    {
        await using var bench = await StartAsync();
        var number = await bench.AcceptAsync(Request("cont_line", ["samx", "0", "1.5"], ("steps", "4"), ("atol", "0.2")));
        await UntilAsync(() => Task.FromResult(bench.Queue.Running?.PointsTaken >= 1));
        (await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        await UntilAsync(async () => (await bench.Desk.ReadSignalAsync("samx.motor_is_moving", Cancel)).Value.AsInteger() == 0);
        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 4), (record.State, record.Points));
        var read = await PositionsAsync(bench, record);
        Assert.All(read.Index(), p => Assert.InRange(Math.Abs((p.Index * 0.5) - p.Item), 0, 0.25));
    }

    [Theory]
    [InlineData("0.000001", "0", "scan.motion.passed")]
    [InlineData("0", "1", "scan.motion.fast")]
    public async Task A_motor_that_is_too_fast_for_its_points_ends_a_continuous_line(string atol, string exposure, string code)
    {
        await using var bench = await StartAsync();
        var record = await RunAsync(
            bench, "cont_line", ["fast", "0", "20"], ("steps", "50"), ("atol", atol), ("exposure", exposure));
        Assert.Equal((ScanState.Aborted, code), (record.State, record.Reasons[0].Code));
    }

    [Theory]
    [InlineData("line_sweep")]
    [InlineData("monitor")]
    [InlineData("cont_line_fly")]
    public async Task A_sweep_takes_as_many_points_as_the_motor_gives_time_for_and_returns(string scan)
    {
        await using var bench = await StartAsync();
        var record = await RunAsync(bench, scan, ["samx", "0", "0.5"], ("relative", "true"));
        Assert.Empty(record.Reasons);
        Assert.Equal((ScanState.Completed, 0), (record.State, record.PlannedPoints));
        var read = await PositionsAsync(bench, record);
        Assert.Equal(record.Points, read.Length);
        Assert.True(read.Length >= 3, $"{read.Length} points");
        Assert.Equal(0.5, read[^1], 3);
        Assert.Equal(read.Order(), read);
        Assert.Equal(scan != "monitor", bench.Watched("eye").Calls.Contains("trigger"));
        Assert.Equal(0, (await bench.Desk.ReadSignalAsync("samx", Cancel)).Value.AsDouble(), 3);
    }

    [Fact]
    public async Task A_sweep_takes_a_point_at_the_latest_after_max_update()
    {
        await using var bench = await StartAsync();
        // Of a motor that is there already no update comes before it has arrived.
        var record = await RunAsync(
            bench, "line_sweep", ["samx", "0", "0.4"], ("min_update", "0.15"), ("max_update", "0.2"));
        Assert.Equal(ScanState.Completed, record.State);
        Assert.InRange(record.Points, 2, 5);
    }

    [Fact]
    public async Task A_round_flight_tells_its_flyer_the_rings_from_inner_to_outer()
    {
        await using var bench = await StartAsync();
        var number = await bench.AcceptAsync(Request("round_fly", ["lead", "5", "10", "2", "3"]));
        var lead = bench.Flyer("lead");
        await UntilAsync(() => Task.FromResult(lead.IsStaged));
        var flight = await lead.KickedOffAsync().Soon();
        Assert.Equal((9, 9), (flight.Points, flight.Positions.Count));
        Assert.Equal([5.0, 5, 5, 10, 10, 10, 10, 10, 10], flight.Positions.Select(p => Math.Round(Math.Sqrt((p[0] * p[0]) + (p[1] * p[1])), 9)));
        Enumerable.Range(0, 9).ToList().ForEach(i => lead.Give(i, i));
        lead.End();
        Assert.Equal((ScanState.Completed, 9), ((await bench.EndOfAsync(number)).State, (await bench.FindAsync(number)).Points));
    }

    [Fact]
    public async Task A_triggered_flight_arms_its_detectors_before_the_controller_and_moves_its_motor()
    {
        await using var bench = await StartAsync();
        var number = await bench.AcceptAsync(Request(
            "fly", ["lead"], ("points", "3"), ("detectors", "det"), ("motor", "fast"), ("start", "1"), ("stop", "3")));
        var (lead, det) = (bench.Flyer("lead"), bench.Flyer("det"));
        await UntilAsync(() => Task.FromResult(lead.IsStaged && det.IsStaged));
        var flight = await lead.KickedOffAsync().Soon();
        Assert.True(det.KickedOffAsync().IsCompleted);
        Assert.Equal([1.0, 2, 3], flight.Positions.Select(p => p[0]));
        for (var i = 0; i < 3; i++)
        {
            lead.Give(i, i);
            det.Give(i, i * 10);
        }

        lead.End();
        det.End();
        Assert.Equal((ScanState.Completed, 3), ((await bench.EndOfAsync(number)).State, (await bench.FindAsync(number)).Points));
        Assert.Equal(3, (await bench.Desk.ReadSignalAsync("fast", Cancel)).Value.AsDouble(), 3);
    }

    [Theory]
    [InlineData("cont_line", "samx 1 1", "steps=3", "scan.parameter.invalid")]
    [InlineData("cont_line", "samx -50 50", "steps=3 offset=5", "device.limit.exceeded")]
    [InlineData("line_sweep", "samx 0 60", "", "scan.limit.exceeded")]
    [InlineData("round_fly", "lead 10 5 2 3", "", "scan.parameter.invalid")]
    [InlineData("fly", "lead", "points=3 detectors=lead", "scan.parameter.invalid")]
    [InlineData("fly", "lead", "points=3 detectors=nobody", "device.unknown")]
    public async Task What_cannot_be_done_is_refused_before_anything_moves(string scan, string args, string named, string code)
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var refused = Assert.IsType<Sdk.Errors.Refused<Core.Ledger.StreamState<ScanRecord>>>(await bench.SubmitAsync(Request(
            scan,
            args.Split(' '),
            [.. named.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => (n.Split('=')[0], n.Split('=')[1]))])));
        Assert.Equal(code, refused.Reasons[0].Code);
    }

    private static ScanRequest Request(string scan, string[] args, params (string Name, string Value)[] named) => new()
    {
        Scan = scan, Args = args, Parameters = named.ToDictionary(n => n.Name, n => n.Value),
    };

    private static async Task<ControlBench> StartAsync()
    {
        var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        return bench;
    }

    private static async Task<ScanRecord> RunAsync(
        ControlBench bench, string scan, string[] args, params (string Name, string Value)[] named) =>
        await bench.EndOfAsync(await bench.AcceptAsync(Request(scan, args, named)));

    private static async Task<double[]> PositionsAsync(ControlBench bench, ScanRecord record)
    {
        var text = await Python.RunAsync(
            """
            import h5py, sys
            print(*h5py.File(sys.argv[1])['/entry/collection/devices/samx/samx/value'][:])
            """,
            [await bench.FileOfAsync(record.Number)],
            Cancel);
        return [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(t => double.Parse(t, System.Globalization.CultureInfo.InvariantCulture))];
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It does not come to that.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }
}

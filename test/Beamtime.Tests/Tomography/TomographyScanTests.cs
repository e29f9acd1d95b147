using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Support;
using Beamtime.Tomography;

namespace Beamtime.Tests.Tomography;

public sealed class TomographyScanTests : IDisposable
{
    private readonly DeviceBench _bench = new();
    private readonly PluginRegistry _registry = new();
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("tomography");

    public TomographyScanTests()
    {
        new TomographyPlugin().Register(_registry);
        _bench.Add("beam", "simulated.beamline");
        _bench.Add("FES", "simulated.shutter", """{ "beamline": "beam", "place": "front-end", "delay": 0 }""");
        _bench.Add("SBS", "simulated.shutter", """{ "beamline": "beam", "delay": 0 }""");
        _bench.Add("Rotary", "simulated.rotation", """{ "delay": 0 }""");
        _bench.Add("SampleTop_X", "simulated.positioner", """{ "delay": 0 }""");
        _bench.Add(
            "Camera",
            "simulated.camera",
            """{ "rows": 16, "columns": 24, "rotation": "Rotary", "sample_x": "SampleTop_X", "shutter": "SBS" }""");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_step_scan_takes_darks_flats_and_projections_of_what_they_should_show()
    {
        var (scan, context) = await StartAsync("tomo_step", ("projections", "5"), ("darks", "2"), ("flats", "3"));
        await scan.CoreAsync(context, TestContext.Current.CancellationToken);
        await scan.PostScanAsync(context, TestContext.Current.CancellationToken);

        Assert.Equal([1, 1, 2, 2, 2, 0, 0, 0, 0, 0], context.Points.Select(point => point.FrameType));
        Assert.Equal([0, 45, 90, 135, 180], context.Points.Where(p => p.FrameType == 0).Select(point => point.Theta));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), context.Points.Select(point => point.Frame));
        var flat = context.Points.Where(p => p.FrameType == 2).Average(p => p.Mean);
        Assert.All(context.Points.Where(p => p.FrameType == 1), p => Assert.InRange(p.Mean, 90, 110));
        Assert.All(context.Points.Where(p => p.FrameType == 0), p => Assert.InRange(p.Mean, 200, flat * 0.95));

        Assert.Equal(1, _bench.Device("SBS").Read("SBS_beam_blocking").AsInteger());
        Assert.Equal(0, _bench.Device("SampleTop_X").Read("SampleTop_X").AsDouble());
        Assert.Equal(0, _bench.Device("Rotary").Read("Rotary").AsDouble());
    }

    [Fact]
    public async Task Darks_and_flats_at_both_ends_frame_the_projections()
    {
        var (scan, context) = await StartAsync(
            "tomo_step", ("projections", "2"), ("darks", "1"), ("dark_mode", "both"), ("flats", "1"), ("flat_mode", "end"));
        await scan.CoreAsync(context, TestContext.Current.CancellationToken);
        Assert.Equal([1, 0, 0, 2, 1], context.Points.Select(point => point.FrameType));
        Assert.InRange(context.Points[^1].Mean, 90, 110);
        Assert.True(context.Points[3].Mean > context.Points[2].Mean);
    }

    [Fact]
    public async Task The_sample_leaves_the_beam_only_after_the_rotation_has_turned()
    {
        var (scan, context) = await StartAsync(
            "tomo_step", ("projections", "2"), ("darks", "0"), ("flats", "1"), ("rotation_start", "90"));
        await scan.CoreAsync(context, TestContext.Current.CancellationToken);
        Assert.Equal(
            ["# flat fields", "Rotary=0", "SBS.SBS_open=1", "SampleTop_X=5", "# projections", "SBS.SBS_open=1", "SampleTop_X=0"],
            context.Journal);
    }

    [Fact]
    public async Task A_shutter_that_closes_among_the_projections_ends_the_scan()
    {
        var (scan, context) = await StartAsync("tomo_step", ("projections", "5"), ("darks", "0"), ("flats", "0"));
        context.AfterPoint = async taken =>
        {
            if (taken == 3)
            {
                await _bench.Device("beam").Set("beam_sta_b_secure", 0).Soon();
            }
        };
        var fault = await Assert.ThrowsAsync<FaultException>(
            () => scan.CoreAsync(context, TestContext.Current.CancellationToken));
        Assert.Equal("tomography.shutter.moved", fault.Reason.Code);
        Assert.Equal(3, context.PointsTaken);
    }

    [Fact]
    public async Task A_shutter_that_stays_closed_ends_the_scan_with_its_code()
    {
        await _bench.Device("beam").Set("beam_sta_b_secure", 0).Soon();
        var (scan, context) = await StartAsync("tomo_step", ("projections", "2"), ("darks", "1"));
        var fault = await Assert.ThrowsAsync<FaultException>(
            () => scan.CoreAsync(context, TestContext.Current.CancellationToken));
        Assert.Equal("tomography.shutter.refused", fault.Reason.Code);
        await scan.OnExceptionAsync(context, TestContext.Current.CancellationToken);
        Assert.Equal(0, _bench.Device("SampleTop_X").Read("SampleTop_X").AsDouble());
    }

    [Fact]
    public async Task A_pair_shows_the_sample_from_two_opposite_sides()
    {
        var (scan, context) = await StartAsync("tomo_pair", ("frames", "2"));
        await scan.CoreAsync(context, TestContext.Current.CancellationToken);
        Assert.Equal([1, 1, 1, 2, 2, 2, 0, 0, 0, 0], context.Points.Select(point => point.FrameType));
        Assert.Equal([0, 0, 180, 180], context.Points.Where(p => p.FrameType == 0).Select(point => point.Theta));
    }

    [Fact]
    public void A_plan_tells_all_positions_beforehand()
    {
        var plan = Create("tomo_step", ("rotation_step", "0.5"), ("darks", "1"), ("flats", "1")).Plan(_ => 0);
        Assert.Equal(["Rotary", "SampleTop_X"], plan.Motors);
        Assert.Equal(["Camera"], plan.Monitored);
        Assert.Equal(["SBS"], plan.Actuators);
        Assert.Equal(363, plan.Points);
        Assert.Equal(363, plan.Positions.Count);
        Assert.Equal([0, 5], plan.Positions[1]);
        Assert.Equal([180, 0], plan.Positions[^1]);
    }

    [Fact]
    public void Contradicting_parameters_are_refused_with_every_reason()
    {
        var scan = Create(
            "tomo_step",
            ("projections", "10"), ("rotation_step", "1"), ("dark_mode", "sometimes"), ("sample_out", "0"), ("shutter", "Camera"));
        var refusal = Assert.Throws<RefusedException>(() => scan.Plan(_ => 0));
        Assert.Equal(4, refusal.Reasons.Count);
        Assert.All(refusal.Reasons, reason => Assert.Equal("tomography.parameters.invalid", reason.Code));
    }

    [Fact]
    public void Without_numbers_a_step_scan_takes_181_projections()
    {
        var plan = Create("tomo_step").Plan(_ => 0);
        Assert.Equal(201, plan.Points);
        Assert.Equal([1, 0], plan.Positions[21]);
    }

    private Scan Create(string name, params (string Name, string Value)[] given)
    {
        var declaration = _registry.Scans[name];
        var named = declaration.Parameters.ToDictionary(p => p.Name, p => p.Default!);
        foreach (var (key, value) in given)
        {
            Assert.True(named.ContainsKey(key));
            named[key] = value;
        }

        return declaration.Create(new ScanArguments([], named));
    }

    private async Task<(Scan Scan, RehearsedScan Context)> StartAsync(string name, params (string, string)[] given)
    {
        await _bench.Device("FES").Set("FES_open", 1).Soon();
        var scan = Create(name, [.. given, ("exposure", "0.01")]);
        var plan = scan.Plan(_ => 0);
        var context = new RehearsedScan(_bench, plan, "Camera");
        await ((IStaged)_bench.Device("Camera")).StageAsync(
            new ScanSetup(context.Id, 7, _folder.Path, "S00007", 0.01, 1, plan.Points, new Dictionary<string, string>()),
            TestContext.Current.CancellationToken);
        return (scan, context);
    }
}

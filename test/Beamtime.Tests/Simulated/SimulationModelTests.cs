using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

/// <summary>Models of simulated detectors, chosen by configuration and while they run.</summary>
public sealed class SimulationModelTests
{
    private readonly DeviceBench _bench = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Computed with scipy's special functions and distributions from lmfit's formulas.
    [Theory]
    [InlineData("VoigtModel", "gamma=0.7", 131324)]
    [InlineData("PseudoVoigtModel", "fraction=0.3", 156230)]
    [InlineData("MoffatModel", "beta=1.7", 549302)]
    [InlineData("Pearson7Model", "expon=1.5", 147354)]
    [InlineData("Pearson4Model", "expon=1.8 skew=0.6", 102854)]
    [InlineData("StudentsTModel", "", 141078)]
    [InlineData("BreitWignerModel", "q=1.2", 2323420)]
    [InlineData("LognormalModel", "", 86424)]
    [InlineData("ExponentialGaussianModel", "gamma=0.8", 173964)]
    [InlineData("SkewedGaussianModel", "gamma=0.8", 225586)]
    [InlineData("SkewedVoigtModel", "gamma=0.7 skew=0.5", 164788)]
    [InlineData("DoniachModel", "gamma=0.2", 356286)]
    [InlineData("SplitLorentzianModel", "sigma_r=3", 107195)]
    [InlineData("StepModel", "form=erf", 821015)]
    [InlineData("StepModel", "form=logistic", 657010)]
    [InlineData("StepModel", "form=atan", 683466)]
    [InlineData("DampedOscillatorModel", "", 98512)]
    [InlineData("DampedHarmonicOscillatorModel", "gamma=1.5", 88154)]
    public async Task A_peak_is_what_lmfit_says(string model, string parameters, long expected)
    {
        _bench.Add("samx", "simulated.positioner", """{ "delay": 0, "init_pos": 2.3 }""");
        var monitor = _bench.Add("m", "simulated.monitor");
        await SetAsync(monitor, "m_model", model);
        await SetAsync(monitor, "m_params", $"amplitude=1e6 center=1 sigma=2 {parameters}");
        Assert.Equal(expected, monitor.Read("m").AsInteger());
    }

    [Theory]
    [InlineData("RectangleModel", "amplitude=1e6 center1=1 sigma1=2 center2=4 sigma2=3 form=erf", 609561)]
    [InlineData("PowerLawModel", "amplitude=1e6 exponent=1.5", 3488123)]
    [InlineData("ThermalDistributionModel", "amplitude=1e-6 center=2.3 kt=0.5 form=maxwell", 1000000)]
    public async Task A_curve_is_what_lmfit_says(string model, string parameters, long expected)
    {
        _bench.Add("samx", "simulated.positioner", """{ "delay": 0, "init_pos": 2.3 }""");
        var monitor = _bench.Add("m", "simulated.monitor");
        await SetAsync(monitor, "m_model", model);
        await SetAsync(monitor, "m_params", parameters);
        Assert.Equal(expected, monitor.Read("m").AsInteger());
    }

    [Fact]
    public async Task A_model_is_chosen_while_it_runs_and_begins_with_its_defaults()
    {
        _bench.Add("samx", "simulated.positioner", """{ "delay": 0, "init_pos": 2 }""");
        var monitor = _bench.Add(
            "m", "simulated.monitor", """{ "sim_init": { "model": "ConstantModel", "params": { "c": 7 } } }""");
        Assert.Equal((7, "ConstantModel", "c=7"), Seen());
        await SetAsync(monitor, "m_params", "c=8");
        Assert.Equal((8, "ConstantModel", "c=8"), Seen());
        await SetAsync(monitor, "m_model", "LinearModel");
        Assert.Equal((3, "LinearModel", ""), Seen());
        await SetAsync(monitor, "m_params", "slope=5 intercept=1");
        await SetAsync(monitor, "m_params", "intercept=2");
        Assert.Equal((12, "LinearModel", "slope=5 intercept=2"), Seen());

        (long, string, string) Seen() =>
            (monitor.Read("m").AsInteger(), monitor.Read("m_model").AsText(), monitor.Read("m_params").AsText());
    }

    [Theory]
    [InlineData("m_model", "GausianModel", "GaussianModel")]
    [InlineData("m_params", "sigma=2", "sigma")]
    [InlineData("m_params", "c=much", "number")]
    [InlineData("m_params", "c", "key=value")]
    [InlineData("m_params", "ref_motor=samq", "samq")]
    public async Task A_choice_that_the_model_refuses_changes_nothing(string signal, string value, string told)
    {
        var monitor = _bench.Add("m", "simulated.monitor");
        var fault = await Assert.ThrowsAsync<FaultException>(() => SetAsync(monitor, signal, value));
        Assert.Equal("simulated.signal.not_settable", fault.Reason.Code);
        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.Equal(100, monitor.Read("m").AsInteger());
        Assert.Equal("ConstantModel", monitor.Read("m_model").AsText());
    }

    [Fact]
    public async Task A_camera_shows_another_pattern_while_it_runs()
    {
        var camera = _bench.Add(
            "eiger",
            "ophyd_devices.SimCamera",
            """{ "image_shape": [20, 30], "write_to_disk": false, "sim_init": { "model": "constant", "params": { "amplitude": 5 } } }""");
        Assert.Empty(await ((IStaged)camera).StageAsync(Setup(), Cancel));
        Assert.Equal(5, await MeanAsync(), 1e-9);
        await SetAsync(camera, "eiger_params", "amplitude=7 hot_pixel_coords=[[1,2]] hot_pixel_types=[\"constant\"] hot_pixel_values=[607]");
        Assert.Equal(8, await MeanAsync(), 1e-9);
        await SetAsync(camera, "eiger_model", "gaussian");
        await SetAsync(camera, "eiger_params", "covariance=[[4,0],[0,4]] hot_pixel_coords=[] hot_pixel_types=[] hot_pixel_values=[]");
        Assert.InRange(await MeanAsync(), 3.5, 4.5);
        await Assert.ThrowsAsync<FaultException>(() => SetAsync(camera, "eiger_params", "covariance=[[1,2],[2,1]]"));
        await ((IStaged)camera).UnstageAsync(Cancel);

        async Task<double> MeanAsync()
        {
            await ((ITriggered)camera).TriggerAsync(Cancel).AsTask().Soon();
            return camera.Read("eiger_mean").AsDouble();
        }
    }

    private static Task SetAsync(IDevice device, string signal, string value) =>
        ((ISettable)device).SetAsync(device.Signal(signal), Value.Of(value), Cancel).AsTask();

    private ScanSetup Setup() => new(
        Guid.CreateVersion7(_bench.Clock.GetUtcNow()), 7, "/nowhere", "S00007", 0, 1, 4, new Dictionary<string, string>());
}

using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

public sealed class SimulatedMonitorTests
{
    private readonly DeviceBench _bench = new();

    [Fact]
    public async Task A_gaussian_follows_its_motor()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "delay": 0 }""");
        var bpm4i = _bench.Add(
            "bpm4i",
            "ophyd_devices.SimMonitor",
            """{ "sim_init": { "model": "GaussianModel", "params": { "amplitude": 500, "center": 1, "sigma": 2 } } }""");
        await samx.Set("samx", 1).Soon();
        Assert.Equal(100, bpm4i.Read("bpm4i").AsInteger());
        await samx.Set("samx", 3).Soon();
        Assert.Equal(60, bpm4i.Read("bpm4i").AsInteger());
        await samx.Set("samx", 100).Soon();
        Assert.Equal(0, bpm4i.Read("bpm4i").AsInteger());
    }

    [Theory]
    [InlineData("""{}""", 100)]
    [InlineData("""{ "model": "ConstantModel", "params": { "c": 42 } }""", 42)]
    [InlineData("""{ "model": "LinearModel", "params": { "slope": 3, "intercept": 4 } }""", 10)]
    [InlineData("""{ "model": "QuadraticModel", "params": { "a": 2, "b": 3, "c": 4 } }""", 18)]
    [InlineData("""{ "model": "PolynomialModel", "params": { "c3": 2 } }""", 39)]
    [InlineData("""{ "model": "LorentzianModel", "params": { "amplitude": 3141.592653589793, "center": 1 } }""", 500)]
    [InlineData("""{ "model": "SineModel", "params": { "amplitude": 100, "frequency": 0, "shift": 1.5707963267948966 } }""", 100)]
    [InlineData("""{ "model": "ExponentialModel", "params": { "amplitude": 1000, "decay": 2 } }""", 368)]
    [InlineData("""{ "model": "LinearModel", "params": { "slope": -3, "intercept": 0 } }""", 0)]
    public void Models_are_those_of_lmfit(string simulation, long expected)
    {
        _bench.Add("samx", "simulated.positioner", """{ "delay": 0, "init_pos": 2 }""");
        var monitor = _bench.Add("m", "simulated.monitor", $$"""{ "sim_init": {{simulation}} }""");
        Assert.Equal(expected, monitor.Read("m").AsInteger());
    }

    [Theory]
    [InlineData("uniform", 5.77)]
    [InlineData("poisson", 10)]
    public void Noise_has_its_width_and_repeats_with_its_seed(string noise, double deviation)
    {
        var json = $$"""{ "sim_init": { "params": { "noise": "{{noise}}" } } }""";
        var first = _bench.Add("a", "simulated.monitor", json);
        var second = _bench.Add("b", "simulated.monitor", json);
        var counts = Enumerable.Range(0, 4000).Select(_ => (double)first.Read("a").AsInteger()).ToList();
        var again = Enumerable.Range(0, 4000).Select(_ => (double)second.Read("b").AsInteger()).ToList();
        Assert.Equal(counts, again);
        Assert.Equal(100, counts.Average(), 1.0);
        Assert.Equal(deviation, Math.Sqrt(counts.Average(c => (c - 100) * (c - 100))), 0.5);
    }

    [Fact]
    public void An_unknown_model_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<FormatException>(
            () => _bench.Add("m", "simulated.monitor", """{ "sim_init": { "model": "GausianModel" } }"""));
        Assert.Contains("GaussianModel", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_that_the_model_does_not_have_is_reported_with_its_path()
    {
        var configuration = _bench.Configure(
            "m", """{ "sim_init": { "model": "ConstantModel", "params": { "sigma": 1 } } }""");
        _ = new Beamtime.Simulated.Devices.SimulatedMonitor(configuration);
        Assert.Equal(["sim_init.params.sigma"], configuration.Unused);
    }

    [Fact]
    public void A_configured_motor_that_does_not_exist_is_refused()
    {
        var error = Assert.Throws<FormatException>(
            () => _bench.Add("m", "simulated.monitor", """{ "sim_init": { "params": { "ref_motor": "samz" } } }"""));
        Assert.Contains("samz", error.Message, StringComparison.Ordinal);
    }
}

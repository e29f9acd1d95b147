using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

public sealed class SimulatedBeamlineTests
{
    private readonly DeviceBench _bench = new();
    private readonly IDevice _beamline;
    private readonly IDevice _fes;
    private readonly IDevice _sbs;

    public SimulatedBeamlineTests()
    {
        _beamline = _bench.Add("beam", "simulated.beamline");
        _fes = _bench.Add("FES", "simulated.shutter", """{ "beamline": "beam", "place": "front-end", "delay": 2 }""");
        _sbs = _bench.Add("SBS", "simulated.shutter", """{ "beamline": "beam", "delay": 1 }""");
    }

    [Fact]
    public async Task A_shutter_opens_after_its_travel()
    {
        var opening = _sbs.Set("SBS_open", 1);
        Assert.Equal(1, _sbs.Read("SBS_beam_blocking").AsInteger());
        Assert.False(opening.IsCompleted);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await opening.Soon();
        Assert.Equal(0, _sbs.Read("SBS_beam_blocking").AsInteger());
        Assert.Equal(0, _beamline.Read("beam_sbs_beam_blocking").AsInteger());
        Assert.Equal(1, _beamline.Read("beam_fes_beam_blocking").AsInteger());
    }

    [Theory]
    [InlineData("SBS", "beam_sta_b_secure")]
    [InlineData("SBS", "beam_sta_a_secure")]
    [InlineData("FES", "beam_sta_a_secure")]
    [InlineData("FES", "beam_fes_permit")]
    [InlineData("FES", "beam_acis_permit")]
    public async Task Without_its_permit_a_shutter_stays_closed_and_says_nothing(string shutter, string permit)
    {
        await _beamline.Set(permit, 0).Soon();
        var device = shutter == "SBS" ? _sbs : _fes;
        await device.Set($"{shutter}_open", 1).Soon();
        _bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, device.Read($"{shutter}_beam_blocking").AsInteger());
    }

    [Fact]
    public async Task The_front_end_does_not_need_the_experiment_hutch()
    {
        await _beamline.Set("beam_sta_b_secure", 0).Soon();
        var opening = _fes.Set("FES_open", 1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await opening.Soon();
        Assert.Equal(0, _fes.Read("FES_beam_blocking").AsInteger());
    }

    [Fact]
    public async Task A_permit_that_goes_closes_the_shutter_and_tells()
    {
        var opening = _sbs.Set("SBS_open", 1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await opening.Soon();
        List<string> seen = [];
        ((IMonitored)_sbs).Changed += (signal, reading) => seen.Add($"{signal.Name}={reading.Value}");
        ((IMonitored)_beamline).Changed += (signal, reading) => seen.Add($"{signal.Name}={reading.Value}");
        await _beamline.Set("beam_sta_b_secure", 0).Soon();
        Assert.Equal(1, _sbs.Read("SBS_beam_blocking").AsInteger());
        Assert.Equivalent(
            new[] { "beam_sta_b_secure=0", "SBS_beam_blocking=1", "beam_sbs_beam_blocking=1" }, seen, strict: true);
    }

    [Fact]
    public async Task A_permit_that_goes_while_it_opens_ends_the_wait()
    {
        var opening = _sbs.Set("SBS_open", 1);
        await _beamline.Set("beam_sta_b_secure", 0).Soon();
        await opening.Soon();
        _bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, _sbs.Read("SBS_beam_blocking").AsInteger());
    }

    [Fact]
    public void The_ring_decays_and_is_topped_up()
    {
        Assert.Equal(130, _beamline.Read("beam_ring_current").AsDouble(), 1e-6);
        _bench.Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.InRange(_beamline.Read("beam_ring_current").AsDouble(), 129, 129.9);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(130, _beamline.Read("beam_ring_current").AsDouble(), 1e-6);
    }
}

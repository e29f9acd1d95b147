using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Beamtime.Tests.House;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Simulated;

/// <summary>Device classes under the names that BEC's configurations have for them.</summary>
public sealed class BecConfigurationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SimPositioner")]
    [InlineData("sim.SimPositioner")]
    [InlineData("sim.sim_positioner.SimPositioner")]
    [InlineData("SimLinearTrajectoryPositioner")]
    [InlineData("SimMonitor")]
    [InlineData("SimCamera")]
    [InlineData("SynDeviceOPAAS")]
    [InlineData("SimWaveform")]
    [InlineData("SynFlyer")]
    [InlineData("sim.sim_monitor.SimMonitorAsync")]
    [InlineData("ReadOnlySignal")]
    [InlineData("sim.sim_signals.SetableSignal")]
    [InlineData("sim.sim.SynDynamicComponents")]
    [InlineData("sim.SimPositionerWithController")]
    [InlineData("sim.SimPositionerWithCommFailure")]
    [InlineData("sim.sim_test_devices.SimDeviceWithSignalDelay")]
    public void A_class_is_found_by_the_path_that_BEC_has_for_it(string path)
    {
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        Assert.Contains($"ophyd_devices.{path}", plugins.Devices.Keys);
    }

    [Fact]
    public async Task The_demo_has_the_devices_and_groups_of_BECs_demo()
    {
        await using var roster = await ConnectAsync(Path.Combine(Repository.Root, "sites", "demo", "devices.yaml"));
        Assert.Empty(roster.Unusable);
        var groups = roster.Usable.GroupBy(d => d.Entry.ReadoutPriority).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(214, roster.Usable.Count);
        Assert.Equal(47, groups[ReadoutPriority.Monitored]);
        Assert.Equal(163, groups[ReadoutPriority.Baseline]);
        Assert.Equal((3, 1), (groups[ReadoutPriority.Async], groups[ReadoutPriority.OnRequest]));
        Assert.Equal(18, roster.Usable.Count(d => d.Signals[0].Limits is (-50, 50)));
    }

    /// <summary>BEC's own file, where a variable says that it lies.</summary>
    [Fact(Explicit = true)]
    public async Task BECs_own_configuration_is_read_as_it_is()
    {
        var path = EnvironmentVariables.OfProcess()["BEC_DEVICES_FILE"];
        Assert.NotNull(path);
        await using var roster = await ConnectAsync(path);
        Assert.Empty(roster.Unusable);
    }

    private static async Task<DeviceRoster> ConnectAsync(string file)
    {
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        return await DeviceRoster.ConnectAsync(
            DeviceFile.Read(file), plugins, new DeviceOptions(), new FakeClock(), NullLogger<DeviceRoster>.Instance, Cancel);
    }
}

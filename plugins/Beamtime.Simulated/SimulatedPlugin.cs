using Beamtime.Sdk.Plugins;
using Beamtime.Simulated.Beamline;
using Beamtime.Simulated.Devices;

namespace Beamtime.Simulated;

/// <summary>Simulated devices, under the class names of BEC's simulations and short ones of their own.</summary>
public sealed class SimulatedPlugin : Plugin
{
    /// <inheritdoc/>
    public override void Register(PluginRegistry registry)
    {
        registry.AddDevice(SimulatedPositioner.Linear, "simulated.positioner", "ophyd_devices.SimPositioner");
        registry.AddDevice(
            SimulatedPositioner.Ramped,
            "simulated.ramped-positioner",
            "ophyd_devices.SimLinearTrajectoryPositioner");
        registry.AddDevice(SimulatedPositioner.Rotation, "simulated.rotation");
        registry.AddDevice(
            configuration => new SimulatedMonitor(configuration), "simulated.monitor", "ophyd_devices.SimMonitor");
        registry.AddDevice(SimulatedCamera.Tomography, "simulated.camera");
        registry.AddDevice(SimulatedCamera.Pattern, "simulated.pattern-camera", "ophyd_devices.SimCamera");
        registry.AddDevice(configuration => new SimulatedSignal(configuration), "simulated.signal");
        registry.AddDevice(configuration => new FaultyDevice(configuration), "simulated.faulty");
        registry.AddDevice(configuration => new SimulatedBeamline(configuration), "simulated.beamline");
        registry.AddDevice(configuration => new SimulatedShutter(configuration), "simulated.shutter");
    }
}

using Beamtime.Sdk.Plugins;
using Beamtime.Simulated.Beamline;
using Beamtime.Simulated.Devices;
using Beamtime.Simulated.Proxies;

namespace Beamtime.Simulated;

/// <summary>Simulated devices, under the class names of BEC's simulations and short ones of their own.</summary>
public sealed class SimulatedPlugin : Plugin
{
    /// <inheritdoc/>
    public override void Register(PluginRegistry registry)
    {
        registry.AddDevice(
            SimulatedPositioner.Linear, ["simulated.positioner", .. Bec("sim_positioner", "SimPositioner")]);
        registry.AddDevice(SimulatedPositioner.Ramped, "simulated.ramped-positioner");
        registry.AddDevice(
            SimulatedPositioner.Trajectory,
            ["simulated.trajectory-positioner", .. Bec("sim_positioner", "SimLinearTrajectoryPositioner")]);
        registry.AddDevice(SimulatedPositioner.Rotation, "simulated.rotation");
        registry.AddDevice(
            configuration => new SimulatedMonitor(configuration),
            ["simulated.monitor", .. Bec("sim_monitor", "SimMonitor")]);
        registry.AddDevice(SimulatedCamera.Tomography, "simulated.camera");
        registry.AddDevice(SimulatedCamera.Pattern, ["simulated.pattern-camera", .. Bec("sim_camera", "SimCamera")]);
        registry.AddDevice(configuration => new SimulatedSignal(configuration), "simulated.signal");
        registry.AddDevice(
            SimulatedSignal.Settable, ["simulated.settable-signal", .. Bec("sim_signals", "SetableSignal")]);
        registry.AddDevice(
            configuration => new RandomSignal(configuration),
            ["simulated.read-only-signal", .. Bec("sim_signals", "ReadOnlySignal")]);
        registry.AddDevice(
            configuration => new SettableSignals(configuration),
            ["simulated.messages", .. Bec("sim", "SynDynamicComponents")]);
        registry.AddDevice(
            configuration => new NestedDevice(configuration), ["simulated.nested", .. Bec("sim", "SynDeviceOPAAS")]);
        registry.AddDevice(configuration => new SimulatedBeamline(configuration), "simulated.beamline");
        registry.AddDevice(configuration => new SimulatedShutter(configuration), "simulated.shutter");
        registry.AddDevice(
            configuration => new SimulatedWaveform(configuration),
            ["simulated.waveform", .. Bec("sim_waveform", "SimWaveform")]);
        registry.AddDevice(
            configuration => new AsynchronousMonitor(configuration),
            ["simulated.async-monitor", .. Bec("sim_monitor", "SimMonitorAsync")]);
        registry.AddDevice(
            configuration => new SimulatedFlyer(configuration),
            ["simulated.flyer", .. Bec("sim_flyer", "SimFlyer"), .. Bec("sim_flyer", "SynFlyer")]);
        registry.AddDevice(CameraProxy.Slits, ["simulated.slit-proxy", .. BecProxy("slit_proxy", "SlitProxy")]);
        registry.AddDevice(
            CameraProxy.Replay, ["simulated.replay-proxy", .. BecProxy("h5_image_replay_proxy", "H5ImageReplayProxy")]);
        registry.AddDevice(CameraProxy.Stage, ["simulated.stage-proxy", .. BecProxy("stage_camera_proxy", "StageCameraProxy")]);
        RegisterTestDevices(registry);
    }

    private static void RegisterTestDevices(PluginRegistry registry)
    {
        registry.AddDevice(configuration => new FaultyDevice(configuration), "simulated.faulty");
        registry.AddDevice(configuration => new FaultyFlyer(configuration), "simulated.faulty-flyer");
        registry.AddDevice(
            FailingPositioner.AtMoves,
            ["simulated.failing-positioner", .. Bec("sim_test_devices", "SimPositionerWithCommFailure")]);
        registry.AddDevice(
            FailingPositioner.AtConnection,
            ["simulated.undescribed-positioner", .. Bec("sim_test_devices", "SimPositionerWithDescribeFailure")]);
        registry.AddDevice(
            configuration => new ControlledPositioner(configuration),
            ["simulated.controlled-positioner", .. Bec("sim_test_devices", "SimPositionerWithController")]);
        registry.AddDevice(
            configuration => new SlowStaging(configuration),
            ["simulated.slow-staging", .. Bec("sim_test_devices", "SimDeviceWithStatusStageUnstage")]);
        registry.AddDevice(
            configuration => new DelayedSignals(configuration),
            ["simulated.delayed-signals", .. Bec("sim_test_devices", "SimDeviceWithSignalDelay")]);
    }

    private static string[] BecProxy(string module, string name) =>
        [.. Bec("sim_frameworks", name), $"ophyd_devices.sim.sim_frameworks.{module}.{name}"];

    // A class of BEC's simulation is configured by any path that Python finds it under.
    private static string[] Bec(string module, string name)
    {
        List<string> names = [$"ophyd_devices.{name}", $"ophyd_devices.sim.{name}", $"ophyd_devices.sim.{module}.{name}"];
        return [.. names.Distinct()];
    }
}

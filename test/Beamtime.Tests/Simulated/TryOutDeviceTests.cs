using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

/// <summary>The devices of a demo that are there to be tried out.</summary>
public sealed class TryOutDeviceTests
{
    private readonly DeviceBench _bench = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_axes_of_a_hexapod_move_apart_and_stop_together()
    {
        var hexapod = _bench.Add("hexapod", "ophyd_devices.SynDeviceOPAAS", """{ "tolerance": 0, "velocity": 1 }""");
        var x = hexapod.Set("hexapod_x", 1);
        var z = hexapod.Set("hexapod_z", -4);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await x.Soon();
        Assert.Equal((1, 0, -2), (At("x"), At("y"), At("z")));
        Assert.Equal(1, hexapod.Read("hexapod_z_motor_is_moving").AsInteger());
        await hexapod.Set("hexapod_y_velocity", 9).Soon();
        Assert.Equal((1, 9), (hexapod.Read("hexapod_x_velocity").AsDouble(), hexapod.Read("hexapod_y_velocity").AsDouble()));
        await ((IStoppable)hexapod).StopAsync(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => z.Soon());
        Assert.Equal(-2, At("z"));

        double At(string axis) => hexapod.Read($"hexapod_{axis}").AsDouble();
    }

    [Fact]
    public async Task A_trajectory_refuses_a_second_target_and_slows_down_when_stopped()
    {
        var motor = _bench.Add(
            "m", "ophyd_devices.SimLinearTrajectoryPositioner", """{ "tolerance": 0, "velocity": 4, "acceleration": 2 }""");
        var move = motor.Set("m", 100);
        _bench.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(8, motor.Read("m").AsDouble(), 1e-9);
        var fault = await Assert.ThrowsAsync<FaultException>(() => motor.Set("m", 5));
        Assert.Equal("simulated.positioner.moving", fault.Reason.Code);

        await ((IStoppable)motor).StopAsync(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move.Soon());
        Assert.Equal(1, motor.Read("m_motor_is_moving").AsInteger());
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(11, motor.Read("m").AsDouble(), 1e-9);
        _bench.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(12, motor.Read("m").AsDouble(), 1e-9);
        Assert.Equal(0, motor.Read("m_motor_is_moving").AsInteger());
        var back = motor.Set("m", 12.5);
        _bench.Clock.Advance(TimeSpan.FromSeconds(5));
        await back.Soon();
    }

    [Fact]
    public async Task A_motor_fails_while_it_runs_as_it_is_told()
    {
        var motor = _bench.Add("m", "ophyd_devices.sim.SimPositionerWithCommFailure", """{ "delay": 0 }""");
        await motor.Set("m", 1).Soon();
        await motor.Set("m_fails", 1);
        Assert.Equal("simulated.faulty", (await Assert.ThrowsAsync<FaultException>(() => motor.Set("m", 2))).Reason.Code);
        await motor.Set("m_fails", 2);
        using var stop = new CancellationTokenSource();
        var hanging = ((ISettable)motor).SetAsync(motor.Signal("m"), Value.Of(2.0), stop.Token).AsTask();
        _bench.Clock.Advance(TimeSpan.FromDays(1));
        Assert.False(hanging.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging.Soon());
        await motor.Set("m_fails", 0);
        await motor.Set("m", 3).Soon();
        Assert.Equal((3, 0), (motor.Read("m").AsDouble(), motor.Read("m_fails").AsInteger()));
    }

    [Fact]
    public async Task A_motor_that_cannot_say_what_it_has_does_not_connect()
    {
        var motor = _bench.Add("m", "ophyd_devices.sim.sim_test_devices.SimPositionerWithDescribeFailure");
        await Assert.ThrowsAsync<FaultException>(() => motor.ConnectAsync(Cancel).AsTask());
        await _bench.Add("n", "simulated.undescribed-positioner", """{ "fails": 0 }""").ConnectAsync(Cancel);
    }

    [Fact]
    public async Task Signals_follow_late_or_slowly()
    {
        var signals = _bench.Add(
            "ramp_up", "ophyd_devices.sim.sim_test_devices.SimDeviceWithSignalDelay", """{ "delay": 2, "ramp": 0.5 }""");
        var jump = signals.Set("ramp_up", 7);
        var climb = signals.Set("ramp_up_ramp", 2);
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0.5), (signals.Read("ramp_up").AsDouble(), signals.Read("ramp_up_ramp").AsDouble()));
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        await jump.Soon();
        Assert.Equal((7, 1), (signals.Read("ramp_up").AsDouble(), signals.Read("ramp_up_ramp").AsDouble()));
        await ((IStoppable)signals).StopAsync(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => climb.Soon());
    }

    [Fact]
    public async Task A_staging_lasts_until_it_is_released_or_stopped()
    {
        var device = _bench.Add("slow", "ophyd_devices.sim.sim_test_devices.SimDeviceWithStatusStageUnstage");
        var staged = ((IStaged)device).StageAsync(Setup(), Cancel).AsTask();
        Assert.False(staged.IsCompleted);
        await device.Set("slow_release", 1);
        await staged.Soon();
        Assert.True(device.Read("slow").AsBoolean());
        await ((IStaged)device).UnstageAsync(Cancel);
        var again = ((IStaged)device).StageAsync(Setup(), Cancel).AsTask();
        await ((IStoppable)device).StopAsync(Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again.Soon());
        Assert.False(device.Read("slow").AsBoolean());
    }

    [Fact]
    public async Task Messages_are_what_they_were_set_to_and_random_values_keep_their_bounds()
    {
        var messages = _bench.Add("dyn", "ophyd_devices.sim.sim.SynDynamicComponents");
        await messages.Set("dyn_messages_message3", 4);
        Assert.Equal((5, 4), (messages.Signals.Count, messages.Read("dyn_messages_message3").AsDouble()));
        var current = _bench.Add("current", "ophyd_devices.ReadOnlySignal", """{ "low": 399, "high": 401 }""");
        var seen = Enumerable.Range(0, 100).Select(_ => current.Read("current").AsDouble()).ToList();
        Assert.All(seen, value => Assert.InRange(value, 399, 401));
        Assert.Equal(100, seen.Distinct().Count());
        var controlled = _bench.Add("rt", "ophyd_devices.sim.SimPositionerWithController", """{ "delay": 0 }""");
        Assert.Equal(10, controlled.Read("rt_controller_some_var").AsInteger());
        await controlled.Set("rt_controller_some_var", 11);
        Assert.Equal(11, controlled.Read("rt_controller_some_var").AsInteger());
    }

    private ScanSetup Setup() => new(
        Guid.CreateVersion7(_bench.Clock.GetUtcNow()), 7, "/nowhere", "S00007", 0, 1, 4, new Dictionary<string, string>());
}

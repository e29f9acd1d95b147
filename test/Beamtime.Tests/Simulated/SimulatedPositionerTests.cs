using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

public sealed class SimulatedPositionerTests
{
    private readonly DeviceBench _bench = new();

    [Fact]
    public void Without_delay_a_set_ends_at_once_and_allocates_nothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        var samx = _bench.Add("samx", "ophyd_devices.SimPositioner", """{ "delay": 0 }""");
        var settable = (ISettable)samx;
        var readback = samx.Signal("samx");
        var row = new Reading[3];
        Step(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i <= 1000; i++)
        {
            Step(i);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Step(int i)
        {
            var set = settable.SetAsync(readback, Value.Of(i * 0.01), cancel);
            var read = samx.ReadAsync(configuration: false, row, cancel);
            if (!set.IsCompletedSuccessfully || !read.IsCompletedSuccessfully || row[0].Value.AsDouble() != i * 0.01)
            {
                Assert.Fail("the motor must be there at once");
            }
        }
    }

    [Fact]
    public void Signals_have_the_names_of_BECs_files()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "limits": [-50, 50], "tolerance": 0.01 }""");
        Assert.Equal(
            [
                "samx", "samx_setpoint", "samx_motor_is_moving", "samx_velocity", "samx_acceleration", "samx_tolerance",
                "samx_low_limit_travel", "samx_high_limit_travel",
            ],
            samx.Signals.Select(signal => signal.Name));
        Assert.Equal((-50, 50), samx.Signal("samx").Limits);
        Assert.Equal(SignalKind.Hinted, samx.Signal("samx").Kind);
        Assert.Equal(-50, samx.Read("samx_low_limit_travel").AsDouble());
        Assert.Equal(0.01, samx.Read("samx_tolerance").AsDouble());
    }

    [Fact]
    public async Task A_moving_motor_is_where_its_speed_takes_it()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "velocity": 2, "tolerance": 0.01 }""");
        var move = samx.Set("samx", 10);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(4, samx.Read("samx").AsDouble(), 0.02);
        Assert.Equal(1, samx.Read("samx_motor_is_moving").AsInteger());
        Assert.False(move.IsCompleted);
        _bench.Clock.Advance(TimeSpan.FromSeconds(3.01));
        await move.Soon();
        Assert.Equal(10, samx.Read("samx").AsDouble(), 0.01);
        Assert.NotEqual(10, samx.Read("samx").AsDouble());
        Assert.Equal(10, samx.Read("samx_setpoint").AsDouble());
        Assert.Equal(0, samx.Read("samx_motor_is_moving").AsInteger());
    }

    [Fact]
    public async Task Ramps_lengthen_a_motion_by_one_of_them()
    {
        var stage = _bench.Add(
            "x", "simulated.ramped-positioner", """{ "velocity": 2, "acceleration": 1, "tolerance": 0 }""");
        var move = stage.Set("x", 10);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(0.25, stage.Read("x").AsDouble(), 1e-9);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2.5));
        Assert.Equal(5, stage.Read("x").AsDouble(), 1e-9);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2.5));
        Assert.Equal(9.75, stage.Read("x").AsDouble(), 1e-9);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.5));
        await move.Soon();
        Assert.Equal(10, stage.Read("x").AsDouble());
    }

    [Fact]
    public async Task A_short_ramped_motion_never_reaches_its_highest_speed()
    {
        var stage = _bench.Add(
            "x", "simulated.ramped-positioner", """{ "velocity": 100, "acceleration": 1, "tolerance": 0 }""");
        var move = stage.Set("x", -1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(-0.5, stage.Read("x").AsDouble(), 1e-9);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await move.Soon();
        Assert.Equal(-1, stage.Read("x").AsDouble());
    }

    [Fact]
    public async Task A_new_target_on_the_way_ends_both_moves_together()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "velocity": 1, "tolerance": 0 }""");
        var first = samx.Set("samx", 10);
        _bench.Clock.Advance(TimeSpan.FromSeconds(4));
        var second = samx.Set("samx", 1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(first.IsCompleted || second.IsCompleted);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await Task.WhenAll(first, second).Soon();
        Assert.Equal(1, samx.Read("samx").AsDouble());
    }

    [Fact]
    public async Task A_stop_freezes_the_motor_and_ends_its_move()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "velocity": 1, "tolerance": 0 }""");
        var move = samx.Set("samx", 10);
        _bench.Clock.Advance(TimeSpan.FromSeconds(3));
        await ((IStoppable)samx).StopAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move.Soon());
        _bench.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, samx.Read("samx").AsDouble(), 1e-9);
        Assert.Equal(0, _bench.Clock.Armed);
    }

    [Fact]
    public async Task A_cancelled_move_stops_the_motor()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "velocity": 1, "tolerance": 0 }""");
        using var cancel = new CancellationTokenSource();
        var move = ((ISettable)samx).SetAsync(samx.Signal("samx"), Value.Of(10), cancel.Token).AsTask();
        _bench.Clock.Advance(TimeSpan.FromSeconds(3));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move.Soon());
        _bench.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, samx.Read("samx").AsDouble(), 1e-9);
    }

    [Fact]
    public async Task A_moving_motor_publishes_its_position_at_its_update_frequency()
    {
        var samx = _bench.Add(
            "samx", "simulated.positioner", """{ "velocity": 1, "tolerance": 0, "update_frequency": 4 }""");
        List<double> seen = [];
        ((IMonitored)samx).Changed += (signal, reading) =>
        {
            if (signal.Name == "samx")
            {
                seen.Add(reading.Value.AsDouble());
            }
        };
        var move = samx.Set("samx", 1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await move.Soon();
        Assert.Equal([0.25, 0.5, 0.75, 1], seen);
    }

    [Fact]
    public async Task A_velocity_can_be_set_and_is_used_by_the_next_move()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "tolerance": 0 }""");
        await samx.Set("samx_velocity", 5).Soon();
        Assert.Equal(5, samx.Read("samx_velocity").AsDouble());
        var move = samx.Set("samx", 10);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await move.Soon();
    }

    [Fact]
    public async Task The_first_home_after_power_up_misses_the_index()
    {
        var rotary = _bench.Add("Rotary", "simulated.rotation", """{ "init_pos": 30, "tolerance": 0 }""");
        Assert.Equal("deg", rotary.Signal("Rotary").Unit);
        var first = rotary.Set("Rotary_home", 1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(60));
        await first.Soon();
        Assert.Equal(0, rotary.Read("Rotary").AsDouble());
        Assert.Equal(0, rotary.Read("Rotary_index_pulse").AsInteger());
        var second = rotary.Set("Rotary_home", 1);
        _bench.Clock.Advance(TimeSpan.FromSeconds(60));
        await second.Soon();
        Assert.Equal(1, rotary.Read("Rotary_index_pulse").AsInteger());
    }
}

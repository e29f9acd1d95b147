using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class DeviceServerTests : IAsyncDisposable
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(70);
    private static readonly ScanSetup Setup = new(Guid.Empty, 1, "", "S00001", 0, 1, 1, new Dictionary<string, string>());
    private readonly DeviceServerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData("set", "raise", "simulated.faulty")]
    [InlineData("set", "hang", "device.deadline")]
    [InlineData("set", "late", null)]
    [InlineData("set", "nan", null)]
    [InlineData("trigger", "raise", "simulated.faulty")]
    [InlineData("trigger", "hang", "device.deadline")]
    [InlineData("trigger", "late", null)]
    [InlineData("trigger", "nan", null)]
    [InlineData("stage", "raise", "simulated.faulty")]
    [InlineData("stage", "hang", "device.deadline")]
    [InlineData("stage", "late", null)]
    [InlineData("stage", "nan", null)]
    [InlineData("unstage", "raise", "simulated.faulty")]
    [InlineData("unstage", "hang", "device.deadline")]
    [InlineData("unstage", "late", null)]
    [InlineData("unstage", "nan", null)]
    public async Task A_fault_ends_the_instruction_with_its_code_and_the_device_goes_on(string at, string mode, string? code)
    {
        await StartFaultyAsync(at, mode);
        var kind = Enum.Parse<OperationKind>(at, ignoreCase: true);
        var asking = AskAsync(kind);
        await _bench.AdvanceUntilAsync(asking, TimeSpan.FromSeconds(1));
        if (code is null)
        {
            await asking;
        }
        else
        {
            Assert.Equal(code, (await DeviceServerBench.FaultAsync(asking)).Code);
        }

        await _bench.AskAsync(new Operation(0, OperationKind.Set, "bad", "bad_mode", Value.Of("none"))).Soon();
        await AskAsync(kind).Soon();
    }

    [Theory]
    [InlineData("retry", "raise", true, "simulated.faulty")]
    [InlineData("retry", "hang", true, null)]
    [InlineData("buffer", "raise", false, null)]
    [InlineData("buffer", "hang", false, null)]
    [InlineData("raise", "raise", true, "simulated.faulty")]
    [InlineData("raise", "hang", true, null)]
    public async Task A_reading_that_fails_for_good_is_what_onFailure_says(
        string onFailure, string mode, bool isGap, string? code)
    {
        await StartFaultyAsync("read", mode, onFailure, after: 2);
        await _bench.PointAsync(0, "bad").Soon();
        Assert.False((await _bench.NextAsync()).Row[0].Value.IsMissing);
        var second = _bench.PointAsync(1, "bad", "well");
        await _bench.AdvanceUntilAsync(second, TimeSpan.FromSeconds(1));
        var point = await _bench.NextAsync();
        Assert.Equal(isGap, point.Row[0].Value.IsMissing);
        Assert.Equal(isGap ? 1 : 0, point.Gaps.Count);
        Assert.Equal(0, point.Row[2].Value.AsDouble());
        if (code is null)
        {
            await second;
        }
        else
        {
            Assert.Equal(code, (await DeviceServerBench.FaultAsync(second)).Code);
        }
    }

    [Fact]
    public async Task A_reading_that_fails_once_is_read_again()
    {
        await StartFaultyAsync("read", "raise", after: 1, times: 1);
        await _bench.PointAsync(0, "bad").Soon();
        var point = await _bench.NextAsync();
        Assert.False(point.Row[0].Value.IsMissing);
        Assert.Empty(point.Gaps);
    }

    [Fact]
    public async Task A_buffered_reading_may_be_what_the_device_gave_when_it_connected()
    {
        await StartFaultyAsync("read", "raise", "buffer", after: 1);
        await _bench.PointAsync(0, "bad").Soon();
        Assert.Equal(0, (await _bench.NextAsync()).Row[0].Value.AsDouble());
    }

    [Theory]
    [InlineData("late")]
    [InlineData("nan")]
    public async Task A_reading_that_is_late_or_no_number_is_a_reading(string mode)
    {
        await StartFaultyAsync("read", mode, after: 1);
        var taking = _bench.PointAsync(0, "bad");
        await _bench.AdvanceUntilAsync(taking, TimeSpan.FromSeconds(0.5));
        await taking;
        var point = await _bench.NextAsync();
        Assert.Equal(SignalType.Float, point.Row[0].Value.Type);
        Assert.Equal(mode == "nan", double.IsNaN(point.Row[0].Value.AsDouble()));
    }

    [Fact]
    public async Task Too_many_gaps_in_a_row_end_the_scan()
    {
        await StartFaultyAsync("read", "hang", after: 1);
        for (var point = 0; point < 3; point++)
        {
            var taking = _bench.PointAsync(point, "bad");
            await _bench.AdvanceUntilAsync(taking, TimeSpan.FromSeconds(1));
            await taking;
        }

        var last = _bench.PointAsync(3, "bad");
        await _bench.AdvanceUntilAsync(last, TimeSpan.FromSeconds(1));
        Assert.Equal("device.deadline", (await DeviceServerBench.FaultAsync(last)).Code);
        for (var point = 0; point < 4; point++)
        {
            Assert.True((await _bench.NextAsync()).Row[0].Value.IsMissing);
        }
    }

    [Fact]
    public async Task A_device_that_fails_does_not_cost_the_readings_of_those_that_are_slower()
    {
        await _bench.StartAsync(
            """
            bad: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, onFailure: raise,
              deviceConfig: {at: read, after: 1}}
            slow: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        _bench.Watched("slow").Hold("read");
        var taking = _bench.PointAsync(0, "bad", "slow");
        await _bench.Watched("slow").BegunAsync("read").Soon();
        await Task.WhenAny(taking, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken));
        _bench.Watched("slow").Release("read");
        Assert.Equal("simulated.faulty", (await DeviceServerBench.FaultAsync(taking)).Code);
        var point = await _bench.NextAsync();
        Assert.True(point.Row[0].Value.IsMissing);
        Assert.Equal("well", point.Row[1].Value.AsText());
    }

    [Fact]
    public async Task A_late_driver_cannot_write_into_a_published_point()
    {
        await StartFaultyAsync("read", "hang", after: 1);
        var taking = _bench.PointAsync(0, "bad");
        await _bench.AdvanceUntilAsync(taking, TimeSpan.FromSeconds(1));
        var point = await _bench.NextAsync();
        _bench.Clock.Advance(Late);
        Assert.True(point.Row[0].Value.IsMissing);
    }

    [Fact]
    public async Task Phases_follow_each_other_and_their_operations_run_together()
    {
        await _bench.StartAsync(
            """
            a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            b: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        var (a, b) = (_bench.Watched("a"), _bench.Watched("b"));
        a.Hold("set");
        b.Hold("set");
        var asking = _bench.AskAsync(
            new Operation(0, OperationKind.Set, "a", Value: Value.Of(1)),
            new Operation(0, OperationKind.Set, "b", Value: Value.Of(2)),
            new Operation(1, OperationKind.Trigger, "a"));
        await a.BegunAsync("set").Soon();
        await b.BegunAsync("set").Soon();
        a.Release("set");
        Assert.DoesNotContain("trigger", a.Calls);
        b.Release("set");
        await asking.Soon();
        Assert.Equal(["connect", "read", "set 1", "trigger"], a.Calls);
    }

    [Fact]
    public async Task A_phase_waits_for_all_before_it_fails()
    {
        await _bench.StartAsync(
            """
            bad: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, deviceConfig: {at: set}}
            slow: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        _bench.Watched("slow").Hold("set");
        var asking = _bench.AskAsync(
            new Operation(0, OperationKind.Set, "bad", Value: Value.Of(1)),
            new Operation(0, OperationKind.Set, "slow", Value: Value.Of(2)));
        await _bench.Watched("slow").BegunAsync("set").Soon();
        Assert.False(asking.IsCompleted);
        _bench.Watched("slow").Release("set");
        Assert.Equal("simulated.faulty", (await DeviceServerBench.FaultAsync(asking)).Code);
    }

    [Fact]
    public async Task A_phase_takes_at_least_its_wait()
    {
        await _bench.StartAsync("a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}");
        var began = _bench.Clock.GetUtcNow();
        var asking = _bench.AskAsync(
            new Operation(0, OperationKind.Wait, "", Value: Value.Of(2)), new Operation(0, OperationKind.Trigger, "a"));
        await _bench.Watched("a").BegunAsync("trigger").Soon();
        Assert.False(asking.IsCompleted);
        await _bench.AdvanceUntilAsync(asking, TimeSpan.FromSeconds(0.5));
        Assert.True(_bench.Clock.GetUtcNow() - began >= TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_reading_without_a_point_comes_back_and_may_be_a_gap_where_that_is_allowed()
    {
        await StartFaultyAsync("read", "raise", after: 1);
        var operations = new[] { new Operation(0, OperationKind.Read, "bad"), new Operation(0, OperationKind.Read, "well") };
        var done = await _bench.AskAsync(
            new Instruction { OwnerEpoch = 1, Operations = operations, AllowsGaps = true },
            TestContext.Current.CancellationToken).Soon();
        Assert.True(done.Rows["bad"][0].Value.IsMissing);
        Assert.Equal("well", done.Rows["well"][0].Value.AsText());
        Assert.Equal("simulated.faulty", (await DeviceServerBench.FaultAsync(_bench.AskAsync(operations))).Code);
    }

    [Fact]
    public async Task A_command_of_a_replaced_owner_is_refused()
    {
        await _bench.StartAsync("a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}");
        var instruction = new Instruction { OwnerEpoch = 5, Operations = [new Operation(0, OperationKind.Trigger, "a")] };
        await _bench.AskAsync(instruction, TestContext.Current.CancellationToken).Soon();
        Assert.Equal(
            "device.owner.stale",
            (await DeviceServerBench.FaultAsync(_bench.AskAsync(new Operation(0, OperationKind.Trigger, "a")))).Code);
        Assert.Single(_bench.Watched("a").Calls, "trigger");
    }

    [Fact]
    public async Task A_target_that_the_device_does_not_take_never_reaches_it()
    {
        await _bench.StartAsync(
            "a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, deviceConfig: {limits: [-1, 1]}}");
        Assert.Equal("device.limit.exceeded", await CodeAsync(null, Value.Of(2)));
        Assert.Equal("device.value.invalid", await CodeAsync(null, Value.Of(double.NaN)));
        Assert.Equal("device.value.invalid", await CodeAsync(null, Value.Of("far")));
        Assert.Equal("device.unable", await CodeAsync("speed", Value.Of(1)));
        Assert.Equal("device.unable", await CodeAsync("state", Value.Of("x")));
        Assert.DoesNotContain(_bench.Watched("a").Calls, call => call.StartsWith("set", StringComparison.Ordinal));

        async Task<string> CodeAsync(string? signal, Value target) =>
            (await DeviceServerBench.FaultAsync(_bench.AskAsync(new Operation(0, OperationKind.Set, "a", signal, target)))).Code;
    }

    [Fact]
    public async Task What_was_given_up_begins_nothing_more()
    {
        await _bench.StartAsync("a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}");
        var a = _bench.Watched("a");
        a.Hold("trigger");
        using var giveUp = new CancellationTokenSource();
        var asking = _bench.AskAsync(
            new Instruction
            {
                OwnerEpoch = 1,
                Operations = [new Operation(0, OperationKind.Trigger, "a"), new Operation(1, OperationKind.Set, "a", Value: Value.Of(1))],
            },
            giveUp.Token);
        await a.BegunAsync("trigger").Soon();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Soon());
        a.Release("trigger");
        a.Hold("set");
        await _bench.AskAsync(new Operation(0, OperationKind.Read, "a")).Soon();
        Assert.DoesNotContain(a.Calls, call => call.StartsWith("set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_instruction_that_comes_again_is_carried_out_once_and_has_the_same_answer()
    {
        await StartOneAsync();
        var set = new Instruction { OwnerEpoch = 1, Id = 7, Operations = [new Operation(0, OperationKind.Set, "a", Value: Value.Of(1))] };
        var cancel = TestContext.Current.CancellationToken;
        await _bench.AskAsync(set, cancel).Soon();
        await _bench.AskAsync(set, cancel).Soon();
        Assert.Single(_bench.Watched("a").Calls, call => call.StartsWith("set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_instruction_for_another_device_server_or_of_nobody_moves_nothing()
    {
        await StartOneAsync();
        var cancel = TestContext.Current.CancellationToken;
        Operation[] set = [new Operation(0, OperationKind.Set, "a", Value: Value.Of(1))];
        Assert.Equal("device.server.restarted", (await DeviceServerBench.FaultAsync(
            _bench.AskAsync(new Instruction { OwnerEpoch = 1, Server = Guid.Empty, Operations = set }, cancel))).Code);
        Assert.Equal("device.owner.missing", (await DeviceServerBench.FaultAsync(
            _bench.AskAsync(new Instruction { OwnerEpoch = 0, Operations = set }, cancel))).Code);
        await _bench.AskAsync(
            new Instruction { OwnerEpoch = 0, Operations = [new Operation(0, OperationKind.Read, "a")] }, cancel).Soon();
        Assert.DoesNotContain(_bench.Watched("a").Calls, call => call.StartsWith("set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Devices_stop_and_are_released_when_their_owner_is_silent()
    {
        await using var bench = await new DeviceServerBench { Options = new DeviceOptions() }.StartAsync(
            """
            a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        await bench.AskAsync(
            new Instruction { OwnerEpoch = 1, Setup = Setup, Operations = [new Operation(0, OperationKind.Stage, "a")] },
            TestContext.Current.CancellationToken).Soon();
        var a = bench.Watched("a");
        await bench.AdvanceUntilAsync(a.BegunAsync("unstage"), TimeSpan.FromSeconds(1));
        Assert.Equal(["stop", "unstage"], a.Calls.Where(call => call is "stop" or "unstage"));
        Assert.True(bench.Clock.GetUtcNow() - new FakeClock().GetUtcNow() >= bench.Options.OwnerLimit);
    }

    private Task StartOneAsync() => _bench.StartAsync(
        """
        a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
        """);

    [Fact]
    public async Task Stopping_stops_every_device_even_where_one_fails()
    {
        await _bench.StartAsync(
            """
            a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, deviceConfig: {hold: stop}}
            b: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            c: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, readOnly: true}
            """);
        var stopping = _bench.Server.StopAsync(null);
        await _bench.AdvanceUntilAsync(stopping, TimeSpan.FromSeconds(1));
        Assert.Contains("a did not stop", Assert.Single(await stopping).Message, StringComparison.Ordinal);
        Assert.Contains("stop", _bench.Watched("b").Calls);
        Assert.DoesNotContain("stop", _bench.Watched("c").Calls);
    }

    private Task<InstructionDone> AskAsync(OperationKind kind) => _bench.AskAsync(
        new Instruction { OwnerEpoch = 1, Setup = Setup, Operations = [new Operation(0, kind, "bad", Value: Value.Of(1))] },
        TestContext.Current.CancellationToken);

    private Task StartFaultyAsync(string at, string mode, string onFailure = "retry", int after = 0, int times = 0) =>
        _bench.StartAsync(
            $$"""
            bad:
              deviceClass: simulated.faulty
              enabled: true
              readoutPriority: monitored
              onFailure: {{onFailure}}
              deviceConfig: {at: {{at}}, mode: {{mode}}, after: {{after}}, times: {{times}}, late_seconds: 2}
            well: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
}

using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class DeviceMailboxTests : IAsyncDisposable
{
    private readonly DeviceServerBench _bench = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Commands_start_in_order_and_complete_on_their_own()
    {
        var device = await StartAsync();
        device.Hold("set 1");
        var first = Post(1);
        var second = Post(2);
        await second.Task.Soon();
        Assert.False(first.Task.IsCompleted);
        device.Release("set 1");
        await first.Task.Soon();
        Assert.Equal(["set 1", "set 2"], Sets(device));
    }

    [Fact]
    public async Task A_stop_cancels_what_is_under_way_and_tells_the_device()
    {
        var device = await StartAsync();
        device.Hold("set");
        var moving = Post(1);
        await device.BegunAsync("set").Soon();
        await _bench.Roster["a"].Mailbox.StopAsync(Cancel).AsTask().Soon();
        Assert.Equal("device.stopped", (await DeviceServerBench.FaultAsync(moving.Task)).Code);
        Assert.Contains("stop", device.Calls);
        device.Release("set");
        await Post(2).Task.Soon();
    }

    [Fact]
    public async Task A_stop_cancels_what_waits()
    {
        // A mailbox of its own, whose loop begins only after the stop.
        var device = await StartAsync();
        using var waiting = new DeviceMailbox(_bench.Roster["a"], 4, new Core.Topics.DeadlineWatch(_bench.Clock));
        var command = Command(1);
        await waiting.PostAsync(command, Cancel);
        await waiting.StopAsync(Cancel);
        using var stop = new CancellationTokenSource();
        var running = waiting.RunAsync(stop.Token);
        Assert.Equal("device.stopped", (await DeviceServerBench.FaultAsync(command.Task)).Code);
        Assert.Empty(Sets(device));
        var later = Command(2);
        await waiting.PostAsync(later, Cancel);
        await later.Task.Soon();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Soon());
    }

    [Fact]
    public async Task A_driver_that_stumbles_over_its_cancellation_is_stopped_all_the_same()
    {
        var device = await StartAsync();
        device.ThrowsInCancellation = true;
        device.Hold("set");
        _ = Post(1);
        await device.BegunAsync("set").Soon();
        await Assert.ThrowsAsync<AggregateException>(() => _bench.Roster["a"].Mailbox.StopAsync(Cancel).AsTask().Soon());
        Assert.Contains("stop", device.Calls);
    }

    [Fact]
    public async Task A_command_past_its_deadline_fails_and_the_device_is_cancelled()
    {
        var device = await StartAsync();
        device.Hold("set");
        var moving = Post(1);
        await device.BegunAsync("set").Soon();
        _bench.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(moving.Task.IsCompleted);
        await _bench.AdvanceUntilAsync(moving.Task, TimeSpan.FromSeconds(1));
        var reason = await DeviceServerBench.FaultAsync(moving.Task);
        Assert.Equal("device.deadline", reason.Code);
        Assert.Contains("5 s", reason.Message, StringComparison.Ordinal);

        Assert.Contains("set 1!", device.Calls);
    }

    [Fact]
    public async Task A_full_mailbox_holds_up_the_sender_and_a_sender_may_give_up()
    {
        var device = await StartAsync();
        using var full = new DeviceMailbox(_bench.Roster["a"], 1, new Core.Topics.DeadlineWatch(_bench.Clock));
        await full.PostAsync(Command(1), Cancel);
        using var giveUp = new CancellationTokenSource();
        var waiting = full.PostAsync(Command(2), giveUp.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => full.PostAsync(Command(3), giveUp.Token).AsTask().Soon());
        Assert.Empty(Sets(device));
    }

    [Fact]
    public async Task What_a_device_cannot_do_is_refused_with_a_code()
    {
        await _bench.StartAsync("a: {deviceClass: simulated.signal, enabled: true, readoutPriority: monitored}");
        Assert.Equal(
            "device.unable",
            (await DeviceServerBench.FaultAsync(_bench.AskAsync(new Operation(0, OperationKind.Trigger, "a")))).Code);
    }

    private static List<string> Sets(WatchedDevice device) =>
        [.. device.Calls.Where(c => c.StartsWith("set", StringComparison.Ordinal))];

    private async Task<WatchedDevice> StartAsync()
    {
        await _bench.StartAsync("a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}");
        return _bench.Watched("a");
    }

    private DeviceCommand Command(double value, string? signal = null) =>
        new(_bench.Roster["a"], OperationKind.Set, default)
        {
            Signal = _bench.Roster["a"].Find(signal), Value = Value.Of(value), Allowed = TimeSpan.FromSeconds(5),
        };

    private DeviceCommand Post(double value, string? signal = null)
    {
        var command = Command(value, signal);
        var posting = _bench.Roster["a"].Mailbox.PostAsync(command, Cancel).AsTask();
        Assert.True(posting.IsCompletedSuccessfully);
        return command;
    }
}

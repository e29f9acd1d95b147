using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

public sealed class FaultyDeviceTests
{
    private readonly DeviceBench _bench = new();

    [Theory]
    [InlineData("connect")]
    [InlineData("read")]
    [InlineData("set")]
    [InlineData("trigger")]
    [InlineData("stage")]
    [InlineData("unstage")]
    public async Task It_raises_at_the_operation_that_is_configured_and_nowhere_else(string at)
    {
        var device = _bench.Add("bad", "simulated.faulty", $$"""{ "at": "{{at}}", "mode": "raise" }""");
        foreach (var operation in new[] { "connect", "read", "set", "trigger", "stage", "unstage" })
        {
            if (operation == at)
            {
                var fault = await Assert.ThrowsAsync<FaultException>(() => CallAsync(device, operation));
                Assert.Equal("simulated.faulty", fault.Reason.Code);
            }
            else
            {
                await CallAsync(device, operation);
            }
        }
    }

    [Fact]
    public async Task It_hangs_until_it_is_cancelled()
    {
        var device = _bench.Add("bad", "simulated.faulty", """{ "at": "trigger", "mode": "hang" }""");
        using var cancel = new CancellationTokenSource();
        var trigger = ((ITriggered)device).TriggerAsync(cancel.Token).AsTask();
        _bench.Clock.Advance(TimeSpan.FromDays(1));
        Assert.False(trigger.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trigger.Soon());
    }

    [Fact]
    public async Task It_is_late_and_then_well_again()
    {
        var device = _bench.Add(
            "bad", "simulated.faulty", """{ "at": "set", "mode": "late", "late_seconds": 5, "after": 1, "times": 1 }""");
        Assert.True(device.Set("bad", 1).IsCompletedSuccessfully);
        var late = device.Set("bad", 2);
        _bench.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(late.IsCompleted);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await late.Soon();
        Assert.True(device.Set("bad", 3).IsCompletedSuccessfully);
        Assert.Equal(3, device.Read("bad").AsDouble());
    }

    [Fact]
    public void It_reads_NaN()
    {
        var device = _bench.Add("bad", "simulated.faulty", """{ "mode": "nan" }""");
        Assert.True(double.IsNaN(device.Read("bad").AsDouble()));
    }

    [Fact]
    public async Task Its_mode_can_be_changed_while_it_runs()
    {
        var cancel = TestContext.Current.CancellationToken;
        var device = _bench.Add("bad", "simulated.faulty", """{ "mode": "none" }""");
        Assert.Equal(0, device.Read("bad").AsDouble());
        await ((ISettable)device).SetAsync(device.Signal("bad_mode"), Value.Of("nan"), cancel);
        Assert.True(double.IsNaN(device.Read("bad").AsDouble()));
        await Assert.ThrowsAsync<FaultException>(
            () => ((ISettable)device).SetAsync(device.Signal("bad_mode"), Value.Of("sulk"), cancel).AsTask());
    }

    private async Task CallAsync(IDevice device, string operation)
    {
        var cancel = TestContext.Current.CancellationToken;
        await (operation switch
        {
            "connect" => device.ConnectAsync(cancel),
            "read" => device.ReadAsync(configuration: false, new Reading[1], cancel),
            "set" => ((ISettable)device).SetAsync(device.Signal("bad"), Value.Of(1.0), cancel),
            "trigger" => ((ITriggered)device).TriggerAsync(cancel),
            "stage" => StageAsync(),
            _ => ((IStaged)device).UnstageAsync(cancel),
        });

        async ValueTask StageAsync() => await ((IStaged)device).StageAsync(
            new ScanSetup(
                Guid.CreateVersion7(_bench.Clock.GetUtcNow()), 1, "/nowhere", "S00001", 0, 1, 0,
                new Dictionary<string, string>()),
            cancel);
    }
}

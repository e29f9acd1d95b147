using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>Scans and people who set the same device.</summary>
public sealed class ScanAndSetTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_waits_for_a_set_and_begins_where_it_ended()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var samx = bench.Watched("samx");
        samx.Hold("set 4");
        bench.Start();
        await bench.OwnerHeardAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var set = bench.Desk.SetAsync("samx", null, Value.Of(4.0), giveUp.Token);
        await samx.BegunAsync("set");
        Assert.Equal("samx is being set.", await RefusedAsync(bench));
        var number = await bench.AcceptAsync(new ScanRequest
        {
            Scan = "line", Args = ["samx", "-1", "1"],
            Parameters = new Dictionary<string, string> { ["steps"] = "2", ["relative"] = "true" },
        });

        // Who gives up waiting leaves the device moving, so that it stays in use.
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => set.Soon());
        Assert.Equal("samx is being set.", await RefusedAsync(bench));
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(number)).State);
        samx.Release("set 4");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
        Assert.Equal(["set 4", "set 3", "set 5", "set 4"], samx.Calls.Where(c => c.StartsWith("set", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_set_of_what_a_scan_uses_is_refused()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("eye").Hold("trigger");
        bench.Start();
        await bench.OwnerHeardAsync();
        var number = await bench.AcceptAsync(new ScanRequest
        {
            Scan = "line", Args = ["samx", "-1", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
        });
        await bench.Watched("eye").BegunAsync("trigger");
        Assert.Equal("samx is used by scan 1.", await RefusedAsync(bench));
        bench.Watched("eye").Release("trigger");
        await bench.EndOfAsync(number);
        (await bench.Desk.SetAsync("samx", null, Value.Of(0.0), Cancel)).OrThrow();
        (await bench.Desk.SetAsync("samx", null, Value.Of(0.5), Cancel)).OrThrow();
    }

    [Fact]
    public async Task A_device_that_was_stopped_can_be_set_at_once()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var samx = bench.Watched("samx");
        samx.Hold("set 4");
        bench.Start();
        await bench.OwnerHeardAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var set = bench.Desk.SetAsync("samx", null, Value.Of(4.0), giveUp.Token);
        await samx.BegunAsync("set");
        await giveUp.CancelAsync();
        (await bench.Desk.StopAsync("samx")).OrThrow();
        (await bench.Desk.SetAsync("samx", null, Value.Of(0.0), Cancel)).OrThrow();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => set.Soon());
        Assert.Equal(0, samx.Value);
    }

    private static async Task<string> RefusedAsync(ControlBench bench)
    {
        var refused = Assert.IsType<Refused<DeviceAnswer>>(await bench.Desk.SetAsync("samx", null, Value.Of(0.0), Cancel).Soon());
        var reason = Assert.Single(refused.Reasons);
        Assert.Equal("device.busy", reason.Code);
        return reason.Message;
    }
}

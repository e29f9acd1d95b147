using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Devices;

public sealed class DeviceRosterTests : IAsyncDisposable
{
    private readonly DeviceServerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_device_that_fails_is_listed_with_its_reason_and_the_others_go_on()
    {
        await _bench.StartAsync(
            """
            unplugged: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, deviceConfig: {at: connect}}
            mute: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, deviceConfig: {at: read}}
            broken: {deviceClass: test.broken, enabled: true, readoutPriority: monitored}
            off: {deviceClass: test.watched, enabled: false, readoutPriority: monitored}
            child: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, needs: [unplugged]}
            grandchild: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, needs: [child]}
            of_off: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, needs: [off]}
            of_broken: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, needs: [broken]}
            well: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        Assert.Equal(["well"], _bench.Roster.Usable.Select(d => d.Name));
        var unusable = _bench.Roster.Unusable.ToDictionary(u => u.Entry.Name, u => u.Reason);
        Assert.Equal(8, unusable.Count);
        Assert.Equal("simulated.faulty", unusable["unplugged"].Code);
        Assert.Equal("simulated.faulty", unusable["mute"].Code);
        Assert.Contains("no such card", unusable["broken"].Message, StringComparison.Ordinal);
        Assert.Equal("device.disabled", unusable["off"].Code);
        Assert.Contains("child needs unplugged", unusable["child"].Message, StringComparison.Ordinal);
        Assert.Contains("grandchild needs child", unusable["grandchild"].Message, StringComparison.Ordinal);
        Assert.Contains("needs off", unusable["of_off"].Message, StringComparison.Ordinal);
        Assert.Contains("needs broken", unusable["of_broken"].Message, StringComparison.Ordinal);
        Assert.Equal("device.disabled", Refusal("off"));
        Assert.Equal("device.unknown", Refusal("wel"));
        Assert.Contains("'well'", ((Refused<KnownDevice>)DeviceBook.Of(_bench.Roster).Find("wel")).Reasons[0].Message, StringComparison.Ordinal);

        string Refusal(string name) => ((Refused<KnownDevice>)DeviceBook.Of(_bench.Roster).Find(name)).Reasons[0].Code;
    }

    [Fact]
    public async Task A_device_that_does_not_connect_in_time_is_left_out()
    {
        var connecting = _bench.ConnectAsync(
            """
            slow: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, connectionTimeout: 3,
              deviceConfig: {at: connect, mode: hang}}
            well: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        await _bench.AdvanceUntilAsync(connecting, TimeSpan.FromSeconds(1));
        await using var roster = await connecting;
        Assert.Contains("did not connect within 3 s", Assert.Single(roster.Unusable).Reason.Message, StringComparison.Ordinal);
        Assert.True(roster.Has("well"));
    }

    [Fact]
    public async Task Every_mistake_in_deviceConfig_stops_the_start_at_once()
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.ConnectAsync(
            """
            a: {deviceClass: simulated.positioner, enabled: true, readoutPriority: monitored, deviceConfig: {velocitty: 1}}
            b: {deviceClass: simulated.positioner, enabled: true, readoutPriority: monitored, deviceConfig: {velocity: fast}}
            c: {deviceClass: simulated.postioner, enabled: false, readoutPriority: monitored}
            """));
        Assert.Equal(3, refused.Reasons.Count);
        Assert.All(refused.Reasons, r => Assert.Equal("device.configuration.invalid", r.Code));
        Assert.Contains("'velocity'", refused.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Contains("must be a number", refused.Reasons[1].Message, StringComparison.Ordinal);
        Assert.Contains("'simulated.positioner'", refused.Reasons[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_is_found_by_its_whole_and_by_its_short_name()
    {
        await _bench.StartAsync("SBS: {deviceClass: simulated.shutter, enabled: true, readoutPriority: monitored}");
        var shutter = _bench.Roster["SBS"];
        Assert.Equal("SBS_open", shutter.Find("SBS_open")!.Name);
        Assert.Same(shutter.Find("SBS_open"), shutter.Find("open"));
        Assert.Same(shutter.Hinted, shutter.Find(null));
        Assert.Null(shutter.Find("SBS_pen"));
        Assert.Null(shutter.Find("pen"));
        Assert.Null(shutter.Find(""));
    }

    [Fact]
    public async Task Every_reason_against_a_target_is_given()
    {
        await _bench.StartAsync(
            """
            a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, readOnly: true, deviceConfig: {limits: [-1, 1]}}
            """);
        Assert.Equal(
            ["device.read_only", "device.limit.exceeded"],
            _bench.Roster["a"].RefusalsToSet(null, Value.Of(2)).Select(r => r.Code));
        Assert.Equal(
            ["device.read_only", "device.unable"], _bench.Roster["a"].RefusalsToSet("state", Value.Of("x")).Select(r => r.Code));
    }

    [Fact]
    public async Task Keys_that_a_driver_does_not_ask_for_are_set_once_it_is_connected()
    {
        await _bench.StartAsync(
            """
            a: {deviceClass: test.plain, enabled: true, readoutPriority: monitored,
              deviceConfig: {limits: [-1, 1], labels: [user], gain: 2.5}}
            b: {deviceClass: test.plain, enabled: true, readoutPriority: monitored, deviceConfig: {limits: [0, 0], late: true}}
            c: {deviceClass: test.plain, enabled: true, readoutPriority: monitored, deviceConfig: {late: true, speed: 1, gian: 2}}
            """);
        var a = _bench.Roster["a"];
        Assert.Equal((-1, 1), a.Hinted!.Limits);
        Assert.Equal(2.5, ((PlainDevice)a.Device).Gain);
        Assert.Equal(["device.limit.exceeded"], a.RefusalsToSet(null, Value.Of(2)).Select(r => r.Code));
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "a", null, Value.Of(1)));
        Assert.Equal(1, ((PlainDevice)a.Device).Value);
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), _bench.Roster["b"].Hinted!.Limits);
        var left = Assert.Single(_bench.Roster.Unusable);
        Assert.Equal("c", left.Entry.Name);
        Assert.Equal("device.configuration.invalid", left.Reason.Code);
    }

    [Fact]
    public async Task A_value_that_does_not_fit_leaves_the_device_out_and_an_unknown_key_stops_the_start()
    {
        await using var roster = await _bench.ConnectAsync(
            "a: {deviceClass: test.plain, enabled: true, readoutPriority: monitored, deviceConfig: {gain: much}}");
        Assert.Contains("deviceConfig.gain must be Float", Assert.Single(roster.Unusable).Reason.Message, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.ConnectAsync(
            "a: {deviceClass: test.plain, enabled: true, readoutPriority: monitored, deviceConfig: {gian: 1}}"));
        Assert.Contains("'gain'", Assert.Single(refused.Reasons).Message, StringComparison.Ordinal);
    }
}

using System.Text.Json;
using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

/// <summary>What people ask of devices outside of scans, by way of the scan server and the device server.</summary>
public sealed class DeviceCallTests
{
    private const string Site =
        """
        plain: {deviceClass: test.plain, enabled: true, readoutPriority: baseline}
        fixed: {deviceClass: test.plain, enabled: true, readoutPriority: baseline, readOnly: true}
        watched: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Methods_are_called_with_arguments_by_position_and_name_and_refused_with_every_reason()
    {
        await using var bench = await ControlBench.CreateAsync(Site);
        bench.Start();
        await bench.OwnerHeardAsync();
        await bench.Desk.SetAsync("plain", null, Value.Of(2), Cancel);
        var added = await CallAsync(bench, "plain", "add", Arguments("1.5"));
        Assert.Equal((3.5, "mm"), (added.Value!.Value.GetDouble(), added.Unit));
        Assert.Equal(6.5, (await CallAsync(bench, "plain", "add", Arguments("1.5") with { Named = Named("times", "3") })).Value!.Value.GetDouble());
        Assert.Equal(3.5, (await CallAsync(bench, "fixed", "add", Arguments("3.5"))).Value!.Value.GetDouble());
        Assert.Equal(
            ["device.argument.invalid", "device.argument.invalid", "device.argument.invalid"],
            await RefusalsAsync(bench, "plain", "add", Arguments("-1") with { Named = Named("tims", "3", "times", "1.5") }));
        Assert.Equal(["device.argument.invalid"], await RefusalsAsync(bench, "plain", "add", new DeviceCallRequest()));
        Assert.Equal(["device.argument.invalid"], await RefusalsAsync(bench, "plain", "home", Arguments("1")));
        Assert.Equal(["device.unable"], await RefusalsAsync(bench, "plain", "hoem", new DeviceCallRequest()));
        Assert.Equal(["device.read_only"], await RefusalsAsync(bench, "fixed", "home", new DeviceCallRequest()));
        Assert.Equal(["access.denied"], await RefusalsAsync(bench, "plain", "home", new DeviceCallRequest(), maySet: false));
        Assert.Null((await CallAsync(bench, "plain", "home", new DeviceCallRequest())).Value);
        Assert.Equal(0, (await bench.Desk.ReadSignalAsync("plain", Cancel)).Value.AsDouble());
    }

    [Fact]
    public async Task A_choice_is_set_by_its_name_or_its_index()
    {
        await using var bench = await ControlBench.CreateAsync(Site);
        bench.Start();
        await bench.OwnerHeardAsync();
        Assert.IsType<Accepted<DeviceAnswer>>(await bench.Desk.SetAsync("plain", "mode", Value.Of("open"), Cancel));
        Assert.Equal(1, bench.Plain("plain").Mode);
        Assert.IsType<Accepted<DeviceAnswer>>(await bench.Desk.SetAsync("plain", "mode", Value.Of(0.0), Cancel));
        Assert.Equal(0, bench.Plain("plain").Mode);
        foreach (var wrong in new[] { Value.Of("opn"), Value.Of(0.5), Value.Of(2.0), Value.Of(-1.0) })
        {
            var refused = Assert.IsType<Refused<DeviceAnswer>>(await bench.Desk.SetAsync("plain", "mode", wrong, Cancel));
            Assert.Equal("device.value.invalid", Assert.Single(refused.Reasons).Code);
        }
    }

    [Fact]
    public async Task Signals_are_read_by_dotted_names_now_or_as_they_were_last()
    {
        await using var bench = await ControlBench.CreateAsync(Site);
        bench.Start();
        await bench.OwnerHeardAsync();
        Assert.Equal(1, (await bench.Desk.ReadSignalAsync("plain", "gain", isCached: true, Cancel)).Value!.Value.GetDouble());
        await bench.Desk.SetAsync("plain", null, Value.Of(2), Cancel);
        var read = bench.Watched("watched").Calls.Count;
        Assert.Equal(0, (await bench.Desk.ReadSignalAsync("watched", "watched", isCached: true, Cancel)).Value!.Value.GetDouble());
        Assert.Equal(read, bench.Watched("watched").Calls.Count);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => bench.Desk.ReadSignalAsync("plain", "gian", isCached: true, Cancel));
        Assert.Contains("'gain'", refused.Reasons[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Devices_stop_all_some_or_those_named_and_an_unknown_name_stops_none()
    {
        await using var bench = await ControlBench.CreateAsync(Site);
        bench.Start();
        await bench.OwnerHeardAsync();
        bench.Watched("watched").Hold("set");
        var setting = bench.Desk.SetAsync("watched", null, Value.Of(1), Cancel);
        await bench.Watched("watched").BegunAsync("set").Soon();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => bench.Desk.StopAsync(new DeviceStopRequest { Devices = ["watched", "nobody"] }));
        Assert.Equal("device.unknown", Assert.Single(refused.Reasons).Code);
        Assert.DoesNotContain("stop", bench.Watched("watched").Calls);
        Assert.Empty((await bench.Desk.StopAsync(new DeviceStopRequest { Owned = true })).Stopped);
        var stopped = await bench.Desk.StopAsync(new DeviceStopRequest());
        Assert.Equal(["plain", "watched"], stopped.Stopped.Order(StringComparer.Ordinal));
        Assert.Empty(stopped.Failed);
        Assert.Equal("device.stopped", (await DeviceServerBench.FaultAsync(setting)).Code);
        Assert.Contains("stop", bench.Watched("watched").Calls);
    }

    [Fact]
    public async Task A_device_is_described_for_those_who_do_not_have_its_driver()
    {
        await using var bench = await ControlBench.CreateAsync(Site);
        var plain = bench.Desk.Describe("plain").OrThrow();
        Assert.Equal(("positioner", true), (plain.Base, plain.WriteAccess));
        Assert.Equal(["plain"], plain.Hints);
        Assert.Equal(["plain", "plain.gain", "plain.mode", "plain.state"], plain.Signals.Select(s => s.Address));
        Assert.Equal(["add", "home"], plain.Methods.Select(m => m.Name));
        Assert.False(bench.Desk.Describe("fixed").OrThrow().WriteAccess);
        Assert.IsType<Refused<DeviceDescriptor>>(bench.Desk.Describe("nobody"));
    }

    private static DeviceCallRequest Arguments(params string[] json) => new() { Arguments = [.. json.Select(Json)] };

    private static Dictionary<string, JsonElement> Named(params string[] pairs) =>
        pairs.Chunk(2).ToDictionary(p => p[0], p => Json(p[1]));

    private static Task<DeviceCallAnswer> CallAsync(ControlBench bench, string device, string method, DeviceCallRequest request, bool maySet = true) =>
        bench.Desk.CallAsync(device, method, request, () => maySet, Cancel).Soon();

    private static async Task<IEnumerable<string>> RefusalsAsync(
        ControlBench bench, string device, string method, DeviceCallRequest request, bool maySet = true) =>
        (await Assert.ThrowsAsync<RefusedException>(() => CallAsync(bench, device, method, request, maySet))).Reasons.Select(r => r.Code);

    private static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging.Abstractions;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class RosterEditorTests : IAsyncDisposable
{
    private const string A = "a: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}";
    private const string B = "b: {deviceClass: test.plain, enabled: true, readoutPriority: baseline, deviceConfig: {gain: 1, limits: [-1, 1]}}";
    private readonly DeviceServerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Devices_are_added_and_removed_while_the_server_runs()
    {
        var editor = await StartAsync(A);
        var kept = _bench.Roster["a"];
        var edited = await editor.EditAsync(Edit(1, A, B), Cancel);
        Assert.Empty(edited.Failed);
        Assert.Same(kept, _bench.Roster["a"]);
        Assert.Equal(1, _bench.Roster.Page.Revision);
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "b", null, Value.Of(1))).Soon();
        await editor.EditAsync(Edit(2, B), Cancel);
        Assert.Contains("dispose", ((WatchedDevice)kept.Device).Calls);
        Assert.Equal("device.unknown", (await DeviceServerBench.FaultAsync(
            _bench.AskAsync(new Operation(0, OperationKind.Set, "a", null, Value.Of(1))))).Code);
    }

    [Fact]
    public async Task Settings_that_can_be_set_are_changed_without_a_new_connection()
    {
        var editor = await StartAsync(A, B);
        var (before, plain) = (_bench.Roster["b"], (PlainDevice)_bench.Roster["b"].Device);
        await editor.EditAsync(Edit(1, A, B.Replace("gain: 1, limits: [-1, 1]", "gain: 3, limits: [-5, 5]")), Cancel);
        Assert.NotSame(before, _bench.Roster["b"]);
        Assert.Same(plain, _bench.Roster["b"].Device);
        Assert.Equal(3, plain.Gain);
        Assert.Equal((-5, 5), _bench.Roster["b"].Hinted!.Limits);
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "b", null, Value.Of(4))).Soon();
        Assert.Equal(4, plain.Value);
    }

    [Fact]
    public async Task Settings_that_were_set_are_set_back_when_another_device_fails()
    {
        const string Bare = "b: {deviceClass: test.plain, enabled: true, readoutPriority: baseline}";
        const string Bad = "bad: {deviceClass: simulated.faulty, enabled: true, readoutPriority: baseline, deviceConfig: {at: connect}}";
        var editor = await StartAsync(A, Bare);
        var plain = (PlainDevice)_bench.Roster["b"].Device;
        await Assert.ThrowsAsync<RefusedException>(() => editor.EditAsync(
            Edit(1, A, Bare[..^1] + ", deviceConfig: {gain: 7, limits: [0, 1]}}", Bad) with { IsStrict = true }, Cancel));
        Assert.Same(plain, _bench.Roster["b"].Device);
        Assert.Equal(1, plain.Gain);
        Assert.Null(_bench.Roster["b"].Hinted!.Limits);
    }

    [Fact]
    public async Task What_is_noted_about_a_device_changes_without_touching_it()
    {
        var editor = await StartAsync(A, B);
        var driver = _bench.Watched("a");
        await editor.EditAsync(Edit(1, A.Replace("monitored", "baseline, readOnly: true, description: new"), B), Cancel);
        Assert.Same(driver, _bench.Roster["a"].Device);
        Assert.DoesNotContain("dispose", driver.Calls);
        Assert.Equal("device.read_only", (await DeviceServerBench.FaultAsync(
            _bench.AskAsync(new Operation(0, OperationKind.Set, "a", null, Value.Of(1))))).Code);
    }

    [Fact]
    public async Task A_mistake_is_found_before_anything_is_touched()
    {
        var editor = await StartAsync(A, B);
        var page = _bench.Roster.Page;
        var refused = await Assert.ThrowsAsync<RefusedException>(() => editor.EditAsync(
            Edit(1, A.Replace("test.watched", "test.wached"), B.Replace("gain", "gian"), "c: {deviceClass: test.none, enabled: true, readoutPriority: baseline}"), Cancel));
        Assert.Equal(3, refused.Reasons.Count);
        Assert.Same(page, _bench.Roster.Page);
        Assert.DoesNotContain("stop", _bench.Watched("a").Calls);
    }

    [Fact]
    public async Task A_strict_change_of_a_device_that_fails_is_taken_back()
    {
        var editor = await StartAsync(A, B, "child: {deviceClass: test.plain, enabled: true, readoutPriority: baseline, needs: [b]}");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => editor.EditAsync(
            Edit(1, A, B.Replace("gain: 1", "late: true, nonsense: 1"), "child: {deviceClass: test.plain, enabled: true, readoutPriority: baseline, needs: [b]}") with { IsStrict = true }, Cancel));
        Assert.Contains("'nonsense'", refused.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Equal(0, _bench.Roster.Page.Revision);
        Assert.Equal(["a", "b", "child"], _bench.Roster.Usable.Select(d => d.Name));
        Assert.Equal((-1, 1), _bench.Roster["b"].Hinted!.Limits);
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "child", null, Value.Of(4))).Soon();
    }

    [Fact]
    public async Task A_device_that_fails_is_listed_and_tried_again()
    {
        const string Late = "late: {deviceClass: simulated.faulty, enabled: true, readoutPriority: baseline, deviceConfig: {at: connect, times: 1}}";
        const string Child = "child: {deviceClass: test.plain, enabled: true, readoutPriority: baseline, needs: [late]}";
        var editor = await StartAsync(A);
        var edited = await editor.EditAsync(Edit(1, A, Late, Child), Cancel);
        Assert.Equal(["child", "late"], edited.Failed.Select(f => f.Device).Order(StringComparer.Ordinal));
        Assert.Equal(["child", "late"], _bench.Roster.Unusable.Select(u => u.Entry.Name).Order(StringComparer.Ordinal));
        // A new driver counts its failures anew: the second attempt fails as the first did.
        var again = await editor.EditAsync(Edit(2, A, Late, Child) with { Retry = ["late"] }, Cancel);
        Assert.Equal(2, again.Failed.Count);
        var mended = await editor.EditAsync(Edit(3, A, Late.Replace("at: connect", "at: trigger"), Child), Cancel);
        Assert.Empty(mended.Failed);
        Assert.Equal(["a", "child", "late"], _bench.Roster.Usable.Select(d => d.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_change_is_taken_back()
    {
        const string Slow = "slow: {deviceClass: simulated.faulty, enabled: true, readoutPriority: baseline, connectionTimeout: 600, deviceConfig: {at: connect, mode: hang}}";
        var editor = await StartAsync(A, B);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var editing = editor.EditAsync(Edit(1, B.Replace("gain: 1", "late: true"), Slow), cancel.Token);
        while (_bench.Roster.Has("b"))
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();
        Assert.Equal("device.change.cancelled", (await Assert.ThrowsAsync<RefusedException>(() => editing.Soon())).Reasons[0].Code);
        Assert.Equal(["a", "b"], _bench.Roster.Usable.Select(d => d.Name));
        Assert.Empty(_bench.Roster.Unusable);
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "a", null, Value.Of(4))).Soon();
    }

    [Fact]
    public async Task Asked_again_nothing_happens()
    {
        var editor = await StartAsync(A);
        await editor.EditAsync(Edit(1, A, B), Cancel);
        var page = _bench.Roster.Page;
        await editor.EditAsync(Edit(1, A, B), Cancel);
        Assert.Equal(page.Usable.Values, _bench.Roster.Page.Usable.Values);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task<RosterEditor> StartAsync(params string[] devices)
    {
        await _bench.StartAsync(string.Join('\n', devices));
        return new RosterEditor(
            _bench.Roster, new DeviceFactory(() => _bench.Plugins, _bench.Options, _bench.Clock), _bench.Topics, _bench.Options, _bench.Clock,
            NullLogger<RosterEditor>.Instance);
    }

    private static RosterEdit Edit(int revision, params string[] devices)
    {
        List<Reason> reasons = [];
        var entries = DeviceFile.Read([.. ((YamlMap)SafeYaml.Parse(string.Join('\n', devices), "test")).Entries], reasons);
        Assert.Empty(reasons);
        return new RosterEdit(revision, entries, []);
    }
}

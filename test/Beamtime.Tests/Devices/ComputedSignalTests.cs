using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class ComputedSignalTests : IAsyncDisposable
{
    private const string Site =
        """
        twice_sum: {deviceClass: computed, enabled: true, readoutPriority: monitored, deviceConfig: {expression: 2 * total, egu: counts}}
        total:
          deviceClass: ophyd_devices.ComputedSignal
          enabled: true
          readoutPriority: monitored
          deviceConfig:
            compute_method: "def compute_signals(a, b):\n    return a.get() + b.get()\n"
            input_signals: [x, y]
        x: {deviceClass: simulated.signal, enabled: true, readoutPriority: monitored, deviceConfig: {value: 1}}
        y: {deviceClass: simulated.signal, enabled: true, readoutPriority: baseline, deviceConfig: {value: 2}}
        """;

    private readonly DeviceServerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Computed_devices_come_after_their_inputs_and_have_a_value_at_once()
    {
        await _bench.StartAsync(Site);
        Assert.Equal(["x", "y", "total", "twice_sum"], _bench.Roster.Usable.Select(d => d.Name));
        Assert.Equal(6, _bench.Roster["twice_sum"].Last.Span[0].Value.AsDouble());
        Assert.Equal("counts", _bench.Roster["twice_sum"].Hinted!.Unit);
        Assert.Equal(DeviceOwnership.Free, _bench.Roster["total"].Description.Ownership);
        Assert.Equal("device.unable", (await DeviceServerBench.FaultAsync(
            _bench.AskAsync(new Operation(0, OperationKind.Set, "total", null, Value.Of(1))))).Code);
    }

    [Fact]
    public async Task At_a_point_the_value_is_of_the_points_own_readings_and_of_further_ones()
    {
        await _bench.StartAsync(Site);
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "x", null, Value.Of(10))).Soon();
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "y", null, Value.Of(20))).Soon();
        await _bench.PointAsync(0, "twice_sum", "x", "total").Soon();
        Assert.Equal([60, 10, 30], (await _bench.NextAsync()).Row.Select(r => r.Value.AsDouble()));
        var read = await _bench.AskAsync(new Operation(0, OperationKind.Read, "twice_sum")).Soon();
        Assert.Equal(60, read.Rows["twice_sum"][0].Value.AsDouble());
        Assert.Equal(60, _bench.Roster["twice_sum"].Last.Span[0].Value.AsDouble());
    }

    [Fact]
    public async Task A_change_of_an_input_is_told_on_through_all_that_is_calculated_from_it()
    {
        await _bench.StartAsync(Site);
        var told = new TaskCompletionSource<double>();
        ((IMonitored)_bench.Roster["twice_sum"].Device).Changed += (_, reading) => told.TrySetResult(reading.Value.AsDouble());
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "x", null, Value.Of(5))).Soon();
        Assert.Equal(14, await told.Task.Soon());
    }

    [Fact]
    public async Task What_is_calculated_from_a_missing_reading_is_missing()
    {
        await _bench.StartAsync(
            """
            late: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, onFailure: raise}
            more: {deviceClass: computed, enabled: true, readoutPriority: monitored, deviceConfig: {expression: late + 1}}
            """);
        _bench.Watched("late").Hold("read");
        var point = _bench.PointAsync(0, "late", "more");
        await _bench.Watched("late").BegunAsync("read").Soon();
        await _bench.AdvanceUntilAsync(point, TimeSpan.FromSeconds(1));
        var readings = await _bench.NextAsync();
        Assert.All(readings.Row, r => Assert.True(r.Value.IsMissing));
    }

    [Theory]
    [InlineData("{expression: nobody + 1}", "needs 'nobody'")]
    [InlineData("{expression: x +}", "it ends early")]
    [InlineData("{expression: x, input_signals: [x]}", "names its inputs itself")]
    [InlineData("{}", "an expression is required")]
    [InlineData("{expression: c + 1}", "in a circle: c → c")]
    public async Task A_wrong_formula_stops_the_start(string config, string because)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => _bench.ConnectAsync(
            $$"""
            c: {deviceClass: computed, enabled: true, readoutPriority: monitored, deviceConfig: {{config}}}
            x: {deviceClass: simulated.signal, enabled: true, readoutPriority: monitored}
            """));
        Assert.Contains(refused.Reasons, r => r.Message.Contains(because, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_text_cannot_be_calculated_with()
    {
        await using var roster = await _bench.ConnectAsync(
            """
            c: {deviceClass: computed, enabled: true, readoutPriority: monitored, deviceConfig: {expression: w.state}}
            w: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        Assert.Contains("no number that is read", Assert.Single(roster.Unusable).Reason.Message, StringComparison.Ordinal);
    }
}

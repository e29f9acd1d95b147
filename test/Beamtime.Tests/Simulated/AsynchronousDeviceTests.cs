using System.Runtime.InteropServices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

/// <summary>Simulated devices that give data at their own pace.</summary>
public sealed class AsynchronousDeviceTests
{
    private readonly DeviceBench _bench = new();
    private readonly KeptSink _sink = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("add", 2)]
    [InlineData("add_slice", 20)]
    [InlineData("replace", 2)]
    public async Task A_waveform_is_given_whole_in_slices_or_in_place_of_the_last(string update, int pieces)
    {
        var waveform = _bench.Add(
            "waveform",
            "ophyd_devices.SimWaveform",
            $$"""
            { "waveform_shape": 1000, "async_update": "{{update}}",
              "sim_init": { "model": "GaussianModel", "params": { "amplitude": 100, "center": 500, "sigma": 50 } } }
            """);
        await StageAsync(waveform);
        await TriggerAsync(waveform);
        await TriggerAsync(waveform);
        await ((ICompleting)waveform).CompleteAsync(Cancel);
        var data = _sink.Of("waveform_data");
        Assert.Equal(pieces, data.Count);
        var last = data.TakeLast(update == "add_slice" ? 10 : 1).SelectMany(p => p.Values).ToList();
        Assert.Equal((1000, 100, 61, 0), (last.Count, last[500], last[550], last[0]));
        Assert.Equal(update == "add_slice" ? 1 : -1, data[^1].Row);
        Assert.Equal(2, waveform.Read("waveform").AsInteger());
        Assert.Equal(2, _sink.Of("waveform_waveform_0d").Count);
        await ((IStaged)waveform).UnstageAsync(Cancel);
        var fault = await Assert.ThrowsAsync<FaultException>(() => TriggerAsync(waveform));
        Assert.Equal("simulated.camera.not_staged", fault.Reason.Code);
    }

    [Fact]
    public async Task A_monitor_gives_its_counts_in_batches_and_the_rest_when_the_scan_completes()
    {
        var samx = _bench.Add("samx", "simulated.positioner", """{ "delay": 0 }""");
        var monitor = _bench.Add(
            "monitor_async",
            "ophyd_devices.sim.sim_monitor.SimMonitorAsync",
            """{ "sim_init": { "model": "LinearModel", "params": { "intercept": 0, "slope": 1 } } }""");
        await StageAsync(monitor);
        for (var i = 0; i < 40; i++)
        {
            await samx.Set("samx", i).Soon();
            await TriggerAsync(monitor);
        }

        var before = _sink.Of("monitor_async_counts");
        Assert.InRange(before.Count, 4, 40);
        Assert.All(before, piece => Assert.InRange(piece.Values.Count, 1, 9));
        await ((ICompleting)monitor).CompleteAsync(Cancel);
        Assert.Equal(Enumerable.Range(0, 40), _sink.Of("monitor_async_counts").SelectMany(p => p.Values));
        Assert.Equal(40, monitor.Read("monitor_async_current_trigger").AsInteger());
    }

    private async Task StageAsync(IDevice device)
    {
        ((IAsynchronous)device).Begin(_sink);
        await ((IStaged)device).StageAsync(
            new ScanSetup(
                Guid.CreateVersion7(_bench.Clock.GetUtcNow()), 7, "/nowhere", "S00007", 0, 1, 4, new Dictionary<string, string>()),
            Cancel);
    }

    private static Task TriggerAsync(IDevice device) => ((ITriggered)device).TriggerAsync(Cancel).AsTask().Soon();

    /// <summary>Keeps what it is given.</summary>
    private sealed class KeptSink : AsynchronousSink
    {
        private readonly List<(string Signal, long Row, List<int> Values)> _kept = [];

        public override Guid Scan => Guid.Empty;

        public override bool IsOpen => true;

        public List<(string Signal, long Row, List<int> Values)> Of(string signal) => [.. _kept.Where(p => p.Signal == signal)];

        protected override ValueTask<long> PutAsync(AsynchronousPiece piece, CancellationToken cancel)
        {
            var bytes = piece.Bytes.Span;
            List<int> values = piece.Element switch
            {
                AsynchronousElement.UInt16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(v => (int)v)],
                AsynchronousElement.UInt32 => [.. MemoryMarshal.Cast<byte, uint>(bytes).ToArray().Select(v => (int)v)],
                _ => [.. MemoryMarshal.Cast<byte, double>(bytes).ToArray().Select(v => (int)v)],
            };
            lock (_kept)
            {
                _kept.Add((piece.Signal.Name, piece.Row, values));
            }

            piece.Dispose();
            return ValueTask.FromResult((long)_kept.Count - 1);
        }
    }
}

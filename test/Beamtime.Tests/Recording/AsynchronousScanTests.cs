using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Roles;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Recording;

/// <summary>A scan with devices that give data at their own pace, from the request to its file.</summary>
public sealed class AsynchronousScanTests
{
    private const string Devices =
        """
        samx:
          deviceClass: simulated.positioner
          deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0, egu: mm}
          readoutPriority: baseline
          enabled: true
        bpm4i:
          deviceClass: simulated.monitor
          readoutPriority: monitored
          enabled: true
        stream:
          deviceClass: test.stream
          readoutPriority: async
          softwareTrigger: true
          enabled: true
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_device_gives_at_its_triggers_is_in_the_file_of_the_scan()
    {
        using var folder = TemporaryFolder.Create("async-scan");
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        plugins.AddDevice(static _ => new StreamDevice(), "test.stream");
        var launch = HostLaunch.Read(
            RunningHost.WriteSite(folder["site"], Devices),
            configFile: null,
            [$"database.data_folder={folder["data"]}", "api.port=0", "recording.minimum_free=0", "devices.asynchronous_minimum_free=0"],
            plugins) with
        {
            ConfigureLogging = logging => logging.ClearProviders(),
        };
        await using var host = await BeamtimeHost.StartAsync(launch, CancellationToken.None);
        using var client = RunningHost.SignedIn(host);
        for (var number = 1; number <= 2; number++)
        {
            using var accepted = await client.PostAsJsonAsync(
                "scans", new { scan = "line", args = new[] { "samx", "0", "1" }, parameters = new { steps = "5" } }, Cancel);
            Assert.True(accepted.IsSuccessStatusCode, await accepted.Content.ReadAsStringAsync(Cancel));
            var path = await RecordedAsync(client, number);
            using var file = H5File.Open(path);
            Assert.Equal("completed", file.OpenGroup("/entry").Attributes.ReadString("end_status"));
            Assert.Equal(
                [.. Enumerable.Range(0, 15).Select(i => (double)i)],
                file.OpenDataset("/entry/collection/devices/stream/stream/value").Read<double>());
            Assert.Equal(5, file.OpenDataset("/entry/collection/devices/stream/stream/timestamp").RowCount);
            Assert.True(file.HasLink("/entry/collection/readout_groups/async/stream"));
            Assert.Empty(Directory.EnumerateFiles(Path.GetDirectoryName(path)!, "*_async.h5"));
        }
    }

    private static async Task<string> RecordedAsync(HttpClient client, int number)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var answer = await client.GetAsync(new Uri($"scan-history/{number}", UriKind.Relative), deadline.Token);
            if (answer.IsSuccessStatusCode)
            {
                var item = await answer.Content.ReadFromJsonAsync<JsonElement>(deadline.Token);
                return item.GetProperty("file").GetString()!;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>Gives three values a trigger, and is read for no point.</summary>
    private sealed class StreamDevice : IDevice, IAsynchronous, ITriggered
    {
        private AsynchronousSink? _sink;
        private int _given;

        public IReadOnlyList<Signal> Signals { get; } = [];

        public IReadOnlyList<AsynchronousSignal> AsynchronousSignals { get; } = [new() { Name = "stream", Unit = "counts" }];

        public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

        public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel) => ValueTask.CompletedTask;

        public void Begin(AsynchronousSink sink) => (_sink, _given) = (sink, 0);

        public ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel) => new([]);

        public async ValueTask TriggerAsync(CancellationToken cancel)
        {
            double[] values = [_given, _given + 1, _given + 2];
            _given += values.Length;
            await _sink!.AddAsync<double>(AsynchronousSignals[0], values, TimeProvider.System.GetUtcNow(), cancel);
        }

        public ValueTask UnstageAsync(CancellationToken cancel) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

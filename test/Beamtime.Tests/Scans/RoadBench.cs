using Beamtime.Control;
using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Points;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Spool;
using Beamtime.Sdk.Plugins;
using Beamtime.Tests.Devices;
using Beamtime.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Scans;

/// <summary>
/// The four roles of a scan, each with services of its own as in a process of its own, joined by topics that pass every
/// message through its codec. A role can be ended and begun anew.
/// </summary>
internal sealed class RoadBench : IAsyncDisposable
{
    private const string Beamline = "2-bm";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("road");
    private readonly LocalTopics _hub = new(TimeProvider.System, isEncoding: true);
    private readonly Dictionary<ControlParts, Process> _processes = [];

    private RoadBench(BeamtimeDatabase database) => Database = database;

    public BeamtimeDatabase Database { get; }

    public PluginRegistry Plugins { get; } = DeviceServerBench.MakePlugins();

    public LogLines Log { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IServiceProvider Scans => _processes[ControlParts.ScanServer].Services;

    public static async Task<RoadBench> StartAsync(string devices, Action<PluginRegistry>? more = null)
    {
        var bench = new RoadBench(await TestDatabase.CreateAsync());
        more?.Invoke(bench.Plugins);
        await File.WriteAllTextAsync(bench._folder["devices.yaml"], devices, Cancel);
        foreach (var part in (ControlParts[])
            [ControlParts.DeviceServer, ControlParts.Bundler, ControlParts.FileWriter, ControlParts.ScanServer])
        {
            await bench.BeginAsync(part);
        }

        return bench;
    }

    /// <summary>Begins a role, as a new process does.</summary>
    public async Task BeginAsync(ControlParts part)
    {
        var services = new ServiceCollection()
            .AddLogging(logs => logs.AddProvider(Log))
            .AddSingleton(TimeProvider.System)
            .AddSingleton(PluginShelf.Of(Plugins, TimeProvider.System))
            .AddSingleton(new PluginOptions())
            .AddSingleton(new DeviceOptions
            {
                BeatInterval = TimeSpan.FromMilliseconds(100), SilenceLimit = TimeSpan.FromSeconds(2),
            })
            .AddSingleton(new ScanOptions { Beamline = Beamline })
            .AddSingleton(new PointOptions())
            .AddSingleton(new Control.Scans.Metadata.MetadataOptions())
            .AddSingleton(new RecordingOptions { MinimumFree = 0, ShutdownDeadline = TimeSpan.Zero })
            .AddSingleton(Database)
            .AddSingleton<LedgerStore>()
            .AddSingleton<TopicHub>(_hub)
            .AddSingleton(_ => RoleSpool.Open(_folder[$"spool-{part}"], 1 << 20, NullLogger.Instance));
        DeviceRoster? roster = null;
        switch (part)
        {
            case ControlParts.DeviceServer:
                roster = await DeviceRoster.ConnectAsync(
                    DeviceFile.Read(_folder["devices.yaml"]), Plugins, new DeviceOptions(), TimeProvider.System,
                    NullLogger<DeviceRoster>.Instance, Cancel);
                services.AddDeviceServer(Beamline, roster, _folder.Path);
                break;
            case ControlParts.Bundler:
                services.AddBundler(Beamline);
                break;
            case ControlParts.FileWriter:
                services.AddFileWriter(Beamline, _folder["recordings"]);
                break;
            default:
                services.AddDeviceOwner(Beamline).AddScans(Beamline).AddRecorder(Beamline, _folder["recordings"]).AddRecordingWatch();
                break;
        }

        var process = new Process(services.BuildServiceProvider(), roster);
        _processes[part] = process;
        switch (part)
        {
            case ControlParts.DeviceServer:
                process.Run<DeviceServer>(s => s.RunAsync);
                process.Run<DeviceAnnouncer>(s => s.RunAsync);
                break;
            case ControlParts.Bundler:
                process.Run<PointBundler>(s => s.RunAsync);
                break;
            case ControlParts.FileWriter:
                await process.Services.GetRequiredService<RecordingRecovery>().RecoverAsync(Cancel);
                process.Run<FileWriter>(s => s.RunAsync);
                break;
            default:
                process.Run<DeviceWatch>(s => s.RunAsync);
                process.Run<DeviceSetter>(s => s.RunAsync);
                process.Run<RecordingWatch>(s => s.RunAsync);
                await process.Services.GetRequiredService<DeviceWatch>().SessionAsync(TimeSpan.FromSeconds(30), Cancel);
                process.Run<ScanWorkers>(s => s.RunAsync);
                break;
        }
    }

    /// <summary>Ends a role; what it had not acknowledged its successor gets.</summary>
    public Task EndAsync(ControlParts part) => _processes[part].DisposeAsync().AsTask();

    public async Task<int> SubmitAsync(ScanRequest request) => (await Scans.GetRequiredService<ScanQueues>()
        .SubmitAsync(request, ControlBench.Who, Cancel)).OrThrow().State!.Number;

    /// <summary>Waits until the scan has taken so many points, or all.</summary>
    public async Task TakenAsync(int number, int points)
    {
        RunningScan? running = null;
        await UntilAsync(
            async () =>
            {
                running = Scans.GetRequiredService<ScanQueues>().Running;
                if (running?.PointsTaken >= points)
                {
                    return true;
                }

                var scan = (await Scans.GetRequiredService<ScanStore>().FindAsync(Beamline, $"{number}", Cancel))!.State!;
                Assert.True(
                    !scan.State.IsOver || scan.State == ScanState.Completed,
                    $"{scan.State}: {string.Join("; ", scan.Reasons.Select(r => r.Message))}");
                return scan.State.IsOver;
            },
            () => $"{points} points (of {running?.PointsTaken}, {running?.Phase}, waits for {running?.WaitsFor?.Message})");
    }

    /// <summary>Waits until a scan is over and its file is registered.</summary>
    public async Task<ScanRecord> EndOfAsync(int number)
    {
        var store = Scans.GetRequiredService<ScanStore>();
        ScanRecord? record = null;
        await UntilAsync(
            async () =>
            {
                var scan = (await store.FindAsync(Beamline, $"{number}", Cancel))!;
                record = scan.State;
                return record!.State.IsOver && await Scans.GetRequiredService<ScanRecorder>().IsRecordedAsync(Guid.Parse(scan.Id), Cancel);
            },
            () => $"scan {number}, which is {record?.State},");
        return record!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values.Reverse())
        {
            await process.DisposeAsync();
        }

        await Database.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task UntilAsync(Func<Task<bool>> isTrue, Func<string> what)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !await isTrue();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60), $"{what()} does not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }

    private sealed class Process(ServiceProvider services, DeviceRoster? roster) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Task> _loops = [];
        private bool _isEnded;

        public IServiceProvider Services => services;

        public void Run<T>(Func<T, Func<CancellationToken, Task>> loop)
            where T : notnull
        {
            var run = loop(services.GetRequiredService<T>());
            _loops.Add(Task.Run(() => run(_stop.Token), Cancel));
        }

        public async ValueTask DisposeAsync()
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
            await _stop.CancelAsync();
            foreach (var loop in _loops)
            {
                await ((Task)loop.Soon()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await services.DisposeAsync();
            if (roster is not null)
            {
                await roster.DisposeAsync();
            }

            _stop.Dispose();
        }
    }
}

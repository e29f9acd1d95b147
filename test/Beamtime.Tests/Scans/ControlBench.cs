using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Points;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Spool;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Tests.Devices;
using Beamtime.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Scans;

/// <summary>The half that measures, whole, on a database of its own and the system's clock; it can be restarted.</summary>
internal sealed class ControlBench : IAsyncDisposable
{
    public static readonly PersonId Who = new(Guid.Parse("00000000-0000-7000-8000-00000000000a"));
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("control");
    private readonly BeamtimeDatabase _database;
    private readonly string _yaml;
    private readonly List<(Task Task, CancellationTokenSource Stop)> _loops = [];
    private ServiceProvider _services = null!;
    private DeviceRoster _roster = null!;

    private ControlBench(BeamtimeDatabase database, string yaml) => (_database, _yaml) = (database, yaml);

    public PluginRegistry Plugins { get; } = DeviceServerBench.MakePlugins();

    public DeviceOptions DeviceOptions { get; init; } = new();

    /// <summary>The clock of everything but the database.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ScanOptions ScanOptions { get; init; } = new() { Beamline = "2-bm", QueueCapacity = 3 };

    /// <summary>Admission and what people do to scans, as the tests of scans speak of it.</summary>
    public BenchQueue Queue => new(Queues, Control);

    public ScanQueues Queues => _services.GetRequiredService<ScanQueues>();

    public ScanControl Control => _services.GetRequiredService<ScanControl>();

    public QueueControl QueueControl => _services.GetRequiredService<QueueControl>();

    public ScanStore Store => _services.GetRequiredService<ScanStore>();

    public DeviceLocks Locks => _services.GetRequiredService<DeviceLocks>();

    public DeviceDesk Desk => _services.GetRequiredService<DeviceDesk>();

    public RecordingStore Recordings => _services.GetRequiredService<RecordingStore>();

    /// <summary>Whether messages pass their codecs, as between processes.</summary>
    public bool IsEncoding { get; init; } = true;

    public LogLines Log { get; } = new();

    public BeamtimeDatabase Database => _database;

    public string EpochFile => _folder["2-bm.device-epoch"];

    public static async Task<ControlBench> CreateAsync(
        string yaml, DeviceOptions? devices = null, ScanOptions? scans = null, TimeProvider? time = null)
    {
        var bench = new ControlBench(await TestDatabase.CreateAsync(), yaml)
        {
            DeviceOptions = devices ?? new DeviceOptions(),
            ScanOptions = scans ?? new ScanOptions { Beamline = "2-bm", QueueCapacity = 3 },
            Time = time ?? TimeProvider.System,
        };
        await bench.OpenAsync();
        return bench;
    }

    /// <summary>One of the services that the program has.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Something on the services that the program has.</summary>
    public T Make<T>() => ActivatorUtilities.CreateInstance<T>(_services);

    public WatchedDevice Watched(string name) => (WatchedDevice)_roster[name].Device;

    public PlainDevice Plain(string name) => (PlainDevice)_roster[name].Device;

    public T Service<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>The driver of a device.</summary>
    public T Driver<T>(string name) => (T)_roster[name].Device;

    public WatchedFlyer Flyer(string name) => (WatchedFlyer)_roster[name].Device;

    /// <summary>Reads a device as its roster did when it connected.</summary>
    public async Task RememberAsync(string name)
    {
        var row = new Reading[_roster[name].ReadSignals.Count];
        await _roster[name].Device.ReadAsync(configuration: false, row, TestContext.Current.CancellationToken);
        _roster[name].Remember(row, 0);
        _services.GetRequiredService<DeviceBook>().Remember(name, row);
    }

    /// <summary>Starts the loops, each with an end of its own; they end in the reverse order, as the program's do.</summary>
    public void Start()
    {
        Func<CancellationToken, Task>[] loops =
        [
            _services.GetRequiredService<DeviceServer>().RunAsync,
            _services.GetRequiredService<DeviceAnnouncer>().RunAsync,
            _services.GetRequiredService<DeviceWatch>().RunAsync,
            _services.GetRequiredService<DeviceSetter>().RunAsync,
            _services.GetRequiredService<FileWriter>().RunAsync,
            _services.GetRequiredService<PointBundler>().RunAsync,
            _services.GetRequiredService<RecordingWatch>().RunAsync,
            _services.GetRequiredService<ScanWorkers>().RunAsync,
        ];
        foreach (var run in loops)
        {
            var stop = new CancellationTokenSource();
            _loops.Add((Task.Run(() => run(stop.Token), TestContext.Current.CancellationToken), stop));
        }
    }

    /// <summary>Waits until the scan server, which sets devices, was heard for the first time.</summary>
    public async Task OwnerHeardAsync()
    {
        var owner = _services.GetRequiredService<DeviceTopics>().Owner;
        while (await owner.LastAsync(TestContext.Current.CancellationToken) is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends the program in an orderly way.</summary>
    public async Task StopAsync()
    {
        foreach (var (task, stop) in Enumerable.Reverse(_loops))
        {
            await stop.CancelAsync();
            await ((Task)task.Soon()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.True(task.IsCompleted, "A loop does not end.");
            stop.Dispose();
        }

        _loops.Clear();
        await _services.DisposeAsync();
        await _roster.DisposeAsync();
    }

    /// <summary>Opens what a new program opens, on the same database and folder.</summary>
    public async Task OpenAsync()
    {
        await File.WriteAllTextAsync(_folder["devices.yaml"], _yaml);
        _roster = await DeviceRoster.ConnectAsync(
            DeviceFile.Read(_folder["devices.yaml"]),
            Plugins,
            DeviceOptions,
            Time,
            NullLogger<DeviceRoster>.Instance,
            TestContext.Current.CancellationToken);
        _services = new ServiceCollection()
            .AddLogging(logs => logs.AddProvider(Log))
            .AddSingleton(Time)
            .AddSingleton(PluginShelf.Of(Plugins, Time))
            .AddSingleton(DeviceOptions)
            .AddSingleton(ScanOptions)
            .AddSingleton(new PointOptions())
            .AddSingleton(new Control.Scans.Metadata.MetadataOptions())
            .AddSingleton(new RecordingOptions { MinimumFree = 0 })
            .AddSingleton(_database)
            .AddSingleton<LedgerStore>()
            .AddSingleton<TopicHub>(new LocalTopics(Time, isEncoding: IsEncoding))
            .AddSingleton(_ => RoleSpool.Open(_folder["spool"], 1 << 20, NullLogger.Instance))
            .AddDevices("2-bm", _roster, EpochFile)
            .AddDeviceOwner("2-bm")
            .AddScans("2-bm")
            .AddPoints("2-bm")
            .AddRecording("2-bm", _folder["recordings"])
            .AddRecordingWatch()
            .BuildServiceProvider();
        await _services.GetRequiredService<DeviceAnnouncer>().AnnounceAsync(TestContext.Current.CancellationToken);
        await _services.GetRequiredService<DeviceWatch>().LookAsync(TestContext.Current.CancellationToken);
        await _services.GetRequiredService<RecordingRecovery>().RecoverAsync(TestContext.Current.CancellationToken);
    }

    public Task<Outcome<StreamState<ScanRecord>>> SubmitAsync(ScanRequest request) =>
        Queue.SubmitAsync(request, Who, TestContext.Current.CancellationToken);

    /// <summary>Asks for something about a queue.</summary>
    public Task<Outcome<ScanQueueRecord>> AskAsync(
        QueueCommandKind kind, string queue = ScanQueue.Primary, string owner = "", string reason = "") => QueueControl.DoAsync(
        new QueueCommand { Kind = kind, Who = Who.Value, Queue = queue, Owner = owner, Reason = reason },
        TestContext.Current.CancellationToken);

    public Task<ScanQueueRecord> LockAsync(string queue, QueueLocked locked) =>
        QueueControl.LockAsync(queue, locked, Who, TestContext.Current.CancellationToken);

    /// <summary>Numbers of the scans that wait or run in a queue.</summary>
    public async Task<int[]> NumbersAsync(string queue = ScanQueue.Primary) =>
        [.. (await Store.QueuedAsync("2-bm", queue, 100, TestContext.Current.CancellationToken)).Select(s => s.State!.Number)];

    public async Task<int> AcceptAsync(ScanRequest request) => (await SubmitAsync(request)).OrThrow().State!.Number;

    public async Task<ScanRecord> FindAsync(int number) => (await Store.FindAsync(
        "2-bm", $"S{number:D5}", TestContext.Current.CancellationToken))!.State!;

    public async Task<ScanRecord> EndOfAsync(int number)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var record = await FindAsync(number);
            if (record.State.IsOver)
            {
                return record;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"Scan {number} is {record.State} for ever.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The final file of a scan, as soon as it is closed and registered.</summary>
    public async Task<string> FileOfAsync(int number)
    {
        var scan = (await Store.FindAsync("2-bm", $"{number}", TestContext.Current.CancellationToken))!;
        var start = TimeProvider.System.GetTimestamp();
        while (!await Recordings.IsSettledAsync(Guid.Parse(scan.Id), TestContext.Current.CancellationToken))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"Scan {number} has no file.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return Path.Combine(scan.State!.Folder!, $"{scan.State.FilePrefix}_master.h5");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
    }
}

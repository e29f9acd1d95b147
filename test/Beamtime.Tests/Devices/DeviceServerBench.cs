using Beamtime.Control.Devices;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Devices;

/// <summary>A device server that runs on a fake clock, on the devices of a configuration.</summary>
internal sealed class DeviceServerBench : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("devices");
    private readonly CancellationTokenSource _stop = new();
    private readonly TopicSignal _signal = new();
    private Subscription<PointReadings> _readings = null!;

    public FakeClock Clock { get; } = new();

    /// <summary>Nobody says here that an owner lives.</summary>
    public DeviceOptions Options { get; init; } = new() { OwnerLimit = TimeSpan.FromDays(365) };

    public PluginRegistry Plugins { get; } = MakePlugins();

    public DeviceRoster Roster { get; private set; } = null!;

    public DeviceTopics Topics { get; private set; } = null!;

    public RequestTopic<Instruction, InstructionDone> Instructions => Topics.Instructions;

    public DeviceServer Server { get; private set; } = null!;

    public OwnerEpoch Owner { get; private set; } = null!;

    public string EpochFile => _folder["epoch"];

    public static PluginRegistry MakePlugins()
    {
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        plugins.AddDevice(configuration => new WatchedDevice(configuration), "test.watched");
        plugins.AddDevice(configuration => new WatchedFlyer(configuration), "test.flyer");
        plugins.AddDevice(configuration => new PlainDevice(configuration), "test.plain");
        plugins.AddDevice(_ => throw new InvalidOperationException("no such card"), "test.broken");
        return plugins;
    }

    /// <summary>Writes a configuration, reads it as the program does, connects and serves.</summary>
    public async Task<DeviceServerBench> StartAsync(string yaml)
    {
        Roster = await ConnectAsync(yaml);
        Owner = new OwnerEpoch(EpochFile);
        Topics = new DeviceTopics(new LocalTopics(Clock, isEncoding: false), "2-bm");
        _readings = Topics.Readings.Subscribe("bundler", _signal);
        Server = new DeviceServer(Roster, Topics, Owner, Options, Clock, NullLogger<DeviceServer>.Instance);
        _ = Server.RunAsync(_stop.Token);
        return this;
    }

    public async Task<DeviceRoster> ConnectAsync(string yaml)
    {
        await File.WriteAllTextAsync(_folder["devices.yaml"], yaml, TestContext.Current.CancellationToken);
        return await DeviceRoster.ConnectAsync(
            DeviceFile.Read(_folder["devices.yaml"]),
            Plugins,
            Options,
            Clock,
            NullLogger<DeviceRoster>.Instance,
            TestContext.Current.CancellationToken);
    }

    public WatchedDevice Watched(string name) => (WatchedDevice)Roster[name].Device;

    public Task<InstructionDone> AskAsync(params Operation[] operations) =>
        AskAsync(new Instruction { OwnerEpoch = 1, Operations = operations }, TestContext.Current.CancellationToken);

    public Task<InstructionDone> AskAsync(Instruction instruction, CancellationToken cancel) =>
        Instructions.AskAsync(instruction, TimeSpan.FromDays(1), cancel).AsTask();

    /// <summary>Reads a point of these devices.</summary>
    public Task<InstructionDone> PointAsync(int point, params string[] devices) => AskAsync(
        new Instruction
        {
            OwnerEpoch = 1,
            Operations = [.. devices.Select(d => new Operation(0, OperationKind.Read, d))],
            Scan = Guid.Empty,
            Point = point,
        },
        TestContext.Current.CancellationToken);

    public async Task<PointReadings> NextAsync()
    {
        var one = new PointReadings[1];
        while (_readings.Read(one) == 0)
        {
            await _signal.WaitAsync(TestContext.Current.CancellationToken).AsTask().Soon();
        }

        _readings.AcknowledgeRead();
        return one[0];
    }

    /// <summary>Advances the clock until a task ends: what it waits for may begin a moment later.</summary>
    public async Task AdvanceUntilAsync(Task task, TimeSpan step)
    {
        var end = TimeProvider.System.GetTimestamp();
        while (!task.IsCompleted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(end) < TimeSpan.FromSeconds(30), "It does not end.");
            Clock.Advance(step);
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken));
        }
    }

    public static async Task<Reason> FaultAsync(Task task) =>
        (await Assert.ThrowsAsync<FaultException>(() => task.Soon())).Reason;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (Roster is not null)
        {
            await Roster.DisposeAsync();
        }

        _stop.Dispose();
        _folder.Dispose();
    }
}

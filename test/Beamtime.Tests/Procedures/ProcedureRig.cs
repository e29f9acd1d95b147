using System.Text.Json;
using Beamtime.Control.Devices;
using Beamtime.Control.Procedures;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Procedures;

/// <summary>Procedures on simulated devices over the real ledger, without a host.</summary>
internal sealed class ProcedureRig : IAsyncDisposable
{
    public const string Devices =
        """
        samx: {deviceClass: simulated.positioner, deviceConfig: {delay: 0, limits: [-10, 10], tolerance: 0}, enabled: true, readoutPriority: baseline}
        lamp: {deviceClass: simulated.signal, deviceConfig: {type: integer}, enabled: true, readoutPriority: baseline}
        door: {deviceClass: simulated.signal, deviceConfig: {type: integer}, enabled: true, readoutPriority: baseline}
        stuck: {deviceClass: simulated.faulty, deviceConfig: {at: set, mode: hang}, enabled: true, readoutPriority: baseline}
        broken: {deviceClass: simulated.faulty, deviceConfig: {at: set, mode: raise}, enabled: true, readoutPriority: baseline}
        """;

    private readonly TemporaryFolder _folder;
    private readonly DeviceRoster _roster;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _loops;

    private ProcedureRig(TemporaryFolder folder, DeviceRoster roster, BeamtimeDatabase database, string yaml)
    {
        var time = TimeProvider.System;
        _folder = folder;
        _roster = roster;
        Database = database;
        Ledger = new LedgerStore(database, time);
        var topics = new DeviceTopics(new LocalTopics(time, isEncoding: true), "test");
        var owner = new OwnerEpoch(folder["epoch"]);
        var options = new DeviceOptions();
        var server = new DeviceServer(roster, topics, owner, options, time, NullLogger<DeviceServer>.Instance);
        var announcer = new DeviceAnnouncer(roster, topics, server, owner, options, time);
        var book = DeviceBook.Of(roster);
        var watch = new DeviceWatch(topics, book, options, time, NullLogger<DeviceWatch>.Instance);
        var link = new DeviceLink(topics, watch, book, options, time);
        link.Own(1);
        Desk = new DeviceDesk(book, link, topics, options, time);
        var setter = new DeviceSetter(book, link, Desk, new DeviceLocks(), topics, options, time);
        Actions = new Dictionary<string, ProcedureAction>
        {
            ["wait"] = ProcedureAction.Wait(time),
            ["stumble"] = new("stumble", [], [], [], _ => [], (_, _) => throw new InvalidOperationException("a bug")),
            ["note"] = new("note", ["text"], [], ["file"], _ => [], (call, _) =>
            {
                Notes.Add(call.With["text"].ToString());
                return Task.FromResult<IReadOnlyDictionary<string, Value>>(
                    new Dictionary<string, Value> { ["file"] = Value.Of($"{call.With["text"]}.h5") });
            }),
        };
        var file = folder["procedures.yaml"];
        File.WriteAllText(file, yaml);
        Book = new ProcedureBook(ProcedureFile.Read(file, book, MayWrite, Actions), book);
        Store = new ProcedureStore(database, Ledger, time, NullLogger<ProcedureStore>.Instance);
        var conductor = new StepConductor(Desk, MayWrite, Actions, (input, _) => Task.FromResult(input == "pair.h5" ? 262.4 : double.NaN), time,
            NullLogger<StepConductor>.Instance);
        var runner = new ProcedureRunner(Store, conductor, time);
        Procedures = new ProcedureDesk("test", Book, Store, runner, time);
        _loops =
        [
            server.RunAsync(_stop.Token), announcer.RunAsync(_stop.Token), watch.RunAsync(_stop.Token),
            setter.RunAsync(_stop.Token), runner.RunAsync(_stop.Token),
        ];
    }

    public BeamtimeDatabase Database { get; }

    public LedgerStore Ledger { get; }

    public DeviceDesk Desk { get; }

    public ProcedureBook Book { get; }

    public ProcedureStore Store { get; }

    public ProcedureDesk Procedures { get; }

    public Dictionary<string, ProcedureAction> Actions { get; }

    public List<string> Notes { get; } = [];

    public static async Task<ProcedureRig> StartAsync(string yaml, BeamtimeDatabase? database = null)
    {
        var folder = TemporaryFolder.Create("procedures");
        var roster = await SimulatedRoster.ConnectAsync(folder, Devices, TimeProvider.System, TestContext.Current.CancellationToken);
        return new ProcedureRig(folder, roster, database ?? await TestDatabase.CreateAsync(), yaml);
    }

    public static bool MayWrite(string address) => address is not "door";

    public async Task<Guid> BeginAsync(string name, params (string Key, object Value)[] parameters) =>
        Guid.Parse((await StartAsync(name, parameters)).OrThrow().Id);

    public Task<Outcome<StreamState<ProcedureRecord>>> StartAsync(string name, params (string Key, object Value)[] parameters) =>
        Procedures.StartAsync(
            name,
            parameters.ToDictionary(p => p.Key, p => JsonSerializer.SerializeToElement(p.Value)),
            PersonId.LocalOperator,
            TestContext.Current.CancellationToken);

    /// <summary>Waits until a run satisfies a condition.</summary>
    public async Task<ProcedureRecord> UntilAsync(Guid id, Func<ProcedureRecord, bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        using var changes = Database.Listener.Subscribe(LedgerStore.Channel);
        while (true)
        {
            var run = (await Store.FindAsync(id, deadline.Token))!.State!;
            if (condition(run))
            {
                return run;
            }

            await changes.WaitAsync(TimeSpan.FromMilliseconds(100), deadline.Token);
        }
    }

    public Task<ProcedureRecord> OverAsync(Guid id) => UntilAsync(id, r => r.State.IsOver);

    public async Task<double> ReadAsync(string address) =>
        (await Desk.ReadSignalAsync(address, TestContext.Current.CancellationToken)).Value.AsDouble();

    public async Task<List<ProcedureEntry>> JournalAsync(Guid id)
    {
        List<ProcedureEntry> entries = [];
        await foreach (var entry in Ledger.ReadStreamAsync(ProcedureRecord.Kind, id.ToString(), TestContext.Current.CancellationToken))
        {
            entries.Add(entry.Data);
        }

        return entries;
    }

    /// <summary>Ends the loops at once, as the end of the program does.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        foreach (var loop in _loops)
        {
            await loop.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        await _roster.DisposeAsync();
        _folder.Dispose();
    }
}

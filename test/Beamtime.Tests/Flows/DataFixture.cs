using System.Security.Cryptography;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Compute;
using Beamtime.Data.Datasets;
using Beamtime.Data.Flows;
using Beamtime.Data.Storage;
using Beamtime.Data.Transfers;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Flows;

/// <summary>
/// The data half on a database and folders of its own. In place of the compute process stands a script that counts its
/// runs and writes a volume.
/// </summary>
internal sealed class DataFixture : IAsyncDisposable
{
    private static readonly StreamKind<RecordingClosed, RecordingClosed> Recordings = new(
        RecordingEntries.Kind,
        foldVersion: 1,
        static (_, entry) => entry.Data,
        new EntryTypes<RecordingClosed>().Add(
            RecordingEntries.Closed, RecordingEntries.ClosedVersion, RecordingEntriesJson.Default.RecordingClosed),
        RecordingEntriesJson.Default.RecordingClosed);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("data");
    private readonly JobMetrics _metrics = new();

    private DataFixture(BeamtimeDatabase database, StorageOptions storages)
    {
        var time = TimeProvider.System;
        Database = database;
        Ledger = new LedgerStore(database, time);
        Jobs = new JobStore(database);
        Queue = new JobQueue(database, time);
        Workflows = new WorkflowStore(database, Queue, Jobs, time);
        Storages = StorageSet.Open(storages, _folder.Path);
        Store = new DatasetStore(database, time);
        Register = new DatasetRegister(Ledger, Store, time);
        Activity = new DatasetActivity(time);
        Intake = new RecordingIntake(Register, Workflows);
        WriteProgram("exit 1");
    }

    public BeamtimeDatabase Database { get; }

    public LedgerStore Ledger { get; }

    public JobStore Jobs { get; }

    public JobQueue Queue { get; }

    public WorkflowStore Workflows { get; }

    public WorkflowDesk Desk => new(Database, Workflows, new WorkflowKinds());

    public StorageSet Storages { get; }

    public DatasetStore Store { get; }

    public DatasetRegister Register { get; }

    public DatasetActivity Activity { get; }

    public RecordingIntake Intake { get; }

    public ComputeOptions Compute => new() { Program = _folder["program"] };

    public int ComputeRuns => File.Exists(_folder["runs"]) ? File.ReadAllLines(_folder["runs"]).Length : 0;

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<DataFixture> CreateAsync(StorageOptions? storages = null) =>
        new(await TestDatabase.CreateAsync(), storages ?? new StorageOptions());

    /// <summary>A script that writes what the compute verb would: a volume of three bytes and a picture.</summary>
    public void WriteVolumes() => WriteProgram(
        """
        out=$4
        mkdir -p "$out"
        printf abc > "$out/volume.h5"
        printf png > "$out/middle_slice.png"
        echo "libhdf5 says something"
        echo '{"event":"Progress","done":1,"of":2}'
        echo "{\"event\":\"Result\",\"result\":{\"volume_file\":\"$out/volume.h5\",\"picture_file\":\"$out/middle_slice.png\",\"centre\":7.5,\"centre_origin\":\"OppositePair\",\"slices\":2,\"size\":16,\"projections\":181,\"elapsed\":\"00:00:01\"}}"
        """);

    public void WriteProgram(string body)
    {
        File.WriteAllText(_folder["program"], $"#!/bin/sh\necho run >> '{_folder["runs"]}'\n{body}\n");
        File.SetUnixFileMode(
            _folder["program"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Writes a recording of a master and a frame file and closes it in the ledger.</summary>
    public async Task<RecordingClosed> RecordAsync(
        ScanEnd end = ScanEnd.Completed, int number = 12, bool isTomography = true, int frameBytes = 3_000_000)
    {
        var name = $"S{number:D5}";
        var folder = System.IO.Path.Combine(Storages.Recordings.Folder, "S00000-00999", name);
        Directory.CreateDirectory(folder);
        RecordedFile[] files =
        [
            await WriteAsync(folder, $"{name}_master.h5", 10_000, isHashed: true),
            await WriteAsync(folder, $"{name}_camera.h5", frameBytes, isHashed: false),
        ];
        var now = TimeProvider.System.GetUtcNow();
        var closed = new RecordingClosed(
            Guid.CreateVersion7(now), "2-bm", number, "tomo", end, 181, now, now, folder, files,
            isTomography ? ["exchange"] : [], new Dictionary<string, string> { ["exposure"] = "0.1" });
        await CloseAsync(closed);
        return closed;
    }

    public Task CloseAsync(RecordingClosed closed) => Database.TransactAsync(
        transaction => Ledger.AppendAsync(
            transaction, Recordings, closed.Scan.ToString(), 0, [closed], Why.BySystem("closed", closed.Scan.ToString()), Cancel),
        Cancel);

    /// <summary>Takes in all recordings that are closed, each this many times.</summary>
    public async Task TakeInAsync(int times = 1)
    {
        var closed = await CountAsync("select count(*) from entries where kind = 'recording'");
        var seen = 0;
        await using var forget = Database.Source.CreateCommand("delete from cursors where name = 'datasets'");
        await forget.ExecuteNonQueryAsync(Cancel);
        var subscription = new LedgerSubscription(
            Database,
            RecordingIntake.Name,
            [RecordingEntries.Kind],
            async (transaction, batch, cancel) =>
            {
                for (var i = 0; i < times; i++)
                {
                    await Intake.TakeAsync(transaction, batch, cancel);
                }

                seen += batch.Count;
            },
            TimeProvider.System,
            NullLogger.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var following = subscription.RunAsync(stop.Token);
        while (await CountAsync("select count(*) from datasets where recording is not null") < closed || seen < closed)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel).WaitAsync(Deadline, TimeProvider.System, Cancel);
        }

        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async Task<DatasetId> FindAsync(string name) =>
        await Store.FindAsync(name, Cancel) ?? throw new InvalidOperationException($"There is no data set {name}.");

    public async Task<DatasetContent> ReadAsync(string name) => (await Store.ReadAsync(await FindAsync(name), Cancel))!;

    public async Task<DatasetRecord> LoadAsync(string name) =>
        (await Ledger.LoadAsync(DatasetStream.Kind, (await FindAsync(name)).ToString(), Cancel)).State!;

    public string Path(string name) => _folder[name];

    /// <summary>
    /// Has every step of every workflow fail once when its begin is written, and once when its result is: as if the
    /// program died there. Sequences remember it, for they do not roll back.
    /// </summary>
    public async Task FailEveryStepTwiceAsync()
    {
        await using var command = Database.Owner.CreateCommand(
            """
            create function fail_once() returns trigger language plpgsql security definer as $$
            declare
                counter text := 'fail_' || md5(new.name || new.state);
            begin
                if new.state <> 'Failed' and nextval(counter) = 1 then
                    raise 'the program dies in % of %', new.state, new.name;
                end if;
                return new;
            end
            $$;
            do $$
            declare
                name text;
                state text;
            begin
                foreach name in array array['find', 'place', 'copy 1', 'verified 1', 'copy 2', 'verified 2', 'secure',
                    'reconstruct', 'derive'] loop
                    foreach state in array array['Started', 'Finished'] loop
                        execute format('create sequence %I', 'fail_' || md5(name || state));
                    end loop;
                end loop;
            end
            $$;
            create trigger fail_once before insert or update on workflow_steps for each row execute function fail_once();
            """);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>Runs a worker until the workflow of a data set has ended.</summary>
    public Task<WorkflowReport> RunFlowAsync(string name) => RunUntilAsync(name, CancellationToken.None);

    /// <summary>Runs a worker until the workflow of a data set has ended or the worker is stopped.</summary>
    public async Task<WorkflowReport> RunUntilAsync(string name, CancellationToken stop) =>
        await RunUntilAsync(new WorkflowId((await ReadAsync(name)).Workflow!.Value), stop);

    /// <summary>Runs a worker until a workflow has ended or the worker is stopped.</summary>
    public async Task<WorkflowReport> RunUntilAsync(WorkflowId id, CancellationToken stop)
    {
        using var compute = new ComputeProcess(Compute);
        var handlers = new JobHandlers();
        var runner = new WorkflowRunner(Database, Queue, new WorkflowKinds(), seed: 1, TimeProvider.System);
        runner.Add(handlers, RecordingFlow.Kind, Flow(compute).RunAsync);
        runner.Add(handlers, StorageCopyFlow.Kind, CopyFlow().RunAsync);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(Deadline);
        await using (Work(handlers))
        {
            while (!stop.IsCancellationRequested
                && !(await Workflows.ShowAsync(id, Cancel))!.Workflow.State.IsTerminal)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
            }
        }

        return (await Workflows.ShowAsync(id, Cancel))!;
    }

    /// <summary>A worker that runs until it is disposed of.</summary>
    public Worker Work(JobHandlers handlers) => new(new JobWorker(
        Database, handlers, new JobWorkerOptions { Name = "test", Seed = 1 }, _metrics, TimeProvider.System, NullLoggerFactory.Instance));

    public StorageCopyFlow CopyFlow() => new(
        Storages,
        Ledger,
        Store,
        Register,
        new DatasetTransfer(Database, Register, new FileCopy(TimeProvider.System), new CopyVerification(TimeProvider.System), Activity));

    public RecordingFlow Flow(ComputeProcess compute)
    {
        var time = TimeProvider.System;
        var transfer = new DatasetTransfer(
            Database, Register, new FileCopy(time), new CopyVerification(time), Activity);
        return new RecordingFlow(
            Storages, Register, transfer, Workflows, new VolumeMaking(Storages, new ReconstructionProcess(compute), Register, Activity, time));
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var command = Database.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _metrics.Dispose();
        _folder.Dispose();
    }

    private static async Task<RecordedFile> WriteAsync(string folder, string name, int bytes, bool isHashed)
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        var path = System.IO.Path.Combine(folder, name);
        await File.WriteAllBytesAsync(path, content, Cancel);
        return new RecordedFile(
            name, bytes, File.GetLastWriteTimeUtc(path), isHashed ? Convert.ToHexStringLower(SHA256.HashData(content)) : null);
    }

    /// <summary>A running worker.</summary>
    internal sealed class Worker : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;

        public Worker(JobWorker worker) => _run = worker.RunAsync(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run.WaitAsync(Deadline, TimeProvider.System);
            _stop.Dispose();
        }
    }
}

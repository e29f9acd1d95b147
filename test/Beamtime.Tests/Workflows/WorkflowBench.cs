using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Workflows;

/// <summary>A database with a queue of workflows, and what people do with them.</summary>
internal sealed class WorkflowBench : IAsyncDisposable
{
    public static readonly ErrorCode Passing = new("test.disk.busy", "Busy.", "Wait.", RetryClass.Later);
    public static readonly ErrorCode Lasting = new("test.disk.absent", "Absent.", "Mount it.");

    public static readonly WorkflowMessage<Finding> Go = new("go", FindingJson.Default.Finding);

    public static readonly WorkflowKind<Errand, Finding> Kind = new(
        "delivery", 1, ErrandJson.Default.Errand, FindingJson.Default.Finding, JobFixture.Kind.Options) { Messages = [Go] };

    public static readonly WorkflowKind<Errand, Finding> Part = new(
        "part", 1, ErrandJson.Default.Errand, FindingJson.Default.Finding, JobFixture.Kind.Options);

    private readonly JobHandlers _handlers = new();
    private readonly WorkflowRunner _runner;
    private readonly Dictionary<string, WorkflowHandler<Errand, Finding>> _bodies = [];
    private readonly HashSet<string> _known = [];
    private CancellationTokenSource? _vanish;
    private TimeSpan _shift;

    private WorkflowBench(JobFixture jobs)
    {
        Jobs = jobs;
        Store = new WorkflowStore(jobs.Database, jobs.Queue, jobs.Store, TimeProvider.System);
        Desk = new WorkflowDesk(jobs.Database, Store, Kinds);
        Sweeper = new WorkflowSweeper(jobs.Database, TimeProvider.System, NullLogger<WorkflowSweeper>.Instance);
        _runner = new WorkflowRunner(jobs.Database, jobs.Queue, Kinds, seed: 1, TimeProvider.System);
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public JobFixture Jobs { get; }

    public WorkflowKinds Kinds { get; } = new();

    public WorkflowStore Store { get; }

    public WorkflowDesk Desk { get; }

    public WorkflowSweeper Sweeper { get; }

    public static async Task<WorkflowBench> CreateAsync()
    {
        var jobs = await JobFixture.CreateAsync();
        await jobs.MakeEffectsAsync();
        return new WorkflowBench(jobs);
    }

    /// <summary>The workflow that was started last.</summary>
    public WorkflowId Started { get; private set; }

    public Task<WorkflowId> StartAsync(int number = 7) => StartAsync(Kind, number);

    public async Task<WorkflowId> StartAsync(WorkflowKind<Errand, Finding> kind, int number = 7, DateTimeOffset? at = null) =>
        Started = (await Jobs.Database.TransactAsync(
            t => Store.StartAsync(t, kind, new WorkflowStart { At = at, By = PersonId.LocalOperator, Why = "for a test" }, new Errand(number), Cancel),
            Cancel)).Id;

    /// <summary>Adds a kind; the last handler of a kind counts.</summary>
    public WorkflowBench Handle(WorkflowKind<Errand, Finding> kind, WorkflowHandler<Errand, Finding> handler)
    {
        _bodies[kind.Name] = handler;
        if (_known.Add(kind.Name))
        {
            _runner.Add(_handlers, kind, (workflow, cancel) => _bodies[kind.Name](workflow, cancel));
        }

        return this;
    }

    /// <summary>Adds a kind of another form.</summary>
    public void HandleOther<TInput, TResult>(WorkflowKind<TInput, TResult> kind, WorkflowHandler<TInput, TResult> handler) =>
        _runner.Add(_handlers, kind, handler);

    /// <summary>The worker that runs just now is gone: nothing of it is written from here on.</summary>
    /// <returns>To be thrown.</returns>
    public OperationCanceledException Vanish()
    {
        _vanish!.Cancel();
        return new OperationCanceledException("The worker vanished.", _vanish.Token);
    }

    /// <summary>Claims the next workflow and runs it once.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken? cancel = null)
    {
        var claimed = await Jobs.Leases.ClaimAsync("default", _handlers.Kinds, 1, "test", Cancel);
        if (claimed is not [var job])
        {
            return false;
        }

        using var vanish = CancellationTokenSource.CreateLinkedTokenSource(cancel ?? Cancel);
        _vanish = vanish;
        await _handlers.RunAsync(new JobHold(job), vanish.Token);
        return true;
    }

    /// <summary>Runs whatever is due until nothing is.</summary>
    public async Task RunAllAsync()
    {
        while (await RunOnceAsync())
        {
        }
    }

    /// <summary>Runs a worker until a workflow stands so.</summary>
    public async Task RunUntilAsync(WorkflowId id, Func<WorkflowReport, bool> until)
    {
        var worker = Jobs.Run(_handlers, o => o with { Poll = TimeSpan.FromMilliseconds(5) });
        await WaitAsync(id, until);
        await worker.StopAsync();
    }

    public async Task WaitAsync(WorkflowId id, Func<WorkflowReport, bool> until)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(JobFixture.Deadline);
        while (!until(await ShowAsync(id)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, deadline.Token);
        }
    }

    public async Task<WorkflowReport> ShowAsync(WorkflowId id) => (await Store.ShowAsync(id, Cancel))!;

    public async Task<WorkflowState> StateAsync(WorkflowId id) => (await ShowAsync(id)).Workflow.State;

    /// <summary>Shifts the lease clock on.</summary>
    public async Task PassAsync(TimeSpan by)
    {
        _shift += by;
        await Support.TestDatabase.ShiftLeaseClockAsync(Jobs.Database, _shift, Cancel);
    }

    /// <summary>A worker vanished in mid-run: its lease runs out and the workflow is taken back.</summary>
    public async Task RescueAsync()
    {
        await PassAsync(JobFixture.Lease * 2);
        await Jobs.Rescuer.RescueAsync(Cancel);
    }

    /// <summary>Every recorded move is an allowed one.</summary>
    public async Task AssertMovesAsync()
    {
        await using var command = Jobs.Database.Source.CreateCommand(
            "select workflow, state from workflow_moves order by workflow, place");
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        (Guid Workflow, WorkflowState State)? before = null;
        while (await reader.ReadAsync(Cancel))
        {
            var now = (reader.GetGuid(0), Enum.Parse<WorkflowState>(reader.GetString(1)));
            if (before is { } from && from.Workflow == now.Item1)
            {
                Assert.True(from.State.CanBecome(now.Item2), $"{from.State} to {now.Item2}");
            }

            before = now;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await AssertMovesAsync();
        await Jobs.DisposeAsync();
    }
}

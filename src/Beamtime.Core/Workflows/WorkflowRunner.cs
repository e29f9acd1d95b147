using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>
/// The work of a workflow: plain code whose steps are remembered. It is run from its beginning each time its job is
/// claimed, and comes by its finished steps without running them.
/// </summary>
/// <typeparam name="TInput">What an instance is started with.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
/// <param name="workflow">The input and the steps.</param>
/// <param name="cancel">Set when the workflow is cancelled or out of time, the lease is lost or the worker stops; pass it on and let it through.</param>
internal delegate Task<TResult> WorkflowHandler<TInput, TResult>(
    WorkflowContext<TInput> workflow, CancellationToken cancel);

/// <summary>Runs workflows as jobs.</summary>
internal sealed class WorkflowRunner
{
    private readonly BeamtimeDatabase _database;
    private readonly WorkflowKinds _kinds;
    private readonly ChildStarter _children;
    private readonly TimeProvider _time;
    private readonly Lock _drawing = new();
    private readonly Random _random;

    /// <summary>A runner.</summary>
    /// <param name="database">The database.</param>
    /// <param name="queue">Where workflows' jobs are enqueued.</param>
    /// <param name="kinds">Filled with the kinds that are added.</param>
    /// <param name="seed">Seed of the retries' jitter.</param>
    /// <param name="time">The clock of timeouts and of the pause in an outage.</param>
    public WorkflowRunner(BeamtimeDatabase database, JobQueue queue, WorkflowKinds kinds, int seed, TimeProvider time)
    {
        (_database, _kinds, _time) = (database, kinds, time);
        _children = new ChildStarter(database, queue, time);
        _random = new Random(seed);
    }

    /// <summary>Has a worker run a kind of workflow.</summary>
    /// <typeparam name="TInput">What an instance is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="handlers">The worker's kinds.</param>
    /// <param name="kind">The kind in this version.</param>
    /// <param name="handler">Its work.</param>
    public void Add<TInput, TResult>(
        JobHandlers handlers, WorkflowKind<TInput, TResult> kind, WorkflowHandler<TInput, TResult> handler)
    {
        _kinds.Add(kind);
        handlers.Add(kind.Job, (job, cancel) => RunAsync(kind, handler, job.Hold, cancel));
    }

    private async Task RunAsync<TInput, TResult>(
        WorkflowKind<TInput, TResult> kind,
        WorkflowHandler<TInput, TResult> handler,
        JobHold hold,
        CancellationToken cancel)
    {
        var begun = await WorkflowRun.PersistAsync(
            () => WorkflowBeginning.BeginAsync(_database, hold, kind.Timeout, kind.CleanUpGrace, cancel), _time, cancel);
        var id = new WorkflowId(hold.Job.Id.Value);
        using var run = new WorkflowRun(id, _database, hold, begun.Remembered, Draw, _time, cancel);
        var end = new WorkflowEnd(run, hold, begun);
        if (begun.IsCancelled || begun.IsOutOfTime)
        {
            run.End(begun.IsCancelled ? WorkflowEnding.Cancelled : WorkflowEnding.TimedOut);
        }
        else if (begun.IsPaused)
        {
            await end.ParkAsync([new Park(null, null, WorkflowState.Paused, "is paused", null)], cancel);
            return;
        }

        var input = Read(id, kind, begun.Input);
        TResult? result = default;
        Exception? thrown = null;
        await using (WorkflowWatch.Over(run, begun, _time))
        {
            try
            {
                result = await handler(new WorkflowContext<TInput>(id, input, begun.Correlation, run.Root, _children), run.Body);
            }
            catch (Exception exception)
            {
                // What it means is decided once every step has come to its end.
                thrown = exception;
            }

            await run.SettleAsync();
        }

        if (Verdict(run, thrown) is { } failure)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        cancel.ThrowIfCancellationRequested();
        if (run.Ending is { } ending)
        {
            await end.CleanUpAsync(ending, kind.CleanUpGrace, cancel);
        }
        else if (run.Root.Parks() is { Count: > 0 } parks)
        {
            await end.ParkAsync(parks, cancel);
        }
        else
        {
            run.Root.DemandEnd();
            if (!await end.CompleteAsync(JsonSerializer.Serialize(result!, kind.ResultJson), cancel))
            {
                run.End(WorkflowEnding.Cancelled);
                await end.CleanUpAsync(WorkflowEnding.Cancelled, kind.CleanUpGrace, cancel);
            }
        }
    }

    // What is to be thrown: a lost hold and a changed workflow whatever else there is; any other exception only where
    // neither the end was asked for nor a step waits.
    private static Exception? Verdict(WorkflowRun run, Exception? thrown) => thrown switch
    {
        FaultException lost when lost.Reason.Code == JobErrors.LeaseLost.Code => lost,
        _ when run.Fatal is { } fatal => fatal,
        null => null,
        _ when run.Ending is not null || run.Root.Parks() is { Count: > 0 } => null,
        _ => thrown,
    };

    private static TInput Read<TInput, TResult>(WorkflowId id, WorkflowKind<TInput, TResult> kind, string input)
    {
        try
        {
            return JsonSerializer.Deserialize(input, kind.InputJson)!;
        }
        catch (JsonException unreadable)
        {
            throw WorkflowErrors.Unreadable.Fault(
                $"The input of workflow {id} does not fit {kind.Name} version {kind.Version}: {unreadable.Message}", unreadable);
        }
    }

    private double Draw()
    {
        lock (_drawing)
        {
            return _random.NextDouble();
        }
    }
}

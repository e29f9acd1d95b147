using System.Text.Json;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>Runs the effects of one run of a workflow: begins, attaches, looks, reconciles.</summary>
/// <typeparam name="TIntent">What is wanted.</typeparam>
/// <typeparam name="TOutcome">What it gives.</typeparam>
/// <param name="run">The run.</param>
/// <param name="scope">The effect's branch.</param>
/// <param name="steps">Decides over retries.</param>
/// <param name="effect">The effect.</param>
internal sealed class EffectRunner<TIntent, TOutcome>(
    WorkflowRun run, WorkflowScope scope, StepRunner steps, Effect<TIntent, TOutcome> effect)
{
    // Its end is forced by the workflow's deadline, not by a count.
    private static readonly Step CallingOff = new("call off")
    {
        MaxFailures = 1000,
        Backoff = new Backoff(TimeSpan.FromSeconds(1), 2, TimeSpan.FromSeconds(20)),
    };

    private readonly EffectMemory _memory = new(run.Memory);
    private string? _external;
    private Guid? _id;
    private bool _isOver;

    /// <summary>Begins the effect, or goes on with what was begun.</summary>
    /// <param name="cancel">Ends the call; the effect goes on outside.</param>
    /// <returns>Its outcome as JSON.</returns>
    public Task<string> RunAsync(CancellationToken cancel)
    {
        if (run.Remembered(scope.Prefix + effect.Step.Name) is { } begun)
        {
            (_external, _id, _isOver) = (begun.External, begun.Effect, begun.State == StepState.Finished || begun.IsFinal);
        }

        if (effect.CallOffAsync is not null)
        {
            scope.AddCleanUp(effect.Step.Name, CallingOff, () => !_isOver && _id is not null, CallOffAsync);
        }

        return scope.EnterAsync(effect.Step, StepKind.Effect, (place, before) => GoAsync(place, before, cancel));
    }

    private async Task<string> GoAsync(StepPlace place, RememberedStep? before, CancellationToken cancel)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            if (_external is null)
            {
                if (before is { Effect: not null, HasEnded: false })
                {
                    await ReopenAsync(place, cancel);
                    await ReconcileAsync(place, cancel);
                }
                else
                {
                    await BeginAsync(place, before?.Failures ?? 0, cancel);
                }
            }

            var outcome = await LookAsync(place, before?.Failures ?? 0, cancel);
            _isOver = true;
            return outcome;
        }
        catch (FaultException fault) when (fault.Reason.Code != JobErrors.LeaseLost.Code)
        {
            _isOver = true;
            throw;
        }
    }

    private async Task BeginAsync(StepPlace place, int failures, CancellationToken cancel)
    {
        var intent = JsonSerializer.Serialize(effect.Intent, effect.IntentJson);
        _id = await run.PersistAsync(
            () => _memory.IntendAsync(place, intent, Guid.CreateVersion7(run.Time.GetUtcNow()), cancel), cancel);
        if (_id is null)
        {
            await steps.ThrowIfHeldBackAsync(scope, place.Kind, cancel);
            throw run.Memory.Lost();
        }

        string external;
        try
        {
            external = await effect.StartAsync(new EffectIntent<TIntent>(_id.Value, effect.Intent), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception) when (LeavesNoTrace(exception))
        {
            await steps.FailAsync(scope, effect.Step, place, failures + 1, exception, hasEnded: true, cancel);
            throw run.Memory.Lost();
        }
        catch (Exception exception)
        {
            await DoubtAsync(place, JobVerdict.ReasonFor(exception).Message, delay: null, cancel);
            await ReconcileAsync(place, cancel);
            return;
        }

        await AttachAsync(place, external, cancel);
    }

    private static bool LeavesNoTrace(Exception exception) =>
        exception is RefusedException or FaultException { Reason.Retry: RetryClass.Never or RetryClass.Safe };

    private async Task AttachAsync(StepPlace place, string external, CancellationToken cancel)
    {
        _external = external;
        if (!await run.PersistAsync(() => _memory.AttachAsync(place.Name, external, cancel), cancel))
        {
            throw run.Memory.Lost();
        }
    }

    private async Task ReconcileAsync(StepPlace place, CancellationToken cancel)
    {
        switch (await EvidenceAsync(cancel))
        {
            case FoundOutside found:
                await AttachAsync(place, found.External, cancel);
                return;
            case AbsentOutside when await run.PersistAsync(
                () => _memory.IsOverdueAsync(place.Name, effect.Deadline + effect.Grace, cancel), cancel):
                await BeginAsync(place, failures: 0, cancel);
                return;
            case AbsentOutside:
                throw await WaitForEvidenceAsync(
                    place, "it is absent outside, where it may yet show", effect.Grace / 2, cancel);
            case NoAnswer none:
                throw await WaitForEvidenceAsync(
                    place, none.Why, effect.ReconcileAsync is null ? null : effect.AskAgainAfter, cancel);
        }
    }

    private async Task<Evidence> EvidenceAsync(CancellationToken cancel)
    {
        if (effect.ReconcileAsync is not { } reconcile)
        {
            return new NoAnswer("only a person can tell");
        }

        try
        {
            return await reconcile(new EffectIntent<TIntent>(_id!.Value, effect.Intent), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            return new NoAnswer(JobVerdict.ReasonFor(exception).Message);
        }
    }

    private async Task<Exception> WaitForEvidenceAsync(StepPlace place, string why, TimeSpan? delay, CancellationToken cancel)
    {
        var (dueAt, reason) = await DoubtAsync(place, why, delay, cancel);
        return scope.Park(new Park(
            dueAt, null, WorkflowState.Suspended, $"waits for evidence, or a person, to resolve {place.Name}", reason));
    }

    private async Task<(DateTimeOffset? DueAt, Reason Reason)> DoubtAsync(
        StepPlace place, string why, TimeSpan? delay, CancellationToken cancel)
    {
        var reason = WorkflowErrors.Uncertain.Because($"{place.Name}, known outside by {_id}: {why}");
        var (isWritten, dueAt) = await run.PersistAsync(() => run.Memory.DoubtAsync(place.Name, reason, delay, cancel), cancel);
        return isWritten ? (dueAt, reason) : throw run.Memory.Lost();
    }

    private async Task<string> LookAsync(StepPlace place, int failures, CancellationToken cancel)
    {
        EffectLook<TOutcome> look;
        try
        {
            look = await effect.LookAsync(_external!, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            await ReopenAsync(place, cancel);
            return await steps.FailAsync(scope, effect.Step, place, failures + 1, exception, hasEnded: false, cancel);
        }

        switch (look)
        {
            case EffectEnded<TOutcome> ended:
                await ReopenAsync(place, cancel);
                var outcome = JsonSerializer.Serialize(ended.Outcome, effect.OutcomeJson);
                return await run.PersistAsync(() => run.Memory.FinishAsync(place.Name, outcome, cancel), cancel)
                    ? outcome
                    : await run.PersistAsync(() => run.Memory.ResultAsync(place.Name, cancel), cancel);
            case EffectFailed<TOutcome> failed:
                await ReopenAsync(place, cancel);
                var final = new FaultException(failed.Reason with { Retry = RetryClass.Never });
                return await steps.FailAsync(scope, effect.Step, place, failures + 1, final, hasEnded: true, cancel);
            case EffectGoesOn<TOutcome> goesOn:
                var dueAt = await run.PersistAsync(() => _memory.GoOnAsync(place.Name, goesOn.LookAgainAfter, cancel), cancel)
                    ?? throw run.Memory.Lost();
                throw scope.Park(new Park(
                    dueAt, null, WorkflowState.Suspended, $"waits for {_external} in {place.Name}", null));
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    // A look that had failed before is looked at again: only what is begun ends.
    private async Task ReopenAsync(StepPlace place, CancellationToken cancel)
    {
        if (run.Remembered(place.Name) is { State: StepState.Failed }
            && await run.PersistAsync(() => _memory.GoOnAsync(place.Name, TimeSpan.Zero, cancel), cancel) is null)
        {
            throw run.Memory.Lost();
        }
    }

    private async Task CallOffAsync(CancellationToken cancel)
    {
        var name = scope.Prefix + effect.Step.Name;
        var external = _external ?? await EvidenceAsync(cancel) switch
        {
            FoundOutside found => found.External,
            AbsentOutside when await _memory.IsOverdueAsync(name, effect.Deadline + effect.Grace, cancel) => null,
            AbsentOutside => throw WorkflowErrors.Uncertain.Fault($"{name}, known outside by {_id}, is absent there, where it may yet show"),
            NoAnswer none => throw WorkflowErrors.Uncertain.Fault(
                $"{name}, known outside by {_id}, may have been begun and is to be called off: {none.Why}"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (external is not null)
        {
            await effect.CallOffAsync!(external, cancel);
        }
    }
}

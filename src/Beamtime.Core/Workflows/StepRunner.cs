using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>Runs the steps of one run of a workflow that do their work at once: records begin and end, decides over retries.</summary>
/// <param name="run">The run.</param>
internal sealed class StepRunner(WorkflowRun run)
{
    private StepMemory Memory => run.Memory;

    /// <summary>Runs a step whose effects are anywhere.</summary>
    /// <param name="scope">Its branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="work">Its work, giving its result as JSON.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <returns>Its result as JSON.</returns>
    public Task<string> RunAsync(
        WorkflowScope scope, Step step, Func<CancellationToken, Task<string>> work, CancellationToken cancel) =>
        scope.EnterAsync(
            step,
            step.IsNeverRepeated ? StepKind.Once : StepKind.Work,
            (place, before) => StepAsync(scope, step, place, before, token => WorkAsync(place, work, token, cancel), cancel));

    /// <summary>Runs a step whose effects are in the database.</summary>
    /// <param name="scope">Its branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="work">Its work in a transaction, giving its result as JSON.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <returns>Its result as JSON.</returns>
    public Task<string> TransactAsync(
        WorkflowScope scope,
        Step step,
        Func<DatabaseTransaction, CancellationToken, Task<string>> work,
        CancellationToken cancel) =>
        scope.EnterAsync(
            step,
            StepKind.Transaction,
            (place, before) => StepAsync(
                scope,
                step,
                place,
                before,
                token => run.Database.TransactAsync(
                    async transaction =>
                    {
                        var result = await work(transaction, token);
                        return await Memory.FinishAsync(transaction, place.Name, result, token) ? result : throw Memory.Lost();
                    },
                    token),
                cancel));

    /// <summary>Runs what undoes a step, remembered like one.</summary>
    /// <param name="scope">Where it waits for its retry.</param>
    /// <param name="cleanUp">What undoes it.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="FaultException">It failed for good.</exception>
    public async Task CleanUpAsync(WorkflowScope scope, CleanUp cleanUp, CancellationToken cancel)
    {
        switch (run.Remembered(cleanUp.Place.Name))
        {
            case { State: StepState.Finished }:
                return;
            case { IsFinal: true, Error: { } error }:
                throw new FaultException(error);
            case var before:
                await StepAsync(
                    scope, cleanUp.Step, cleanUp.Place, before, token => WorkAsync(cleanUp.Place, UndoAsync, token, cancel), cancel);
                return;
        }

        async Task<string> UndoAsync(CancellationToken token)
        {
            await cleanUp.Run(token);
            return "null";
        }
    }

    /// <summary>Records a failed attempt and decides whether there is another.</summary>
    /// <param name="scope">The step's branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="place">Where it is remembered.</param>
    /// <param name="failures">Failed attempts with this one.</param>
    /// <param name="exception">What was thrown.</param>
    /// <param name="hasEnded">Whether what an effect began is known to have ended badly.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Its result, where it had been remembered after all.</returns>
    /// <exception cref="WorkflowParkedException">It is tried again.</exception>
    /// <exception cref="FaultException">It has failed for good.</exception>
    public async Task<string> FailAsync(
        WorkflowScope scope, Step step, StepPlace place, int failures, Exception exception, bool hasEnded, CancellationToken cancel)
    {
        var reason = JobVerdict.ReasonFor(exception);
        var isFinal = reason.Retry == RetryClass.Never || failures >= step.MaxFailures || step.IsNeverRepeated;
        TimeSpan? delay = isFinal ? null : step.Backoff.Delay(failures, run.Draw());
        reason = reason with
        {
            Message = $"Step {place.Name}, failure {failures} of at most {(step.IsNeverRepeated ? 1 : step.MaxFailures)}: {reason.Message}",
            Retry = isFinal ? RetryClass.Never : reason.Retry,
        };
        var (isWritten, retryAt) = await run.PersistAsync(
            () => Memory.FailAsync(place.Name, reason, delay, hasEnded, cancel), cancel);
        if (!isWritten)
        {
            return await run.PersistAsync(() => Memory.ResultAsync(place.Name, cancel), cancel);
        }

        throw isFinal
            ? new FaultException(reason, exception)
            : scope.Park(new Park(retryAt, delay, WorkflowState.AwaitingRetry, $"tries {place.Name} again", reason));
    }

    /// <summary>A step could not begin: throws where the workflow's end or pause was asked for and it had not heard of it.</summary>
    /// <param name="scope">The step's branch.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task ThrowIfHeldBackAsync(WorkflowScope scope, StepKind kind, CancellationToken cancel)
    {
        var (isCancelled, isPaused) = await run.PersistAsync(() => Memory.AskAsync(cancel), cancel);
        if (isCancelled && kind != StepKind.CleanUp)
        {
            run.End(WorkflowEnding.Cancelled);
            throw run.StopBody();
        }

        if (isPaused)
        {
            run.Pause();
            throw scope.Park(new Park(null, null, WorkflowState.Paused, "is paused", null));
        }
    }

    private async Task<string> StepAsync(
        WorkflowScope scope,
        Step step,
        StepPlace place,
        RememberedStep? before,
        Func<CancellationToken, Task<string>> attempt,
        CancellationToken cancel)
    {
        // Leave the caller's lock before anything runs.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var span = Tracing.Begin($"step {place.Name}");
        if (step.IsNeverRepeated && before is { State: StepState.Started or StepState.Uncertain })
        {
            throw await DoubtAsync(scope, place, cancel);
        }

        if (!await run.PersistAsync(() => Memory.StartAsync(place, cancel), cancel))
        {
            await ThrowIfHeldBackAsync(scope, place.Kind, cancel);
            return await run.PersistAsync(() => Memory.ResultAsync(place.Name, cancel), cancel);
        }

        try
        {
            var result = await LimitedAsync(step, place, attempt, cancel);
            WorkflowMetrics.Count("finished");
            return result;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw;
        }
        catch (FaultException lost) when (lost.Reason.Code == JobErrors.LeaseLost.Code)
        {
            throw;
        }
        catch (JobPostponedException postponed)
        {
            WorkflowMetrics.Count("postponed");
            throw scope.Park(new Park(
                null, postponed.Delay, WorkflowState.AwaitingRetry, $"goes on with {place.Name} later", postponed.Reason));
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            // No failure of the step; and its transaction may have committed before the answer was lost.
            WorkflowMetrics.Count("postponed");
            return (await run.PersistAsync(() => Memory.ReadAsync(place.Name, cancel), cancel)) is { State: StepState.Finished, Result: { } done }
                ? done
                : throw scope.Park(new Park(
                    null, DatabaseOutage.Pause, WorkflowState.AwaitingRetry, $"waits for the database in {place.Name}", null));
        }
        catch (Exception exception)
        {
            WorkflowMetrics.Count("failed");
            span.Fail(exception);
            return await FailAsync(scope, step, place, (before?.Failures ?? 0) + 1, exception, hasEnded: false, cancel);
        }
    }

    private async Task<string> WorkAsync(
        StepPlace place, Func<CancellationToken, Task<string>> work, CancellationToken token, CancellationToken cancel)
    {
        var result = await work(token);
        // The work is done: an outage now is waited out rather than paid for with doing it again.
        return await run.PersistAsync(() => Memory.FinishAsync(place.Name, result, cancel), cancel)
            ? result
            : await run.PersistAsync(() => Memory.ResultAsync(place.Name, cancel), cancel);
    }

    private async Task<string> LimitedAsync(
        Step step, StepPlace place, Func<CancellationToken, Task<string>> attempt, CancellationToken cancel)
    {
        if (step.Timeout is not { } timeout)
        {
            return await attempt(cancel);
        }

        using var limit = new CancellationTokenSource(timeout, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await attempt(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw WorkflowErrors.StepTimedOut.Fault($"{place.Name} took longer than {timeout}");
        }
    }

    private async Task<Exception> DoubtAsync(WorkflowScope scope, StepPlace place, CancellationToken cancel)
    {
        var reason = WorkflowErrors.Uncertain.Because(
            $"Step {place.Name} was interrupted and must never be repeated without a person's word.");
        var (isWritten, _) = await run.PersistAsync(() => Memory.DoubtAsync(place.Name, reason, delay: null, cancel), cancel);
        return isWritten
            ? scope.Park(new Park(null, null, WorkflowState.Suspended, $"waits for a person to resolve {place.Name}", reason))
            : Memory.Lost();
    }
}

using System.Text.Json;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>
/// Runs the steps of one run of a workflow that wait: for an instant, a message, a person, another workflow. None holds a
/// worker: what has not come yet ends the run, and its coming has the workflow claimed again.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="children">Starts workflows that this one waits for.</param>
internal sealed class WaitRunner(WorkflowRun run, ChildStarter children)
{
    // Waits for a stale run that has the row: it can only give it back. Passing over it would miss the message for good.
    private const string Next = """
        select id, body from workflow_messages
        where workflow = $1 and name = $2 and taken_by is null and refused is null
        order by place limit 1 for update
        """;

    private StepMemory Memory => run.Memory;

    /// <summary>Waits for an instant.</summary>
    /// <param name="scope">The step's branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="until">The instant; null for <paramref name="delay"/> from now.</param>
    /// <param name="delay">The pause.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<string> SleepAsync(
        WorkflowScope scope, Step step, DateTimeOffset? until, TimeSpan? delay, CancellationToken cancel) =>
        scope.EnterAsync(step, StepKind.Sleep, async (place, before) =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var (dueAt, isDue) = await WaitAsync(place, before, until, delay, question: null, cancel);
            return isDue
                ? await FinishAsync(place, "null", cancel)
                : throw scope.Park(new Park(dueAt, null, WorkflowState.Suspended, $"sleeps in {place.Name}", null));
        });

    /// <summary>Takes the next message of a name, or waits for it.</summary>
    /// <param name="scope">The step's branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="message">The message.</param>
    /// <param name="timeout">How long it waits; null for as long as it takes.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The message's body.</returns>
    public Task<string> TakeAsync(
        WorkflowScope scope, Step step, WorkflowMessage message, TimeSpan? timeout, CancellationToken cancel) =>
        scope.EnterAsync(step, StepKind.Message, async (place, before) =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var (dueAt, isDue) = await WaitAsync(place, before, null, timeout, question: null, cancel);
            if (await run.OneByOneAsync(() => TakeNextAsync(place, message, cancel), cancel) is { } body)
            {
                return body;
            }

            return isDue
                ? await FailAsync(place, WorkflowErrors.MessageTimedOut.Because($"No message {message.Name} came to {place.Name} within {timeout}."), cancel)
                : throw scope.Park(new Park(
                    dueAt, null, WorkflowState.Suspended, $"waits in {place.Name} for a message {message.Name}", null));
        });

    /// <summary>Asks a person, or waits for the answer.</summary>
    /// <param name="scope">The step's branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="question">The question.</param>
    /// <param name="timeout">How long it waits; null for as long as it takes.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The answer, a JSON string.</returns>
    public Task<string> AskAsync(
        WorkflowScope scope, Step step, Question question, TimeSpan? timeout, CancellationToken cancel) =>
        scope.EnterAsync(step, StepKind.Input, async (place, before) =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var (dueAt, isDue) = await WaitAsync(place, before, null, timeout, question.Write(), cancel);
            if (!isDue)
            {
                throw scope.Park(new Park(
                    dueAt, null, WorkflowState.Suspended, $"waits in {place.Name} for an answer: {question.Text}", null));
            }

            return question.Otherwise is { } otherwise
                ? await FinishAsync(place, JsonSerializer.Serialize(otherwise, WorkflowsJson.Default.String), cancel)
                : await FailAsync(place, WorkflowErrors.InputTimedOut.Because($"Nobody answered {place.Name} within {timeout}: {question.Text}"), cancel);
        });

    /// <summary>Starts another workflow, or waits for its end.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="scope">The step's branch.</param>
    /// <param name="step">The step.</param>
    /// <param name="child">The other workflow.</param>
    /// <param name="correlation">What both belong to.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>What it returned.</returns>
    public Task<string> RunChildAsync<TInput, TResult>(
        WorkflowScope scope, Step step, Child<TInput, TResult> child, Guid? correlation, CancellationToken cancel)
    {
        // Known from the last run, or started in this one.
        WorkflowId? known = run.Remembered(scope.Prefix + step.Name) is { State: not StepState.Finished } begun ? begun.Child : null;
        if (!child.IsLeft)
        {
            scope.AddCleanUp(
                step.Name,
                new Step(step.Name),
                () => known is not null,
                token => children.CancelAsync(known!.Value, $"workflow {run.Id}, which had started it, is cancelled", token));
        }

        return scope.EnterAsync(step, StepKind.Child, async (place, before) =>
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var state = before?.ChildState;
            if (before is null or { State: StepState.Failed })
            {
                // A person's retry of the parent retries a child that failed; one that was withdrawn is begun anew.
                if (before is { Child: { } failed, ChildState: WorkflowState.Failed or WorkflowState.TimedOut or WorkflowState.Crashed })
                {
                    await run.PersistAsync(() => children.RetryAsync(Memory, place, failed, cancel), cancel);
                }
                else
                {
                    known = await run.PersistAsync(
                        () => children.StartAsync(Memory, place, run.Id, child, correlation, cancel), cancel);
                }

                state = WorkflowState.Scheduled;
            }

            return state switch
            {
                null or WorkflowState.Completed when before?.ChildResult is { } result => await FinishAsync(place, result, cancel),
                null => await FailAsync(place, WorkflowErrors.ChildFailed.Because($"The child of {place.Name} is gone."), cancel),
                { } ended when ended.IsTerminal => await FailAsync(place, Failed(place, before!), cancel),
                _ => throw scope.Park(new Park(
                    null, null, WorkflowState.Suspended, $"waits in {place.Name} for a workflow {child.Kind.Name}", null)),
            };
        });
    }

    private static Reason Failed(StepPlace place, RememberedStep before) => WorkflowErrors.ChildFailed.Because(
        $"{place.Name}: workflow {before.Child} is {before.ChildState}{(before.ChildError is { } why ? $": {why.Code}: {why.Message}" : "")}",
        before.ChildError?.Remedy);

    private async Task<(DateTimeOffset? DueAt, bool IsDue)> WaitAsync(
        StepPlace place, RememberedStep? before, DateTimeOffset? until, TimeSpan? delay, string? question, CancellationToken cancel)
    {
        if (before is { State: StepState.Waiting })
        {
            return (before.DueAt, before.IsDue);
        }

        var (isWritten, dueAt, isDue) = await run.PersistAsync(
            () => Memory.WaitAsync(place, until, delay, question, cancel), cancel);
        if (isWritten)
        {
            return (dueAt, isDue);
        }

        // An outage had swallowed the answer of the first write, or the hold is lost.
        var now = await run.PersistAsync(() => Memory.ReadAsync(place.Name, cancel), cancel);
        return (now.DueAt, now.IsDue);
    }

    private async Task<string> FinishAsync(StepPlace place, string result, CancellationToken cancel) =>
        await run.PersistAsync(() => Memory.FinishAsync(place.Name, result, cancel), cancel)
            ? result
            : await run.PersistAsync(() => Memory.ResultAsync(place.Name, cancel), cancel);

    private async Task<string> FailAsync(StepPlace place, Reason reason, CancellationToken cancel)
    {
        reason = reason with { Retry = RetryClass.Never };
        await run.PersistAsync(() => Memory.FailAsync(place.Name, reason, delay: null, hasEnded: false, cancel), cancel);
        throw new FaultException(reason);
    }

    private async Task<string?> TakeNextAsync(StepPlace place, WorkflowMessage message, CancellationToken cancel)
    {
        while (true)
        {
            await using var transaction = await run.Database.BeginAsync(cancel);
            string? id = null;
            var body = "null";
            await using (var next = transaction.Command(Next, run.Id.Value, message.Name))
            await using (var reader = await next.ExecuteReaderAsync(cancel))
            {
                if (await reader.ReadAsync(cancel))
                {
                    (id, body) = (reader.GetString(0), reader.GetString(1));
                }
            }

            if (id is null)
            {
                return null;
            }

            if (message.Mistake(body) is { } mistake)
            {
                var why = WorkflowErrors.MessageInvalid.Because($"{place.Name}: message {id}: {mistake}");
                await using var refuse = transaction.Command(
                    "update workflow_messages set refused = $3 where workflow = $1 and id = $2", run.Id.Value, id);
                refuse.Parameters.Add(StepMemory.Json(JobsJson.Write(why)));
                await refuse.ExecuteNonQueryAsync(cancel);
                await transaction.CommitAsync(cancel);
                continue;
            }

            await using var take = transaction.Command(
                "update workflow_messages set taken_by = $3 where workflow = $1 and id = $2", run.Id.Value, id, place.Name);
            await take.ExecuteNonQueryAsync(cancel);
            if (!await Memory.FinishAsync(transaction, place.Name, body, cancel))
            {
                // Taken by an earlier try whose answer an outage swallowed; or the hold is lost.
                await transaction.DisposeAsync();
                return await Memory.ResultAsync(place.Name, cancel);
            }

            await transaction.CommitAsync(cancel);
            return body;
        }
    }
}

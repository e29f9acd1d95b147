using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Core.Database;

namespace Beamtime.Core.Workflows;

/// <summary>
/// What a running workflow is given: its input, and steps that are remembered. A step that has finished returns its
/// remembered result and does not run again; outside of steps a workflow only decides, by its input and its steps'
/// results alone.
/// </summary>
/// <typeparam name="TInput">The input of the kind.</typeparam>
/// <param name="id">The workflow.</param>
/// <param name="input">What it was started with.</param>
/// <param name="correlation">What it belongs to.</param>
/// <param name="scope">Its branch, or the workflow itself.</param>
/// <param name="children">Starts the workflows that it waits for.</param>
internal sealed class WorkflowContext<TInput>(
    WorkflowId id, TInput input, Guid? correlation, WorkflowScope scope, ChildStarter children)
{
    private readonly StepRunner _steps = new(scope.Run);
    private readonly WaitRunner _waits = new(scope.Run, children);

    /// <summary>The workflow.</summary>
    public WorkflowId Id => id;

    /// <summary>What it was started with.</summary>
    public TInput Input => input;

    /// <summary>What it belongs to.</summary>
    public Guid? Correlation => correlation;

    /// <summary>
    /// Runs a step at least once and remembers its result before returning it. A crash between its effects and its
    /// remembering runs it again: it must find what it has done.
    /// </summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    /// <param name="step">Its name, unique in this workflow, and its retries.</param>
    /// <param name="run">Its work.</param>
    /// <param name="json">The codec of its result.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public async Task<TResult> StepAsync<TResult>(
        Step step, Func<CancellationToken, Task<TResult>> run, JsonTypeInfo<TResult> json, CancellationToken cancel) =>
        Read(step, json, await _steps.RunAsync(
            scope, step, async token => JsonSerializer.Serialize(await run(token), json), cancel));

    /// <summary>Runs a step that gives nothing; see the one that gives a result.</summary>
    /// <param name="step">Its name, unique in this workflow, and its retries.</param>
    /// <param name="run">Its work.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public Task StepAsync(Step step, Func<CancellationToken, Task> run, CancellationToken cancel) => _steps.RunAsync(
        scope,
        step,
        async token =>
        {
            await run(token);
            return "null";
        },
        cancel);

    /// <summary>
    /// Runs a step whose effects are all in the database, in one transaction with its remembering: the effects happen
    /// exactly once. The transaction must not wait for the outside; it is committed after the step returns.
    /// </summary>
    /// <typeparam name="TResult">What it gives.</typeparam>
    /// <param name="step">Its name, unique in this workflow, and its retries.</param>
    /// <param name="run">Its work, in the transaction that it is given.</param>
    /// <param name="json">The codec of its result.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public async Task<TResult> StepAsync<TResult>(
        Step step,
        Func<DatabaseTransaction, CancellationToken, Task<TResult>> run,
        JsonTypeInfo<TResult> json,
        CancellationToken cancel) =>
        Read(step, json, await _steps.TransactAsync(
            scope, step, async (transaction, token) => JsonSerializer.Serialize(await run(transaction, token), json), cancel));

    /// <summary>Runs a step in a transaction that gives nothing; see the one that gives a result.</summary>
    /// <param name="step">Its name, unique in this workflow, and its retries.</param>
    /// <param name="run">Its work, in the transaction that it is given.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public Task StepAsync(
        Step step, Func<DatabaseTransaction, CancellationToken, Task> run, CancellationToken cancel) => _steps.TransactAsync(
            scope,
            step,
            async (transaction, token) =>
            {
                await run(transaction, token);
                return "null";
            },
            cancel);

    /// <summary>
    /// Has an effect happen outside: its intent is recorded before it is begun, the outside's id as soon as it is known,
    /// its outcome at the end. No worker is held while it goes on there.
    /// </summary>
    /// <typeparam name="TIntent">What is wanted.</typeparam>
    /// <typeparam name="TOutcome">What it gives.</typeparam>
    /// <param name="effect">The effect.</param>
    /// <param name="cancel">Ends the call; the effect goes on outside.</param>
    public async Task<TOutcome> EffectAsync<TIntent, TOutcome>(Effect<TIntent, TOutcome> effect, CancellationToken cancel) =>
        Read(effect.Step, effect.OutcomeJson, await new EffectRunner<TIntent, TOutcome>(scope.Run, scope, _steps, effect).RunAsync(cancel));

    /// <summary>Waits, with no worker held and across restarts, for a while by the database's clock.</summary>
    /// <param name="step">Its name.</param>
    /// <param name="pause">How long, from its first run.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task SleepAsync(Step step, TimeSpan pause, CancellationToken cancel) =>
        _waits.SleepAsync(scope, step, until: null, pause, cancel);

    /// <summary>Waits, with no worker held and across restarts, until an instant by the database's clock.</summary>
    /// <param name="step">Its name.</param>
    /// <param name="until">The instant.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task SleepAsync(Step step, DateTimeOffset until, CancellationToken cancel) =>
        _waits.SleepAsync(scope, step, until, delay: null, cancel);

    /// <summary>
    /// Takes the next message of a name, in the order in which they were sent, from before it was asked for too; waits for
    /// it with no worker held.
    /// </summary>
    /// <typeparam name="TBody">The message's body.</typeparam>
    /// <param name="step">Its name.</param>
    /// <param name="message">The message; one of the kind's <see cref="WorkflowKind{TInput,TResult}.Messages"/>.</param>
    /// <param name="timeout">How long it waits; null for as long as it takes.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="Sdk.Errors.FaultException"><c>workflows.message.timed_out</c></exception>
    public async Task<TBody> MessageAsync<TBody>(
        Step step, WorkflowMessage<TBody> message, TimeSpan? timeout, CancellationToken cancel) =>
        Read(step, message.Json, await _waits.TakeAsync(scope, step, message, timeout, cancel));

    /// <summary>Asks a person and waits for the answer with no worker held.</summary>
    /// <param name="step">Its name.</param>
    /// <param name="question">What is asked, and what answers it.</param>
    /// <param name="timeout">How long it waits; null for as long as it takes.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The answer, which fits the question.</returns>
    /// <exception cref="Sdk.Errors.FaultException"><c>workflows.input.timed_out</c>, where the question has no other answer.</exception>
    public async Task<string> AskAsync(Step step, Question question, TimeSpan? timeout, CancellationToken cancel) =>
        Read(step, WorkflowsJson.Default.String, await _waits.AskAsync(scope, step, question, timeout, cancel));

    /// <summary>Starts another workflow and waits for its end with no worker held.</summary>
    /// <typeparam name="TChild">What it is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="step">Its name.</param>
    /// <param name="child">The other workflow.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="Sdk.Errors.FaultException"><c>workflows.child.failed</c></exception>
    public async Task<TResult> ChildAsync<TChild, TResult>(
        Step step, Child<TChild, TResult> child, CancellationToken cancel) =>
        Read(step, child.Kind.ResultJson, await _waits.RunChildAsync(scope, step, child, correlation, cancel));

    /// <summary>
    /// Runs branches side by side. The steps of each are remembered under its name, so that it does not matter in which
    /// order the branches come by theirs.
    /// </summary>
    /// <typeparam name="TResult">What a branch gives.</typeparam>
    /// <param name="name">Permanent, and unique in this workflow or branch.</param>
    /// <param name="branches">The branches, each of a name of its own.</param>
    /// <param name="cancel">Ends the branches.</param>
    /// <returns>How each ended, in their order.</returns>
    /// <exception cref="Sdk.Errors.FaultException">A branch failed that may not be ignored.</exception>
    public Task<IReadOnlyList<BranchEnd<TResult>>> BranchesAsync<TResult>(
        string name, IReadOnlyList<Branch<TInput, TResult>> branches, CancellationToken cancel) =>
        new BranchGroup<TInput, TResult>(
            scope, name, branches, branch => new WorkflowContext<TInput>(id, input, correlation, branch, children)).RunAsync(cancel);

    /// <summary>
    /// Has something done when the workflow is cancelled or runs out of time after this point: the last that was asked for
    /// is done first, each remembered like a step.
    /// </summary>
    /// <param name="step">Its name, of its own among those of this workflow or branch.</param>
    /// <param name="undo">What is done.</param>
    public void OnCancel(Step step, Func<CancellationToken, Task> undo) =>
        scope.AddCleanUp(step.Name, step, () => true, undo);

    /// <summary>
    /// Which road a changed workflow takes: the newest for an instance that comes by here for the first time, 0 for one
    /// that had gone past before there was a choice. Recorded, so that it takes the same road at every run.
    /// </summary>
    /// <param name="change">Permanent name of the change.</param>
    /// <param name="newest">The newest road, at least 1.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<int> VersionAsync(string change, int newest, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(newest, 1);
        return await scope.VersionAsync(change, newest, cancel);
    }

    /// <summary>Names how the workflow completes, for people: <c>Skipped</c>, <c>Cached</c>.</summary>
    /// <param name="label">The name.</param>
    public void Label(string label) => scope.Run.Label = label;

    private TResult Read<TResult>(Step step, JsonTypeInfo<TResult> json, string result)
    {
        try
        {
            // Null is a result like any other where the type admits it.
            return JsonSerializer.Deserialize(result, json)!;
        }
        catch (JsonException unreadable)
        {
            throw WorkflowErrors.Unreadable.Fault(
                $"The result of step {step.Name} of workflow {id} does not fit: {unreadable.Message}", unreadable);
        }
    }
}

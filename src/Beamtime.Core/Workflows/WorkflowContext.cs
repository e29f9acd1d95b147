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
/// <param name="steps">Runs and remembers its steps.</param>
internal sealed class WorkflowContext<TInput>(WorkflowId id, TInput input, Guid? correlation, StepRunner steps)
{
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
        Read(step, json, await steps.RunAsync(
            step, async token => JsonSerializer.Serialize(await run(token), json), cancel));

    /// <summary>Runs a step that gives nothing; see the one that gives a result.</summary>
    /// <param name="step">Its name, unique in this workflow, and its retries.</param>
    /// <param name="run">Its work.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public Task StepAsync(Step step, Func<CancellationToken, Task> run, CancellationToken cancel) => steps.RunAsync(
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
        Read(step, json, await steps.TransactAsync(
            step, async (transaction, token) => JsonSerializer.Serialize(await run(transaction, token), json), cancel));

    /// <summary>Runs a step in a transaction that gives nothing; see the one that gives a result.</summary>
    /// <param name="step">Its name, unique in this workflow, and its retries.</param>
    /// <param name="run">Its work, in the transaction that it is given.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public Task StepAsync(
        Step step, Func<DatabaseTransaction, CancellationToken, Task> run, CancellationToken cancel) => steps.TransactAsync(
            step,
            async (transaction, token) =>
            {
                await run(transaction, token);
                return "null";
            },
            cancel);

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

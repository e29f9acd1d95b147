using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>
/// Runs the steps of one run of a workflow: gives remembered results, records begin and end, decides over retries.
/// Steps may run side by side.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="memory">What is remembered, and how more is.</param>
/// <param name="remembered">What was remembered when this run began.</param>
/// <param name="draw">Draws from [0, 1) for the jitter.</param>
/// <param name="time">The clock of the pause in an outage.</param>
internal sealed class StepRunner(
    BeamtimeDatabase database,
    StepMemory memory,
    IReadOnlyDictionary<string, RememberedStep> remembered,
    Func<double> draw,
    TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly List<Task> _begun = [];
    private JobPostponedException? _postponed;

    /// <summary>Runs a step whose effects are anywhere.</summary>
    /// <param name="step">The step.</param>
    /// <param name="run">Its work, giving its result as JSON.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <returns>Its result as JSON.</returns>
    public Task<string> RunAsync(Step step, Func<CancellationToken, Task<string>> run, CancellationToken cancel) =>
        TrackAsync(step, place => StepAsync(
            step,
            place,
            async () =>
            {
                var result = await run(cancel);
                // The work is done: an outage now is waited out rather than paid for with doing it again.
                return await PersistAsync(() => RememberAsync(step, result, cancel), cancel);
            },
            cancel));

    /// <summary>Runs a step whose effects are in the database.</summary>
    /// <param name="step">The step.</param>
    /// <param name="run">Its work in a transaction, giving its result as JSON.</param>
    /// <param name="cancel">Ends the step.</param>
    /// <returns>Its result as JSON.</returns>
    public Task<string> TransactAsync(
        Step step, Func<DatabaseTransaction, CancellationToken, Task<string>> run, CancellationToken cancel) =>
        TrackAsync(step, place => StepAsync(
            step,
            place,
            () => database.TransactAsync(
                async transaction =>
                {
                    var result = await run(transaction, cancel);
                    return await memory.FinishAsync(transaction, step.Name, result, cancel)
                        ? result
                        : throw memory.Lost();
                },
                cancel),
            cancel));

    /// <summary>Waits for every step that was begun, so that none goes on after its workflow has returned.</summary>
    public async Task SettleAsync()
    {
        Task[] begun;
        lock (_gate)
        {
            begun = [.. _begun];
        }

        // Their exceptions went to the workflow, which awaited them or not.
        await Task.WhenAll(begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Refuses to let the workflow return while a step waits for its retry, whatever was caught meanwhile.</summary>
    /// <exception cref="JobPostponedException">A step waits for its retry.</exception>
    public void ThrowIfPostponed()
    {
        lock (_gate)
        {
            if (_postponed is not null)
            {
                throw _postponed;
            }
        }
    }

    private Task<string> TrackAsync(Step step, Func<int, Task<string>> begin)
    {
        lock (_gate)
        {
            if (_postponed is not null)
            {
                return Task.FromException<string>(_postponed);
            }

            if (!_used.Add(step.Name))
            {
                throw new InvalidOperationException($"The step name {step.Name} is used twice in one run of a workflow.");
            }

            var task = begin(_used.Count);
            _begun.Add(task);
            return task;
        }
    }

    private async Task<string> StepAsync(Step step, int place, Func<Task<string>> run, CancellationToken cancel)
    {
        // Leave the caller's lock before anything runs.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var before = remembered.GetValueOrDefault(step.Name);
        switch (before)
        {
            case { State: StepState.Finished, Result: { } result }:
                return result;
            case { IsFinal: true, Error: { } error }:
                throw new FaultException(error);
        }

        if (!await PersistAsync(() => memory.StartAsync(step.Name, place, cancel), cancel))
        {
            return await PersistAsync(() => memory.ResultAsync(step.Name, cancel), cancel);
        }

        try
        {
            var result = await run();
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
            throw Postpone(postponed);
        }
        catch (Exception exception)
        {
            WorkflowMetrics.Count("failed");
            return await FailAsync(step, (before?.Failures ?? 0) + 1, exception, cancel);
        }
    }

    private async Task<string> FailAsync(Step step, int failures, Exception exception, CancellationToken cancel)
    {
        var reason = JobVerdict.ReasonFor(exception);
        var isFinal = reason.Retry == RetryClass.Never || failures >= step.MaxFailures;
        TimeSpan? delay = isFinal ? null : step.Backoff.Delay(failures, draw());
        reason = reason with
        {
            Message = $"Step {step.Name}, failure {failures} of at most {step.MaxFailures}: {reason.Message}",
            Retry = isFinal ? RetryClass.Never : reason.Retry,
        };
        if (!await PersistAsync(() => memory.FailAsync(step.Name, reason, delay, cancel), cancel))
        {
            return await PersistAsync(() => memory.ResultAsync(step.Name, cancel), cancel);
        }

        throw delay is { } pause ? Postpone(new JobPostponedException(pause, reason)) : new FaultException(reason, exception);
    }

    private async Task<string> RememberAsync(Step step, string result, CancellationToken cancel)
    {
        var isRemembered = await database.TransactAsync(
            transaction => memory.FinishAsync(transaction, step.Name, result, cancel), cancel);
        return isRemembered ? result : await memory.ResultAsync(step.Name, cancel);
    }

    private JobPostponedException Postpone(JobPostponedException postponed)
    {
        lock (_gate)
        {
            return _postponed ??= postponed;
        }
    }

    private async Task<T> PersistAsync<T>(Func<Task<T>> write, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await write();
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }
}

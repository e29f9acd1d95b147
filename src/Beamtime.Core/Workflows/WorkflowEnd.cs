using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Workflows;

/// <summary>Brings one run of a workflow to its end: waiting, completed or withdrawn, with its job in one transaction.</summary>
/// <param name="run">The run.</param>
/// <param name="hold">The hold on its job.</param>
/// <param name="begun">What it began with.</param>
internal sealed class WorkflowEnd(WorkflowRun run, JobHold hold, WorkflowBeginning begun)
{
    private const int Written = 1;
    private const int Overtaken = 2;

    /// <summary>Has the workflow wait, with no worker held.</summary>
    /// <param name="parks">What for; what comes first counts.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public async Task ParkAsync(IReadOnlyList<Park> parks, CancellationToken cancel)
    {
        var state = parks.FirstOrDefault(p => p.State != WorkflowState.AwaitingRetry)?.State ?? WorkflowState.AwaitingRetry;
        var written = await EndAsync(
            "select workflow_park($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                new() { Value = begun.Wakes },
                new() { Value = parks.Min(p => p.DueAt) ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                StepMemory.Interval(parks.Where(p => p.DueAt is null).Min(p => p.Delay)),
                new() { Value = state.ToString() },
                new() { Value = string.Join("; ", parks.Select(p => p.Why).Distinct()) },
                StepMemory.Json(parks.FirstOrDefault(p => p.Error is not null)?.Error is { } error ? JobsJson.Write(error) : null),
            ],
            cancel);
        hold.Move(isCompleted: false);
        if (written == Overtaken)
        {
            run.Database.Notifier.Notify(JobQueue.ChannelOf(begun.Queue));
        }
    }

    /// <summary>Accepts the workflow's result.</summary>
    /// <param name="result">The result as JSON.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where its end was asked for meanwhile: that counts.</returns>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public async Task<bool> CompleteAsync(string result, CancellationToken cancel)
    {
        var written = await EndAsync(
            "select workflow_complete($1, $2, $3, $4)",
            [
                StepMemory.Json(result),
                new() { Value = run.Label ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            ],
            cancel);
        if (written != Written)
        {
            return false;
        }

        hold.Move(isCompleted: true);
        TellParent();
        return true;
    }

    /// <summary>Undoes what is to be undone, and ends the workflow; where its time for that is up, without.</summary>
    /// <param name="ending">Why it ends.</param>
    /// <param name="grace">How long it may clean up, from now, where that had not begun.</param>
    /// <param name="cancel">Set when the lease is lost or the worker stops.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c>; or <c>workflows.workflow.timed_out</c>, which ends it.</exception>
    public async Task CleanUpAsync(WorkflowEnding ending, TimeSpan grace, CancellationToken cancel)
    {
        var left = begun.CleanUpLeft ?? grace;
        using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        var failures = new List<string>();
        var steps = new StepRunner(run);
        var scope = new WorkflowScope(run, parent: null, prefix: "");
        try
        {
            foreach (var cleanUp in run.Root.CleanUps())
            {
                try
                {
                    await steps.CleanUpAsync(scope, cleanUp, either.Token);
                }
                catch (FaultException failed) when (failed.Reason.Code != JobErrors.LeaseLost.Code)
                {
                    failures.Add($"{cleanUp.Place.Name} failed: {failed.Reason.Message}");
                }
                catch (WorkflowParkedException)
                {
                    // Goes on with the others, and comes back for this one.
                }
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            failures.Add("the time for cleaning up is over, and the end was forced");
        }

        if (scope.Parks() is { Count: > 0 } parks && !deadline.IsCancellationRequested)
        {
            await ParkAsync(parks, cancel);
            return;
        }

        if (ending == WorkflowEnding.TimedOut)
        {
            throw WorkflowErrors.TimedOut.Fault(Told("The workflow took longer than it may", failures));
        }

        await EndAsync(
            "select workflow_withdraw($1, $2, $3)",
            [
                StepMemory.Json(failures.Count == 0
                    ? null
                    : JobsJson.Write(WorkflowErrors.Cancelled.Because(Told("The workflow was cancelled", failures)))),
            ],
            cancel);
        hold.Move(isCompleted: false);
        TellParent();
    }

    private static string Told(string what, IReadOnlyList<string> failures) => string.Join("; ", [what, .. failures]);

    private void TellParent()
    {
        if (begun.ParentQueue is { } queue)
        {
            run.Database.Notifier.Notify(JobQueue.ChannelOf(queue));
        }
    }

    private async Task<int> EndAsync(string sql, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancel)
    {
        var written = await run.PersistAsync(
            async () =>
            {
                await using var command = run.Database.Source.CreateCommand(sql);
                command.Parameters.Add(new() { Value = hold.Job.Id.Value });
                command.Parameters.Add(new() { Value = hold.Job.Fence });
                foreach (var parameter in parameters)
                {
                    command.Parameters.Add(parameter.Clone());
                }

                return (int)(await command.ExecuteScalarAsync(cancel))!;
            },
            cancel);
        return written == 0 ? throw run.Memory.Lost() : written;
    }
}

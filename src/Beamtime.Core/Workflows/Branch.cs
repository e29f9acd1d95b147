using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>What the failure of a branch means to the others.</summary>
internal enum BranchFailure
{
    /// <summary>The others are ended and cleaned up after at once, and the group fails.</summary>
    FailsFast,

    /// <summary>The others come to their end, then the group fails with the reasons of all.</summary>
    IsCollected,

    /// <summary>Nothing: it is told in the branch's end.</summary>
    IsIgnored,
}

/// <summary>Steps of a workflow that run side by side with others.</summary>
/// <typeparam name="TInput">The input of the workflow.</typeparam>
/// <typeparam name="TResult">What it gives.</typeparam>
/// <param name="Name">Permanent, and unique in its group: its steps are remembered under it.</param>
/// <param name="RunAsync">Its code.</param>
internal sealed record Branch<TInput, TResult>(
    string Name, Func<WorkflowContext<TInput>, CancellationToken, Task<TResult>> RunAsync)
{
    /// <summary>What its failure means to the others.</summary>
    public BranchFailure Failure { get; init; } = BranchFailure.FailsFast;
}

/// <summary>How a branch ended.</summary>
/// <typeparam name="TResult">What it gives.</typeparam>
/// <param name="Name">The branch.</param>
/// <param name="Result">What it gave; the default where it failed.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record BranchEnd<TResult>(string Name, TResult? Result, Reason? Error);

/// <summary>Runs branches side by side and decides what their ends mean.</summary>
/// <typeparam name="TInput">The input of the workflow.</typeparam>
/// <typeparam name="TResult">What a branch gives.</typeparam>
/// <param name="scope">The branch that they branch off.</param>
/// <param name="name">The group.</param>
/// <param name="branches">The branches.</param>
/// <param name="contextOf">What the code of a branch is given.</param>
internal sealed class BranchGroup<TInput, TResult>(
    WorkflowScope scope,
    string name,
    IReadOnlyList<Branch<TInput, TResult>> branches,
    Func<WorkflowScope, WorkflowContext<TInput>> contextOf)
{
    private readonly WorkflowRun _run = scope.Run;
    private readonly StepPlace _decision = new($"{scope.Prefix}failed: {name}", StepKind.Marker, scope.Prefix, 0);

    /// <summary>Runs them all.</summary>
    /// <param name="cancel">Ends them.</param>
    public async Task<IReadOnlyList<BranchEnd<TResult>>> RunAsync(CancellationToken cancel)
    {
        if (name.Contains('/', StringComparison.Ordinal) || branches.Any(b => b.Name.Contains('/', StringComparison.Ordinal)))
        {
            throw new ArgumentException($"{name} or a branch of it has a slash in its name.");
        }

        // Which branch failed first is a race, so it is recorded; whatever is not done after it is not done later either.
        var decided = _run.Remembered(_decision.Name);
        if (decided is { State: StepState.Failed, Error: { } over })
        {
            throw new FaultException(over);
        }

        using var group = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var scopes = branches.Select(b => scope.Branch($"{name}/{b.Name}")).ToArray();
        if (decided is { Error: { } reason })
        {
            foreach (var branch in scopes)
            {
                branch.Withdraw();
            }

            await Task.WhenAll(branches.Select((b, i) => EndOfAsync(b, scopes[i], group)));
            throw await WithdrawAsync(scopes, reason, cancel);
        }

        var ends = await Task.WhenAll(branches.Select((b, i) => EndOfAsync(b, scopes[i], group)));
        if (ends.FirstOrDefault(e => e.Fast is not null)?.Fast is { } first && !scope.IsEnding && _run.Fatal is null)
        {
            foreach (var branch in scopes)
            {
                branch.Withdraw();
            }

            await _run.PersistAsync(() => DecideAsync(first, cancel), cancel);
            throw await WithdrawAsync(scopes, first, cancel);
        }

        if (ends.FirstOrDefault(e => e.Thrown is not null and not WorkflowParkedException)?.Thrown is { } thrown)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        }

        if (ends.FirstOrDefault(e => e.Thrown is not null)?.Thrown is { } parked)
        {
            scope.Block(parked);
            throw parked;
        }

        var failed = branches.Zip(ends).Where(p => p.First.Failure == BranchFailure.IsCollected && p.Second.End!.Error is not null)
            .Select(p => $"{p.First.Name}: {p.Second.End!.Error!.Code}: {p.Second.End.Error.Message}").ToArray();
        return failed.Length == 0
            ? [.. ends.Select(e => e.End!)]
            : throw WorkflowErrors.BranchesFailed.Fault($"{name}: {string.Join("; ", failed)}");
    }

    private async Task<Ended> EndOfAsync(Branch<TInput, TResult> branch, WorkflowScope within, CancellationTokenSource group)
    {
        try
        {
            var result = await branch.RunAsync(contextOf(within), group.Token);
            if (!within.IsEnding)
            {
                if (within.Parks() is not [])
                {
                    // Its code caught the word to wait.
                    return new Ended(null, null, new WorkflowParkedException($"waits in {name}/{branch.Name}"));
                }

                within.DemandEnd();
            }

            return new Ended(new BranchEnd<TResult>(branch.Name, result, null), null, null);
        }
        catch (WorkflowParkedException parked)
        {
            return new Ended(null, null, parked);
        }
        catch (Exception failure) when (IsFailure(failure) && _run.Fatal is null)
        {
            var reason = JobVerdict.ReasonFor(failure);
            if (branch.Failure != BranchFailure.FailsFast)
            {
                return new Ended(new BranchEnd<TResult>(branch.Name, default, reason), null, null);
            }

            await group.CancelAsync();
            return new Ended(null, reason, null);
        }
        catch (Exception other)
        {
            return new Ended(null, null, other);
        }
    }

    // What is not for good, or is a bug, is no end of a branch: the workflow is run again.
    private static bool IsFailure(Exception exception) =>
        exception is FaultException { Reason: { Retry: RetryClass.Never } } or RefusedException
        && JobVerdict.ReasonFor(exception).Retry == RetryClass.Never;

    private async Task<bool> DecideAsync(Reason reason, CancellationToken cancel)
    {
        await using var command = _run.Memory.Placed(
            $"""
            {StepMemory.HeldFirst}
            insert into workflow_steps (workflow, name, place, kind, scope, state, attempt, fence, error, started_at)
            select held.id, $3, $4, $5, $6, 'Started', 1, $2, $7, lease_clock() from held
            on conflict (workflow, name) do update set error = workflow_steps.error
            """,
            _decision);
        command.Parameters.Add(StepMemory.Json(JobsJson.Write(reason)));
        return await command.ExecuteNonQueryAsync(cancel) == 1 ? true : throw _run.Memory.Lost();
    }

    private async Task<Exception> WithdrawAsync(IReadOnlyList<WorkflowScope> scopes, Reason reason, CancellationToken cancel)
    {
        var steps = new StepRunner(_run);
        foreach (var cleanUp in scopes.Reverse().SelectMany(s => s.CleanUps()))
        {
            try
            {
                await steps.CleanUpAsync(scope, cleanUp, cancel);
            }
            catch (FaultException failed) when (failed.Reason.Code != JobErrors.LeaseLost.Code)
            {
                reason = reason with { Message = $"{reason.Message}; {cleanUp.Place.Name} failed: {failed.Reason.Message}" };
            }
        }

        await _run.PersistAsync(() => EndAsync(reason, cancel), cancel);
        return new FaultException(reason);
    }

    private async Task<bool> EndAsync(Reason reason, CancellationToken cancel)
    {
        await using var command = _run.Memory.Named(
            $"""
            {StepMemory.HeldFirst}
            update workflow_steps set
                state = 'Failed', error = $4, finished_at = lease_clock(), due_at = null,
                retry_at = case when kind = 'Marker' then null else retry_at end
            from held where workflow = held.id
                and (name = $3 or (state in ('Started', 'Waiting', 'Uncertain') and starts_with(scope, $5)))
            """,
            _decision.Name);
        command.Parameters.Add(StepMemory.Json(JobsJson.Write(reason)));
        command.Parameters.Add(new() { Value = $"{scope.Prefix}{name}/" });
        return await command.ExecuteNonQueryAsync(cancel) > 0 ? true : throw _run.Memory.Lost();
    }

    private sealed record Ended(BranchEnd<TResult>? End, Reason? Fast, Exception? Thrown);
}

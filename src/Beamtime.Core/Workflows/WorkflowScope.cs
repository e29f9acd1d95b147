using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>Stops a workflow's code for now: what it waits for is recorded, and it is run again when that has come.</summary>
internal sealed class WorkflowParkedException(string why) : Exception($"The workflow {why}.");

/// <summary>What a run waits for at its end.</summary>
/// <param name="DueAt">The instant, by the lease clock; null for none.</param>
/// <param name="Delay">From now; null for none.</param>
/// <param name="State">The workflow's state meanwhile.</param>
/// <param name="Why">What it does: <c>waits for …</c>.</param>
/// <param name="Error">What it waits for, if that is an error.</param>
internal sealed record Park(DateTimeOffset? DueAt, TimeSpan? Delay, WorkflowState State, string Why, Reason? Error);

/// <summary>What undoes something that a withdrawn workflow had begun.</summary>
/// <param name="Place">Where its step is remembered.</param>
/// <param name="Step">Its retries.</param>
/// <param name="IsNeeded">Whether there is anything to undo.</param>
/// <param name="Run">Its work.</param>
internal sealed record CleanUp(StepPlace Place, Step Step, Func<bool> IsNeeded, Func<CancellationToken, Task> Run);

/// <summary>
/// One branch of a workflow in one run, or the workflow itself: counts its steps and keeps it to the order that is
/// recorded. The steps of a branch are asked for in the same order at every run; the branches among each other in any.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="parent">The branch that it branches off.</param>
/// <param name="prefix">What stands before the names of its steps, with the last slash.</param>
internal sealed class WorkflowScope(WorkflowRun run, WorkflowScope? parent, string prefix)
{
    private readonly List<Park> _parks = [];
    private readonly List<CleanUp> _cleanUps = [];
    private readonly List<WorkflowScope> _branches = [];
    private Exception? _blocked;
    private bool _isWithdrawn;
    private int _place;

    /// <summary>The run.</summary>
    public WorkflowRun Run => run;

    /// <summary>What stands before the names of its steps.</summary>
    public string Prefix => prefix;

    /// <summary>Whether it only goes through what has finished, to learn what is to be cleaned up.</summary>
    public bool IsEnding => run.Ending is not null || _isWithdrawn || (parent?.IsEnding ?? false);

    private Exception? Blocked => run.Fatal ?? _blocked ?? parent?.Blocked;

    /// <summary>A branch of it.</summary>
    /// <param name="name">The branch's name below this one.</param>
    public WorkflowScope Branch(string name)
    {
        var branch = new WorkflowScope(run, this, $"{prefix}{name}/");
        lock (run.Gate)
        {
            _branches.Add(branch);
        }

        return branch;
    }

    /// <summary>Comes by a step: gives what is remembered, or begins it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="begin">Begins it, or goes on with what was begun.</param>
    /// <returns>Its result as JSON.</returns>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public Task<string> EnterAsync(Step step, StepKind kind, Func<StepPlace, RememberedStep?, Task<string>> begin)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(step.Name);
        if (step.Name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The step name {step.Name} has a slash.", nameof(step));
        }

        lock (run.Gate)
        {
            if (Blocked is { } why)
            {
                return Task.FromException<string>(why);
            }

            var place = new StepPlace(prefix + step.Name, kind, prefix, ++_place);
            run.Use(place.Name);
            var before = run.Remembered(place.Name);
            if (run.Difference(place, before) is { } difference)
            {
                return Task.FromException<string>(run.Fail(WorkflowErrors.Changed.Fault(difference)));
            }

            switch (before)
            {
                case { State: StepState.Finished, Result: { } result }:
                    return Task.FromResult(result);
                case { IsFinal: true, Error: { } error }:
                    return Task.FromException<string>(new FaultException(error));
            }

            if (IsEnding)
            {
                return Task.FromException<string>(
                    run.Ending is null ? new OperationCanceledException("Its branch is withdrawn.") : run.StopBody());
            }

            if (run.IsPausing)
            {
                return Task.FromException<string>(ParkLocked(new Park(null, null, WorkflowState.Paused, "is paused", null)));
            }

            var task = begin(place, before);
            run.Track(task);
            return task;
        }
    }

    /// <summary>Records what this branch waits for and refuses it any further step in this run, whatever its code catches.</summary>
    /// <param name="park">What it waits for.</param>
    /// <returns>To be thrown.</returns>
    public Exception Park(Park park)
    {
        lock (run.Gate)
        {
            return ParkLocked(park);
        }
    }

    /// <summary>Refuses any further step: one of its branches waits.</summary>
    /// <param name="parked">That branch's exception.</param>
    public void Block(Exception parked)
    {
        lock (run.Gate)
        {
            _blocked ??= parked;
        }
    }

    /// <summary>Its siblings have decided without it: it only cleans up, and what it waits for does not count.</summary>
    public void Withdraw()
    {
        lock (run.Gate)
        {
            _isWithdrawn = true;
        }
    }

    /// <summary>Adds what undoes a step of it.</summary>
    /// <param name="name">Of what is undone.</param>
    /// <param name="step">Its retries.</param>
    /// <param name="isNeeded">Whether there is anything to undo.</param>
    /// <param name="undo">Its work.</param>
    public void AddCleanUp(string name, Step step, Func<bool> isNeeded, Func<CancellationToken, Task> undo)
    {
        lock (run.Gate)
        {
            _cleanUps.Add(new CleanUp(
                new StepPlace($"cancel: {prefix}{name}", StepKind.CleanUp, prefix, 0), step, isNeeded, undo));
        }
    }

    /// <summary>What is to be undone of it and its branches, the last first.</summary>
    public IReadOnlyList<CleanUp> CleanUps()
    {
        lock (run.Gate)
        {
            return
            [
                .. Enumerable.Reverse(_branches).SelectMany(b => b.CleanUps()).Concat(Enumerable.Reverse(_cleanUps))
                    .Where(c => c.IsNeeded()),
            ];
        }
    }

    /// <summary>What it and its branches wait for.</summary>
    public IReadOnlyList<Park> Parks()
    {
        lock (run.Gate)
        {
            return _isWithdrawn ? [] : [.. _parks, .. _branches.SelectMany(b => b.Parks())];
        }
    }

    /// <summary>Which road of a change it takes.</summary>
    /// <param name="change">The change.</param>
    /// <param name="newest">The newest road.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<int> VersionAsync(string change, int newest, CancellationToken cancel)
    {
        var place = new StepPlace($"{prefix}version: {change}", StepKind.Marker, prefix, 0);
        int road;
        lock (run.Gate)
        {
            if (Blocked is { } why)
            {
                throw why;
            }

            if (run.Remembered(place.Name) is { Result: { } recorded })
            {
                return int.Parse(recorded, CultureInfo.InvariantCulture);
            }

            road = run.RecordedAfter(prefix, _place) is null ? newest : 0;
            if (IsEnding)
            {
                return road;
            }
        }

        var isNew = await run.PersistAsync(
            () => run.Memory.MarkAsync(place, road.ToString(CultureInfo.InvariantCulture), cancel), cancel);
        return isNew
            ? road
            : int.Parse(
                await run.PersistAsync(() => run.Memory.ResultAsync(place.Name, cancel), cancel), CultureInfo.InvariantCulture);
    }

    /// <summary>Demands, where its code has returned, that it came by every recorded step.</summary>
    /// <exception cref="FaultException"><c>workflows.changed</c></exception>
    public void DemandEnd()
    {
        if (run.RecordedAfter(prefix, _place) is { } left)
        {
            throw run.Fail(WorkflowErrors.Changed.Fault(
                $"Workflow {run.Id}: its code ended after {_place} steps of {(prefix.Length == 0 ? "the workflow" : prefix)}; "
                + $"step {left.Place}, {left.Name}, is recorded and was not asked for."));
        }
    }

    private WorkflowParkedException ParkLocked(Park park)
    {
        var parked = new WorkflowParkedException(park.Why);
        _parks.Add(park);
        _blocked ??= parked;
        return parked;
    }
}

using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>A workflow as people see it.</summary>
internal sealed record WorkflowRecord
{
    /// <summary>The workflow.</summary>
    public required WorkflowId Id { get; init; }

    /// <summary>The kind's permanent name.</summary>
    public required string Kind { get; init; }

    /// <summary>The version it was started under.</summary>
    public required int Version { get; init; }

    /// <summary>Its key, if it has one; never used again within its kind.</summary>
    public string? Key { get; init; }

    /// <summary>What it was started with, as JSON.</summary>
    public required string Input { get; init; }

    /// <summary>Where it stands.</summary>
    public required WorkflowState State { get; init; }

    /// <summary>How its completion is named for people, where that has a name.</summary>
    public string? Label { get; init; }

    /// <summary>Since when it stands there.</summary>
    public required DateTimeOffset StateAt { get; init; }

    /// <summary>Who brought it there; absent, the program did.</summary>
    public PersonId? StateBy { get; init; }

    /// <summary>Why it stands there: what it waits for.</summary>
    public string? StateWhy { get; init; }

    /// <summary>When it is to run first, or was.</summary>
    public required DateTimeOffset ScheduledAt { get; init; }

    /// <summary>When its time is up.</summary>
    public DateTimeOffset? DeadlineAt { get; init; }

    /// <summary>When its end is forced, if it cleans up.</summary>
    public DateTimeOffset? CancelUntil { get; init; }

    /// <summary>How often its code was run.</summary>
    public required int Runs { get; init; }

    /// <summary>The workflow that started it and waits for it.</summary>
    public WorkflowId? Parent { get; init; }

    /// <summary>What it returned, as JSON.</summary>
    public string? Result { get; init; }

    /// <summary>Why it failed; after a retry, why it last did.</summary>
    public Reason? Error { get; init; }

    /// <summary>What it belongs to.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>A step as people see it.</summary>
internal sealed record StepRecord
{
    /// <summary>Its name, unique in its workflow.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>The instant that it waits for, or at which it is looked at again.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>What an effect is to be, or what a person is asked, as JSON.</summary>
    public string? Intent { get; init; }

    /// <summary>What an effect is known by outside, from before it was begun.</summary>
    public Guid? Effect { get; init; }

    /// <summary>What the outside calls the effect.</summary>
    public string? External { get; init; }

    /// <summary>The workflow that it waits for.</summary>
    public WorkflowId? Child { get; init; }

    /// <summary>Who decided over it, or answered it.</summary>
    public PersonId? ResolvedBy { get; init; }

    /// <summary>Where it stands.</summary>
    public required StepState State { get; init; }

    /// <summary>Attempts begun.</summary>
    public required int Attempt { get; init; }

    /// <summary>Attempts that failed since a person last retried it.</summary>
    public required int Failures { get; init; }

    /// <summary>What it gave, as JSON.</summary>
    public string? Result { get; init; }

    /// <summary>Why its last failed attempt failed.</summary>
    public Reason? Error { get; init; }

    /// <summary>When it is tried again; absent after a failure, it is not.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>When its present or last attempt began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its last attempt ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>A workflow with its steps in order and its job; the job is gone after its retention.</summary>
/// <param name="Workflow">The workflow.</param>
/// <param name="Steps">The steps begun so far.</param>
/// <param name="Job">The job that drives it.</param>
internal sealed record WorkflowReport(WorkflowRecord Workflow, IReadOnlyList<StepRecord> Steps, JobRecord? Job)
{
    /// <summary>Where it stood, the first hundred moves and the last nine hundred.</summary>
    public required IReadOnlyList<WorkflowMove> Moves { get; init; }

    /// <summary>The last hundred messages for it, newest first.</summary>
    public required IReadOnlyList<MessageRecord> Messages { get; init; }
}

/// <summary>A move of a workflow from one state to another.</summary>
internal sealed record WorkflowMove
{
    /// <summary>Where it went.</summary>
    public required WorkflowState State { get; init; }

    /// <summary>How that is named for people, where it has a name.</summary>
    public string? Label { get; init; }

    /// <summary>Who moved it; absent, the program did.</summary>
    public PersonId? By { get; init; }

    /// <summary>That person's name.</summary>
    public string? ByName { get; init; }

    /// <summary>Why.</summary>
    public string? Why { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }
}

/// <summary>A message for a workflow.</summary>
internal sealed record MessageRecord
{
    /// <summary>Its id, by which a repeat is recognised.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its body as JSON.</summary>
    public required string Body { get; init; }

    /// <summary>Who sent it; absent, the program did.</summary>
    public PersonId? SentBy { get; init; }

    /// <summary>When it was sent.</summary>
    public required DateTimeOffset SentAt { get; init; }

    /// <summary>The step that took it.</summary>
    public string? TakenBy { get; init; }

    /// <summary>Why it was passed over.</summary>
    public Reason? Refused { get; init; }
}

/// <summary>When a workflow is started, by whom, as part of what.</summary>
internal sealed record WorkflowStart
{
    /// <summary>Starting twice with one key gives one workflow, until it is removed after its retention; null for no key.</summary>
    public string? Key { get; init; }

    /// <summary>What it belongs to.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>Not before this instant; absent, at once.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Workflows of one sequence run one after another, in the order of their start, waiting included; null for beside each other.</summary>
    public string? Sequence { get; init; }

    /// <summary>Who starts it; absent, the program does.</summary>
    public PersonId? By { get; init; }

    /// <summary>Why.</summary>
    public string? Why { get; init; }
}

/// <summary>Which workflows a list shows; what is absent does not restrict.</summary>
internal sealed record WorkflowFilter
{
    /// <summary>Only of this kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Only in this state.</summary>
    public WorkflowState? State { get; init; }

    /// <summary>Only what belongs to this.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>Only what this one started and waits for.</summary>
    public WorkflowId? Parent { get; init; }
}

/// <summary>One page of workflows, newest first.</summary>
/// <param name="Workflows">The workflows of this page.</param>
/// <param name="Total">How many the filter admits in all.</param>
internal sealed record WorkflowPage(IReadOnlyList<WorkflowRecord> Workflows, long Total);

/// <summary>What starting gave.</summary>
/// <param name="Id">The workflow: the new one, or the one that has its key.</param>
/// <param name="IsNew">False where a workflow already had the key.</param>
internal sealed record StartedWorkflow(WorkflowId Id, bool IsNew);

using Beamtime.Core.Jobs;
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

    /// <summary>What it returned, as JSON.</summary>
    public string? Result { get; init; }

    /// <summary>Why it failed; after a retry, why it last did.</summary>
    public Reason? Error { get; init; }

    /// <summary>What it belongs to.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it succeeded, failed or was cancelled.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>A step as people see it.</summary>
internal sealed record StepRecord
{
    /// <summary>Its name, unique in its workflow.</summary>
    public required string Name { get; init; }

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
internal sealed record WorkflowReport(WorkflowRecord Workflow, IReadOnlyList<StepRecord> Steps, JobRecord? Job);

/// <summary>Which workflows a list shows; what is absent does not restrict.</summary>
internal sealed record WorkflowFilter
{
    /// <summary>Only of this kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Only in this state.</summary>
    public WorkflowState? State { get; init; }

    /// <summary>Only what belongs to this.</summary>
    public Guid? Correlation { get; init; }
}

/// <summary>One page of workflows, newest first.</summary>
/// <param name="Workflows">The workflows of this page.</param>
/// <param name="Total">How many the filter admits in all.</param>
internal sealed record WorkflowPage(IReadOnlyList<WorkflowRecord> Workflows, long Total);

/// <summary>What starting gave.</summary>
/// <param name="Id">The workflow: the new one, or the one that has its key.</param>
/// <param name="IsNew">False where a workflow already had the key.</param>
internal sealed record StartedWorkflow(WorkflowId Id, bool IsNew);

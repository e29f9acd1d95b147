using System.Text.Json;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>One page of workflows, newest first.</summary>
/// <param name="Items">The workflows of this page.</param>
/// <param name="Total">How many match on all pages.</param>
/// <param name="Offset">Workflows passed over.</param>
/// <param name="Limit">Workflows on a page at most.</param>
internal sealed record WorkflowPageView(IReadOnlyList<WorkflowView> Items, long Total, int Offset, int Limit);

/// <summary>A workflow as REST shows it.</summary>
/// <param name="Id">The workflow; its job has the same id.</param>
/// <param name="Kind">The kind's permanent name.</param>
/// <param name="Version">The version it was started under.</param>
/// <param name="Key">Its key, unique within its kind.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Type">What that means.</param>
/// <param name="Label">How its completion is named.</param>
/// <param name="Why">Why it stands there: what it waits for.</param>
/// <param name="By">Who brought it there; absent, the program did.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="Runs">How often its code was run.</param>
/// <param name="ScheduledAt">When it is to run first, or was, UTC.</param>
/// <param name="StartedAt">When it was started, UTC.</param>
/// <param name="DeadlineAt">When its time is up, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC.</param>
/// <param name="Error">Why it failed; after a retry, why it last did.</param>
/// <param name="Correlation">What it belongs to.</param>
/// <param name="Parent">The workflow that started it and waits for it.</param>
internal sealed record WorkflowView(
    Guid Id,
    string Kind,
    int Version,
    string? Key,
    WorkflowState State,
    WorkflowStateType Type,
    string? Label,
    string? Why,
    Guid? By,
    DateTimeOffset Since,
    int Runs,
    DateTimeOffset ScheduledAt,
    DateTimeOffset StartedAt,
    DateTimeOffset? DeadlineAt,
    DateTimeOffset? FinishedAt,
    Reason? Error,
    Guid? Correlation,
    Guid? Parent)
{
    /// <summary>The view of a workflow.</summary>
    /// <param name="workflow">The workflow.</param>
    public static WorkflowView Of(WorkflowRecord workflow) => new(
        workflow.Id.Value,
        workflow.Kind,
        workflow.Version,
        workflow.Key,
        workflow.State,
        workflow.State.Type,
        workflow.Label,
        workflow.StateWhy,
        workflow.StateBy?.Value,
        workflow.StateAt,
        workflow.Runs,
        workflow.ScheduledAt,
        workflow.StartedAt,
        workflow.DeadlineAt,
        workflow.FinishedAt,
        workflow.Error,
        workflow.Correlation,
        workflow.Parent?.Value);
}

/// <summary>A step as REST shows it.</summary>
/// <param name="Name">Its name, with that of its branch before it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">Attempts begun.</param>
/// <param name="Failures">Attempts that failed since a person last retried it.</param>
/// <param name="StartedAt">When its last attempt began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC.</param>
/// <param name="RetryAt">When it is tried again, UTC.</param>
/// <param name="DueAt">The instant that it waits for, or at which it is looked at again, UTC.</param>
/// <param name="Result">What it gave.</param>
/// <param name="Intent">What an effect is to be, or what a person is asked.</param>
/// <param name="Effect">What an effect is known by outside.</param>
/// <param name="External">What the outside calls the effect.</param>
/// <param name="Child">The workflow that it waits for.</param>
/// <param name="ResolvedBy">Who decided over it, or answered it.</param>
/// <param name="Error">Why it last failed, or what is uncertain.</param>
internal sealed record StepView(
    string Name,
    StepKind Kind,
    StepState State,
    int Attempt,
    int Failures,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    DateTimeOffset? RetryAt,
    DateTimeOffset? DueAt,
    JsonElement? Result,
    JsonElement? Intent,
    Guid? Effect,
    string? External,
    Guid? Child,
    Guid? ResolvedBy,
    Reason? Error)
{
    /// <summary>The view of a step.</summary>
    /// <param name="step">The step.</param>
    public static StepView Of(StepRecord step) => new(
        step.Name,
        step.Kind,
        step.State,
        step.Attempt,
        step.Failures,
        step.StartedAt,
        step.FinishedAt,
        step.RetryAt,
        step.DueAt,
        WorkflowReportView.Json(step.Result),
        WorkflowReportView.Json(step.Intent),
        step.Effect,
        step.External,
        step.Child?.Value,
        step.ResolvedBy?.Value,
        step.Error);
}

/// <summary>A move of a workflow from one state to another.</summary>
/// <param name="State">Where it went.</param>
/// <param name="Label">How that is named.</param>
/// <param name="By">Who moved it; absent, the program did.</param>
/// <param name="ByName">That person's name.</param>
/// <param name="Why">Why.</param>
/// <param name="At">When, UTC.</param>
internal sealed record WorkflowMoveView(
    WorkflowState State, string? Label, Guid? By, string? ByName, string? Why, DateTimeOffset At);

/// <summary>A message for a workflow.</summary>
/// <param name="Id">Its id, by which a repeat is recognised.</param>
/// <param name="Name">Its name.</param>
/// <param name="Body">Its body.</param>
/// <param name="SentBy">Who sent it; absent, the program did.</param>
/// <param name="SentAt">When, UTC.</param>
/// <param name="TakenBy">The step that took it.</param>
/// <param name="Refused">Why it was passed over.</param>
internal sealed record WorkflowMessageView(
    string Id, string Name, JsonElement Body, Guid? SentBy, DateTimeOffset SentAt, string? TakenBy, Reason? Refused);

/// <summary>All of a workflow.</summary>
/// <param name="Summary">What lists show.</param>
/// <param name="Input">What it was started with.</param>
/// <param name="Result">What it returned.</param>
/// <param name="Steps">The steps begun so far, in the order of their begin.</param>
/// <param name="Moves">Where it stood: the first hundred moves and the last nine hundred.</param>
/// <param name="Messages">The last hundred messages for it, newest first.</param>
/// <param name="Worker">Who runs it, or ran it last.</param>
/// <param name="DueAt">When it is claimed next, or was, UTC.</param>
internal sealed record WorkflowReportView(
    WorkflowView Summary,
    JsonElement Input,
    JsonElement? Result,
    IReadOnlyList<StepView> Steps,
    IReadOnlyList<WorkflowMoveView> Moves,
    IReadOnlyList<WorkflowMessageView> Messages,
    string? Worker,
    DateTimeOffset? DueAt)
{
    /// <summary>The view of a workflow with its steps.</summary>
    /// <param name="report">The workflow.</param>
    public static WorkflowReportView Of(WorkflowReport report) => new(
        WorkflowView.Of(report.Workflow),
        Json(report.Workflow.Input)!.Value,
        Json(report.Workflow.Result),
        [.. report.Steps.Select(StepView.Of)],
        [.. report.Moves.Select(m => new WorkflowMoveView(m.State, m.Label, m.By?.Value, m.ByName, m.Why, m.At))],
        [.. report.Messages.Select(m => new WorkflowMessageView(
            m.Id, m.Name, Json(m.Body)!.Value, m.SentBy?.Value, m.SentAt, m.TakenBy, m.Refused))],
        report.Job?.Worker,
        report.Job?.RunAt);

    /// <summary>Stored JSON, to be shown.</summary>
    /// <param name="text">The text.</param>
    public static JsonElement? Json(string? text)
    {
        if (text is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}

/// <summary>Why a workflow is cancelled, paused, resumed or retried.</summary>
/// <param name="Why">Why, in the person's words; kept with the move.</param>
internal sealed record WorkflowChangeRequest(string? Why = null);

/// <summary>A message to be sent to a workflow.</summary>
/// <param name="Id">Unique for the workflow: the same message again is no second one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Body">Its body.</param>
internal sealed record WorkflowMessageRequest(string Id, string Name, JsonElement Body);

/// <summary>The answer to the question of a step.</summary>
/// <param name="Step">The step.</param>
/// <param name="Answer">The answer as text.</param>
internal sealed record WorkflowAnswerRequest(string Step, string Answer);

/// <summary>A decision over an uncertain step.</summary>
/// <param name="Step">The step.</param>
/// <param name="How">How.</param>
/// <param name="Result">Done: what it gave.</param>
/// <param name="External">Found: what the outside calls the effect.</param>
/// <param name="Why">Fail: why it is given up.</param>
internal sealed record WorkflowResolveRequest(
    string Step, StepResolution How, JsonElement? Result = null, string? External = null, string? Why = null);

/// <summary>A decision that is taken back.</summary>
/// <param name="Step">The step.</param>
/// <param name="Why">Why; kept with the workflow.</param>
internal sealed record WorkflowReopenRequest(string Step, string Why);

using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>The codes of workflows.</summary>
internal static class WorkflowErrors
{
    /// <summary>No such workflow.</summary>
    public static readonly ErrorCode NotFound = new(
        "workflows.workflow.not_found",
        "No workflow has this id.",
        "List the workflows and take an id from there.");

    /// <summary>No such step.</summary>
    public static readonly ErrorCode StepNotFound = new(
        "workflows.step.not_found",
        "The workflow has begun no step of this name, or none of this sort.",
        "Show the workflow and take the name of a step from there.");

    /// <summary>The stored input or a stored result does not fit the code.</summary>
    public static readonly ErrorCode Unreadable = new(
        "workflows.memory.unreadable",
        "A workflow's stored input or a step's stored result cannot be read by the program that runs it.",
        "Run the version that started it; a change of a step's result is a new version of the workflow.");

    /// <summary>The code asks for other steps than were recorded.</summary>
    public static readonly ErrorCode Changed = new(
        "workflows.changed",
        "The code of a workflow asks for other steps, or in another order, than this instance has recorded.",
        "Let the code ask for the version of the change, or give the kind a new version; then retry the workflow.");

    /// <summary>The workflow's state does not allow it.</summary>
    public static readonly ErrorCode StateForbids = new(
        "workflows.state.forbids",
        "The workflow's or the step's present state does not allow what was asked.",
        "Show the workflow: what has ended is only retried, only what is paused is resumed, only what is uncertain is resolved.");

    /// <summary>It was withdrawn.</summary>
    public static readonly ErrorCode Cancelled = new(
        "workflows.workflow.cancelled",
        "The workflow was cancelled by a person, or with the workflow that had started it.",
        "Retry it if it is to go on: what has finished stays finished.");

    /// <summary>It took too long.</summary>
    public static readonly ErrorCode TimedOut = new(
        "workflows.workflow.timed_out",
        "The workflow did not end within the time that its kind gives it.",
        "Show its steps for what took so long; retrying gives it the whole time again.");

    /// <summary>A step took too long.</summary>
    public static readonly ErrorCode StepTimedOut = new(
        "workflows.step.timed_out",
        "A step did not end within the time that it is given.",
        "Look for what it waits for; then retry the workflow.",
        RetryClass.Later);

    /// <summary>No message came in time.</summary>
    public static readonly ErrorCode MessageTimedOut = new(
        "workflows.message.timed_out",
        "The message that a step waits for did not come in time.",
        "See to it that the message is sent; then retry the workflow.");

    /// <summary>Nobody answered in time.</summary>
    public static readonly ErrorCode InputTimedOut = new(
        "workflows.input.timed_out",
        "Nobody answered the question of a step in time.",
        "Retry the workflow and answer it.");

    /// <summary>The answer does not fit the question.</summary>
    public static readonly ErrorCode InputInvalid = new(
        "workflows.input.invalid",
        "The value does not fit what the step asks for.",
        "Show the workflow for the question and what answers it admits.");

    /// <summary>A message with this id was sent before, and it was another.</summary>
    public static readonly ErrorCode MessageDiffers = new(
        "workflows.message.differs",
        "A message with the same id, but another name or body, was sent to the workflow before.",
        "Give each message an id of its own; repeat a message only as it was.");

    /// <summary>The message does not fit.</summary>
    public static readonly ErrorCode MessageInvalid = new(
        "workflows.message.invalid",
        "The message's body is not what a message of this name is to the workflow, is no JSON, or is longer than 64 kB.",
        "Send a body of the form that the workflow's kind documents.");

    /// <summary>Too many messages wait.</summary>
    public static readonly ErrorCode MessagesFull = new(
        "workflows.message.full",
        "A thousand messages wait for the workflow already.",
        "Wait until it has taken some, or cancel it.",
        RetryClass.Later);

    /// <summary>Others have gone on from a step that is to be reopened.</summary>
    public static readonly ErrorCode StepUsed = new(
        "workflows.step.used",
        "Later steps of the workflow have begun since a person decided over the step, and may have used its result.",
        "Cancel the workflow, so that what was begun is undone, and start it anew; set right by hand what cannot be undone.");

    /// <summary>Nobody knows whether a step was done.</summary>
    public static readonly ErrorCode Uncertain = new(
        "workflows.step.uncertain",
        "A step with an effect outside was interrupted, or its answer was lost: it may have been done or not.",
        "Look outside for what happened and resolve the step: found, done, repeat or fail.",
        RetryClass.Later);

    /// <summary>A person gave a step up.</summary>
    public static readonly ErrorCode GivenUp = new(
        "workflows.step.given_up",
        "A person decided that an uncertain step has failed.",
        "Retry the workflow to have the step begun again.");

    /// <summary>Some of the parallel branches failed.</summary>
    public static readonly ErrorCode BranchesFailed = new(
        "workflows.branches.failed",
        "One or more of the branches that a workflow runs side by side failed.",
        "Show the workflow for the steps that failed; retrying goes on with those.");

    /// <summary>The workflow of which this one awaits the end did not complete.</summary>
    public static readonly ErrorCode ChildFailed = new(
        "workflows.child.failed",
        "A workflow that another one had started, and waits for, did not complete.",
        "Show the child for its reason; retrying the parent retries it.");

    /// <summary>A list's bounds or a name in a request is not admitted.</summary>
    public static readonly ErrorCode RequestInvalid = new(
        "workflows.request.invalid",
        "A request about workflows has a value that is not admitted.",
        "Correct the value that the message names.");
}

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

    /// <summary>The stored input or a stored result does not fit the code.</summary>
    public static readonly ErrorCode Unreadable = new(
        "workflows.memory.unreadable",
        "A workflow's stored input or a step's stored result cannot be read by the program that runs it.",
        "Run the version that started it; a change of a step's result is a new version of the workflow.");
}

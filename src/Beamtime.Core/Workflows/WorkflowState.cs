namespace Beamtime.Core.Workflows;

/// <summary>Where a workflow stands; the picture is in this folder's README.</summary>
internal enum WorkflowState
{
    /// <summary>Its job waits, runs, or waits to retry a step.</summary>
    Running,

    /// <summary>It returned its result.</summary>
    Succeeded,

    /// <summary>A step failed for good, or it was given up; a person can retry it.</summary>
    Failed,

    /// <summary>Withdrawn by a person.</summary>
    Cancelled,
}

/// <summary>Where a step stands.</summary>
internal enum StepState
{
    /// <summary>Begun; after a crash, begun again.</summary>
    Started,

    /// <summary>Its result is remembered and it does not run again.</summary>
    Finished,

    /// <summary>Its last attempt failed; it is tried again, or has failed the workflow.</summary>
    Failed,
}

/// <summary>The allowed moves of workflows and steps.</summary>
internal static class WorkflowStateMoves
{
    extension(WorkflowState from)
    {
        /// <summary>Whether a workflow in this state may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The state asked for.</param>
        public bool CanBecome(WorkflowState to) => (from, to) switch
        {
            (WorkflowState.Running, WorkflowState.Succeeded or WorkflowState.Failed or WorkflowState.Cancelled) => true,
            (WorkflowState.Failed, WorkflowState.Running) => true,
            _ => false,
        };
    }

    extension(StepState from)
    {
        /// <summary>Whether a step in this state may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The state asked for.</param>
        public bool CanBecome(StepState to) => (from, to) switch
        {
            (StepState.Started, StepState.Started or StepState.Finished or StepState.Failed) => true,
            (StepState.Failed, StepState.Started) => true,
            _ => false,
        };
    }
}

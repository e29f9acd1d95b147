namespace Beamtime.Core.Workflows;

/// <summary>Where a workflow stands; the picture is in this folder's README. Logic looks at its <see cref="WorkflowStateType"/>.</summary>
internal enum WorkflowState
{
    /// <summary>Waits for its time and a worker.</summary>
    Scheduled,

    /// <summary>Scheduled, and its time has passed: a mark only, it still runs when a worker comes.</summary>
    Late,

    /// <summary>An attempt failed; it goes on after a pause.</summary>
    AwaitingRetry,

    /// <summary>Its time has come, and a limit keeps it back.</summary>
    AwaitingSlot,

    /// <summary>A person let it go on; it waits for a worker.</summary>
    Resuming,

    /// <summary>Claimed by a worker, not yet running.</summary>
    Pending,

    /// <summary>Its code runs.</summary>
    Running,

    /// <summary>Its code runs again after a failed attempt.</summary>
    Retrying,

    /// <summary>A person keeps it from beginning further steps.</summary>
    Paused,

    /// <summary>Waits for an instant, a message, an answer, a child or the outside, with no worker held.</summary>
    Suspended,

    /// <summary>Its end was asked for; it cleans up.</summary>
    Cancelling,

    /// <summary>Withdrawn.</summary>
    Cancelled,

    /// <summary>It returned its result.</summary>
    Completed,

    /// <summary>A step failed for good, or its code did; a person can retry it.</summary>
    Failed,

    /// <summary>It, or a step of it, took longer than it may.</summary>
    TimedOut,

    /// <summary>Its workers died under it until its attempts were used up.</summary>
    Crashed,
}

/// <summary>What a state means to whoever decides by it.</summary>
internal enum WorkflowStateType
{
    /// <summary>Waits for its time and a worker.</summary>
    Scheduled,

    /// <summary>Claimed, not yet running.</summary>
    Pending,

    /// <summary>Its code runs.</summary>
    Running,

    /// <summary>Waits for something outside.</summary>
    Paused,

    /// <summary>Cleans up before its end.</summary>
    Cancelling,

    /// <summary>Ended: withdrawn.</summary>
    Cancelled,

    /// <summary>Ended: with its result.</summary>
    Completed,

    /// <summary>Ended: with an error.</summary>
    Failed,

    /// <summary>Ended: without a word.</summary>
    Crashed,
}

/// <summary>The allowed moves of workflows.</summary>
internal static class WorkflowStateMoves
{
    extension(WorkflowState from)
    {
        /// <summary>What it means.</summary>
        public WorkflowStateType Type => from switch
        {
            WorkflowState.Scheduled or WorkflowState.Late or WorkflowState.AwaitingRetry or WorkflowState.AwaitingSlot
                or WorkflowState.Resuming => WorkflowStateType.Scheduled,
            WorkflowState.Pending => WorkflowStateType.Pending,
            WorkflowState.Running or WorkflowState.Retrying => WorkflowStateType.Running,
            WorkflowState.Paused or WorkflowState.Suspended => WorkflowStateType.Paused,
            WorkflowState.Cancelling => WorkflowStateType.Cancelling,
            WorkflowState.Cancelled => WorkflowStateType.Cancelled,
            WorkflowState.Completed => WorkflowStateType.Completed,
            WorkflowState.Failed or WorkflowState.TimedOut => WorkflowStateType.Failed,
            WorkflowState.Crashed => WorkflowStateType.Crashed,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        /// <summary>Whether only a person brings it on from here, if anybody.</summary>
        public bool IsTerminal => from.Type is WorkflowStateType.Cancelled or WorkflowStateType.Completed
            or WorkflowStateType.Failed or WorkflowStateType.Crashed;

        /// <summary>Whether a person may retry it.</summary>
        public bool IsRetryable => from.IsTerminal && from is not WorkflowState.Completed;

        /// <summary>Whether a workflow in this state may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The state asked for.</param>
        public bool CanBecome(WorkflowState to) => (from, to) switch
        {
            (WorkflowState.Scheduled, WorkflowState.Late) => true,
            (WorkflowState.Scheduled or WorkflowState.Late, WorkflowState.AwaitingSlot) => true,
            (WorkflowState.AwaitingRetry or WorkflowState.Resuming, WorkflowState.AwaitingSlot) => true,
            (WorkflowState.Suspended or WorkflowState.Paused, WorkflowState.Resuming) => true,
            (WorkflowState.Suspended, WorkflowState.Pending or WorkflowState.Paused) => true,
            (WorkflowState.Pending, WorkflowState.Running or WorkflowState.Retrying) => true,
            (WorkflowState.Running or WorkflowState.Retrying, WorkflowState.Suspended or WorkflowState.Completed) => true,
            (WorkflowState.Running or WorkflowState.Retrying, WorkflowState.TimedOut) => true,
            _ => (from.Type, to) switch
            {
                (WorkflowStateType.Scheduled, WorkflowState.Pending or WorkflowState.Paused) => true,
                (WorkflowStateType.Pending or WorkflowStateType.Running, WorkflowState.Scheduled or WorkflowState.AwaitingRetry) => true,
                (WorkflowStateType.Pending or WorkflowStateType.Running, WorkflowState.Paused) => true,
                (WorkflowStateType.Pending or WorkflowStateType.Running, WorkflowState.Failed or WorkflowState.Crashed) => true,
                (_, WorkflowState.Cancelling) => !from.IsTerminal && from is not WorkflowState.Cancelling,
                // Without its job: withdrawn by force.
                (_, WorkflowState.Cancelled) => !from.IsTerminal,
                // Only by a person, and what has finished stays so.
                (_, WorkflowState.Scheduled) => from.IsRetryable,
                _ => false,
            },
        };
    }
}

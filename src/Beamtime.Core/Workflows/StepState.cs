namespace Beamtime.Core.Workflows;

/// <summary>Where a step stands.</summary>
internal enum StepState
{
    /// <summary>Begun; after a crash, begun again.</summary>
    Started,

    /// <summary>Waits for an instant, a message, an answer or a child.</summary>
    Waiting,

    /// <summary>It may have been done or not: evidence or a person decides.</summary>
    Uncertain,

    /// <summary>Its result is remembered and it does not run again.</summary>
    Finished,

    /// <summary>Its last attempt failed; it is tried again, or has failed the workflow.</summary>
    Failed,
}

/// <summary>What a step is.</summary>
internal enum StepKind
{
    /// <summary>Effects anywhere: runs at least once.</summary>
    Work,

    /// <summary>Effects in the database alone: exactly once.</summary>
    Transaction,

    /// <summary>Must never be repeated: interrupted, a person decides.</summary>
    Once,

    /// <summary>An effect outside: intent, external id, outcome.</summary>
    Effect,

    /// <summary>Until an instant.</summary>
    Sleep,

    /// <summary>Until a message comes.</summary>
    Message,

    /// <summary>Until a person answers.</summary>
    Input,

    /// <summary>Until another workflow has ended.</summary>
    Child,

    /// <summary>A decision that is the same at every run.</summary>
    Marker,

    /// <summary>Undoes what was begun, when the workflow is withdrawn.</summary>
    CleanUp,
}

/// <summary>The allowed moves of steps.</summary>
internal static class StepStateMoves
{
    extension(StepState from)
    {
        /// <summary>Whether a step in this state may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The state asked for.</param>
        public bool CanBecome(StepState to) => (from, to) switch
        {
            (StepState.Started, StepState.Started or StepState.Finished or StepState.Failed or StepState.Uncertain) => true,
            (StepState.Waiting, StepState.Finished or StepState.Failed) => true,
            (StepState.Uncertain, StepState.Started or StepState.Finished or StepState.Failed or StepState.Uncertain) => true,
            (StepState.Failed, StepState.Started or StepState.Waiting) => true,
            // A person takes back what a person decided.
            (StepState.Finished or StepState.Failed, StepState.Uncertain) => true,
            _ => false,
        };
    }
}

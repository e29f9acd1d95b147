namespace Beamtime.Control.Procedures;

/// <summary>Where a run of a procedure stands.</summary>
internal enum ProcedureState
{
    /// <summary>Its steps are carried out.</summary>
    Running,

    /// <summary>The program ended while it ran; an operator decides.</summary>
    Held,

    /// <summary>All steps passed.</summary>
    Completed,

    /// <summary>A step failed.</summary>
    Failed,

    /// <summary>A person ended it.</summary>
    Aborted,
}

/// <summary>Where a step stands.</summary>
internal enum StepState
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Begun: its effect may be under way.</summary>
    Started,

    /// <summary>It did what it should.</summary>
    Passed,

    /// <summary>It did not.</summary>
    Failed,

    /// <summary>Begun when the program ended or when it was aborted: nobody knows what became of it.</summary>
    Uncertain,
}

/// <summary>The allowed moves between states.</summary>
internal static class ProcedureStates
{
    extension(ProcedureState from)
    {
        /// <summary>True when it will not change any more.</summary>
        public bool IsOver => from is ProcedureState.Completed or ProcedureState.Failed or ProcedureState.Aborted;

        /// <summary>Whether a run may move to another state.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(ProcedureState to) => (from, to) switch
        {
            (ProcedureState.Running, not ProcedureState.Running) => true,
            (ProcedureState.Held, ProcedureState.Running or ProcedureState.Aborted) => true,
            _ => false,
        };
    }
}

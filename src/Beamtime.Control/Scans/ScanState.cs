namespace Beamtime.Control.Scans;

/// <summary>Where a scan stands.</summary>
internal enum ScanState
{
    /// <summary>In the queue.</summary>
    Pending,

    /// <summary>Taking points.</summary>
    Running,

    /// <summary>Held between two points.</summary>
    Paused,

    /// <summary>All points were taken.</summary>
    Completed,

    /// <summary>Ended early by a person, an alarm or a fault; its code has put back what it moved.</summary>
    Aborted,

    /// <summary>Taken out of the queue before it began.</summary>
    Cancelled,

    /// <summary>The program ended while it ran.</summary>
    Interrupted,

    /// <summary>Ended early by a person, and left where it stopped.</summary>
    Halted,

    /// <summary>Ended early by a person to whom what was measured is enough.</summary>
    UserCompleted,
}

/// <summary>The allowed moves between states.</summary>
internal static class ScanStates
{
    extension(ScanState from)
    {
        /// <summary>True when the scan will not change any more.</summary>
        public bool IsOver => from is ScanState.Completed or ScanState.UserCompleted
            or ScanState.Aborted or ScanState.Halted or ScanState.Cancelled or ScanState.Interrupted;

        /// <summary>Whether a scan may move to another state.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(ScanState to) => (from, to) switch
        {
            (ScanState.Pending, ScanState.Running or ScanState.Cancelled) => true,
            (ScanState.Running, ScanState.Paused or ScanState.Completed) => true,
            (ScanState.Paused, ScanState.Running) => true,
            (ScanState.Running or ScanState.Paused,
                ScanState.Aborted or ScanState.Halted or ScanState.UserCompleted or ScanState.Interrupted) => true,
            _ => false,
        };
    }
}

namespace Beamtime.Core.Jobs;

/// <summary>Where a job stands; the picture is in this folder's README.</summary>
internal enum JobState
{
    /// <summary>Waits for its time and a worker.</summary>
    Available,

    /// <summary>Held by a worker under a lease and a fence.</summary>
    Running,

    /// <summary>Its result was accepted.</summary>
    Succeeded,

    /// <summary>Given up: its last error is kept, and only a person brings it back.</summary>
    Dead,

    /// <summary>Withdrawn by a person, or discarded when it was dead.</summary>
    Cancelled,
}

/// <summary>The allowed moves of a job.</summary>
internal static class JobStateMoves
{
    extension(JobState from)
    {
        /// <summary>Whether a job in this state may go over to <paramref name="to"/>.</summary>
        /// <param name="to">The state asked for.</param>
        public bool CanBecome(JobState to) => (from, to) switch
        {
            (JobState.Available, JobState.Running or JobState.Cancelled) => true,
            (JobState.Running, JobState.Succeeded or JobState.Available or JobState.Dead or JobState.Cancelled) => true,
            (JobState.Dead, JobState.Available or JobState.Cancelled) => true,
            _ => false,
        };

        /// <summary>Whether the job still counts against its key: it waits or runs.</summary>
        public bool IsLive => from is JobState.Available or JobState.Running;
    }
}

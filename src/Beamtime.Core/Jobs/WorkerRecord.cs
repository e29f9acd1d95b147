namespace Beamtime.Core.Jobs;

/// <summary>How a worker stands, told from its row and the jobs that run under its name.</summary>
internal enum WorkerState
{
    /// <summary>It claims and runs jobs.</summary>
    Active,

    /// <summary>It claims nothing more and finishes what it runs.</summary>
    Draining,

    /// <summary>It was told to drain and runs nothing.</summary>
    Drained,

    /// <summary>It has been silent for long: killed, or cut off. Its jobs go to others when their leases run out.</summary>
    Lost,
}

/// <summary>The moves of a worker from one look to the next.</summary>
internal static class WorkerStateMoves
{
    extension(WorkerState from)
    {
        /// <summary>Whether a worker in this state may be seen in <paramref name="to"/> next.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(WorkerState to) => (from, to) switch
        {
            // What drained cannot run anything before it is resumed.
            (WorkerState.Drained, WorkerState.Draining) => false,
            _ => from != to,
        };
    }
}

/// <summary>What a worker says of itself.</summary>
/// <param name="Id">Its id, new with each start.</param>
/// <param name="Name">Its name, as jobs keep it.</param>
/// <param name="Host">The machine.</param>
/// <param name="Process">The process.</param>
/// <param name="Queues">The work queues that it serves.</param>
/// <param name="Pools">The work pools all of whose queues it serves.</param>
/// <param name="Labels">What it offers.</param>
/// <param name="Concurrency">Jobs that it runs at once.</param>
internal sealed record WorkerRow(
    Guid Id,
    string Name,
    string Host,
    int Process,
    IReadOnlyList<string> Queues,
    IReadOnlyList<string> Pools,
    IReadOnlyList<string> Labels,
    int Concurrency);

/// <summary>A worker as people see it.</summary>
/// <param name="Id">Its id, new with each start.</param>
/// <param name="Name">Its name, as jobs keep it.</param>
/// <param name="Host">The machine.</param>
/// <param name="Process">The process.</param>
/// <param name="Version">The program's version.</param>
/// <param name="Queues">The work queues that it serves.</param>
/// <param name="Pools">The work pools all of whose queues it serves.</param>
/// <param name="Labels">What it offers.</param>
/// <param name="Concurrency">Jobs that it runs at once.</param>
/// <param name="Running">Jobs that it ran when it was last heard of.</param>
/// <param name="State">How it stands.</param>
/// <param name="StartedAt">When it started, UTC.</param>
/// <param name="HeartbeatAt">When it was last heard of, UTC.</param>
internal sealed record WorkerRecord(
    Guid Id,
    string Name,
    string Host,
    int Process,
    string Version,
    IReadOnlyList<string> Queues,
    IReadOnlyList<string> Pools,
    IReadOnlyList<string> Labels,
    int Concurrency,
    int Running,
    WorkerState State,
    DateTimeOffset StartedAt,
    DateTimeOffset HeartbeatAt);

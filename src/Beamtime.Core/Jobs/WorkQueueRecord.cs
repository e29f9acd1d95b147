namespace Beamtime.Core.Jobs;

/// <summary>A work pool with what waits and runs in its queues.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ConcurrencyLimit">Jobs of all its queues that run at once; null for no limit.</param>
/// <param name="IsPaused">Whether nothing of it is claimed.</param>
/// <param name="Queues">How many queues belong to it.</param>
/// <param name="Waiting">Jobs that wait.</param>
/// <param name="Running">Jobs that run.</param>
internal sealed record WorkPoolRecord(
    string Name, int? ConcurrencyLimit, bool IsPaused, long Queues, long Waiting, long Running);

/// <summary>A work queue with what waits and runs in it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The work pool that it belongs to.</param>
/// <param name="Priority">Lower goes first among a worker's queues, each step worth <c>jobs.ageing</c>.</param>
/// <param name="ConcurrencyLimit">Jobs of it that run at once; null for no limit.</param>
/// <param name="IsPaused">Whether nothing of it is claimed.</param>
/// <param name="Waiting">Jobs that wait.</param>
/// <param name="Running">Jobs that run.</param>
/// <param name="Dead">Jobs that were given up and are still kept.</param>
/// <param name="OldestDueAt">Since when the first of them is due, UTC; null where none is.</param>
internal sealed record WorkQueueRecord(
    string Name,
    string Pool,
    short Priority,
    int? ConcurrencyLimit,
    bool IsPaused,
    long Waiting,
    long Running,
    long Dead,
    DateTimeOffset? OldestDueAt);

/// <summary>A change of a work pool; what is absent stays.</summary>
/// <param name="ConcurrencyLimit">Jobs that run at once; -1 takes the limit away.</param>
/// <param name="IsPaused">Whether it is paused.</param>
internal sealed record WorkPoolChange(int? ConcurrencyLimit = null, bool? IsPaused = null);

/// <summary>A change of a work queue; what is absent stays.</summary>
/// <param name="Pool">The work pool that it is to belong to; made where there is none of the name.</param>
/// <param name="Priority">Its priority, -100 to 100.</param>
/// <param name="ConcurrencyLimit">Jobs that run at once; -1 takes the limit away.</param>
/// <param name="IsPaused">Whether it is paused.</param>
internal sealed record WorkQueueChange(
    string? Pool = null, short? Priority = null, int? ConcurrencyLimit = null, bool? IsPaused = null);

/// <summary>A project's share of the queues in which several wait.</summary>
/// <param name="Name">The project.</param>
/// <param name="Weight">Jobs it is given for each one of a project of weight 1.</param>
internal sealed record ProjectShare(string Name, double Weight);

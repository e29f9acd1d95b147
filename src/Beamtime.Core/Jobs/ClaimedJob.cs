namespace Beamtime.Core.Jobs;

/// <summary>A job as a worker holds it: under this fence until its lease runs out.</summary>
/// <param name="Id">The job.</param>
/// <param name="Kind">The kind's permanent name.</param>
/// <param name="Key">Its key, if it has one.</param>
/// <param name="Arguments">Its arguments as JSON.</param>
/// <param name="Attempt">This attempt, from 1.</param>
/// <param name="MaxAttempts">The attempt after which it is dead.</param>
/// <param name="Fence">Higher than that of every holder before.</param>
/// <param name="Priority">Its priority; lower went first.</param>
/// <param name="RunAt">The time it was due.</param>
/// <param name="Correlation">What it belongs to.</param>
internal sealed record ClaimedJob(
    JobId Id,
    string Kind,
    string? Key,
    string Arguments,
    int Attempt,
    int MaxAttempts,
    long Fence,
    short Priority,
    DateTimeOffset RunAt,
    Guid? Correlation)
{
    /// <summary>The queue it was claimed from.</summary>
    public required string Queue { get; init; }

    /// <summary>Its place in the queue: the due time with the priority as an advance.</summary>
    public required DateTime Rank { get; init; }

    /// <summary>Whether a limit or a key was counted to admit it: its end makes room for others that wait.</summary>
    public required bool IsAdmitted { get; init; }
}

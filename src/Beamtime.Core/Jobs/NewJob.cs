namespace Beamtime.Core.Jobs;

/// <summary>A job about to be enqueued; made by <see cref="JobKind{TArguments}.Of"/>.</summary>
internal sealed record NewJob
{
    /// <summary>The kind's permanent name.</summary>
    public required string Kind { get; init; }

    /// <summary>The queue it waits in.</summary>
    public required string Queue { get; init; }

    /// <summary>Its arguments as JSON.</summary>
    public required string Arguments { get; init; }

    /// <summary>Attempts after which it is dead.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>At most one job of a kind with this key waits or runs; a second is the first.</summary>
    public string? Key { get; init; }

    /// <summary>Lower goes first; jobs of equal priority go in the order of their time.</summary>
    public short Priority { get; init; }

    /// <summary>Not before this instant; absent, at once.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>A pause after <see cref="RunAt"/>, or from now, by the database's clock.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>What this job belongs to: the request, run or execution that made it necessary.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>Set where another record shares the job's id; absent, a new one is made.</summary>
    public JobId? Id { get; init; }
}

/// <summary>What enqueueing gave.</summary>
/// <param name="Id">The job: the new one, or the live one that has its key.</param>
/// <param name="IsNew">False where a live job already had the key.</param>
internal sealed record EnqueuedJob(JobId Id, bool IsNew);

using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs;

/// <summary>A job as people see it.</summary>
internal sealed record JobRecord
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>The queue it waits in.</summary>
    public required string Queue { get; init; }

    /// <summary>The kind's permanent name.</summary>
    public required string Kind { get; init; }

    /// <summary>Its key, if it has one.</summary>
    public string? Key { get; init; }

    /// <summary>Its arguments as JSON.</summary>
    public required string Arguments { get; init; }

    /// <summary>Where it stands.</summary>
    public required JobState State { get; init; }

    /// <summary>Lower goes first.</summary>
    public required short Priority { get; init; }

    /// <summary>When it is due, or was.</summary>
    public required DateTimeOffset RunAt { get; init; }

    /// <summary>Attempts begun and counted.</summary>
    public required int Attempt { get; init; }

    /// <summary>The attempt after which it is dead.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>Until when its holder may be silent; only while it runs.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Claims so far.</summary>
    public required long Fence { get; init; }

    /// <summary>Who holds it, or held it last.</summary>
    public string? Worker { get; init; }

    /// <summary>Why the last failed attempt failed.</summary>
    public Reason? LastError { get; init; }

    /// <summary>What it belongs to.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>When it was enqueued.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last claimed.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it succeeded, died or was cancelled.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Whose work it is.</summary>
    public string? Project { get; init; }

    /// <summary>The key of which only so many run at once.</summary>
    public ConcurrencyKey? Concurrency { get; init; }

    /// <summary>The key of which only so many start in an interval.</summary>
    public RateKey? Rate { get; init; }

    /// <summary>What a worker must offer.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The sequence in which it has its place.</summary>
    public string? Sequence { get; init; }

    /// <summary>Who cancelled, discarded or retried it last.</summary>
    public Guid? ChangedBy { get; init; }

    /// <summary>Why, in that person's words.</summary>
    public string? ChangedWhy { get; init; }
}

/// <summary>Which jobs a list shows; what is absent does not restrict.</summary>
internal sealed record JobFilter
{
    /// <summary>Only of this queue.</summary>
    public string? Queue { get; init; }

    /// <summary>Only of this kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Only in this state.</summary>
    public JobState? State { get; init; }

    /// <summary>Only what belongs to this.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>Only work of this project.</summary>
    public string? Project { get; init; }
}

/// <summary>Who changes a job, and why.</summary>
/// <param name="Who">The person's id.</param>
/// <param name="Why">In the person's words.</param>
internal sealed record JobWord(Guid Who, string? Why);

/// <summary>What became of a change of many jobs.</summary>
/// <param name="Changed">Those that were changed.</param>
/// <param name="Refused">Why others were not.</param>
/// <param name="Left">How many more the filter admits: ask again for them.</param>
internal sealed record JobsChanged(IReadOnlyList<JobId> Changed, IReadOnlyList<Reason> Refused, long Left);

/// <summary>One page of jobs, newest first.</summary>
/// <param name="Jobs">The jobs of this page.</param>
/// <param name="Total">How many the filter admits in all.</param>
internal sealed record JobPage(IReadOnlyList<JobRecord> Jobs, long Total);

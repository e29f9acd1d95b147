namespace Beamtime.Core.Jobs;

/// <summary>How one worker claims and runs jobs.</summary>
internal sealed record JobWorkerOptions
{
    /// <summary>The queue it serves.</summary>
    public string Queue { get; init; } = "default";

    /// <summary>Its name, for people to read in a job; unique among the workers.</summary>
    public required string Name { get; init; }

    /// <summary>Jobs run at once, at least 1.</summary>
    public int Concurrency { get; init; } = 10;

    /// <summary>Jobs claimed by one statement, at most.</summary>
    public int Batch { get; init; } = 10;

    /// <summary>How often it looks for work that it was not told of.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often it looks for jobs of silent workers.</summary>
    public TimeSpan RescueEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long finished and dead jobs are kept.</summary>
    public JobOptions Retention { get; init; } = new();

    /// <summary>How long a stop waits for handlers to end; what still runs then is left to its lease.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Seed of the jitter.</summary>
    public required int Seed { get; init; }
}

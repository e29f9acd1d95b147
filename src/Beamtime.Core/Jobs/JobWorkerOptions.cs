namespace Beamtime.Core.Jobs;

/// <summary>How one worker claims and runs jobs.</summary>
internal sealed record JobWorkerOptions
{
    /// <summary>The queues it serves.</summary>
    public IReadOnlyList<string> Queues { get; init; } = ["default"];

    /// <summary>The work pools all of whose queues it serves too.</summary>
    public IReadOnlyList<string> Pools { get; init; } = [];

    /// <summary>What it offers; it claims no job that demands another label.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

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

    /// <summary>How often it tells that it lives.</summary>
    public TimeSpan Beat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Settings of the job queue: retention, ageing.</summary>
    public JobOptions Retention { get; init; } = new();

    /// <summary>How long a stop waits for handlers to end; what still runs then is left to its lease.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Seed of the jitter.</summary>
    public required int Seed { get; init; }
}

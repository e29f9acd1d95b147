using System.Text.Json;
using System.Text.Json.Serialization;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>What becomes of a tick whose predecessor still waits or runs.</summary>
internal enum Overlap
{
    /// <summary>The predecessor serves it too.</summary>
    Join,

    /// <summary>It is dropped.</summary>
    Skip,

    /// <summary>It gets a job of its own.</summary>
    Allow,
}

/// <summary>What becomes of ticks that were due while nobody acted.</summary>
internal enum CatchUp
{
    /// <summary>They are dropped.</summary>
    Skip,

    /// <summary>The last of them is made.</summary>
    Last,

    /// <summary>The last of them are made, up to a bound.</summary>
    All,
}

/// <summary>What became of a tick.</summary>
internal enum TickOutcome
{
    /// <summary>Its job was enqueued.</summary>
    Enqueued,

    /// <summary>The job of its predecessor serves it too.</summary>
    Joined,

    /// <summary>It was dropped, because its predecessor still waited or ran.</summary>
    Skipped,

    /// <summary>It and those after it up to the next one kept were dropped, because nobody acted when they were due.</summary>
    Missed,
}

/// <summary>The job that each tick enqueues.</summary>
internal sealed record ScheduledJob
{
    /// <summary>The kind's permanent name.</summary>
    public required string Kind { get; init; }

    /// <summary>Its arguments.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>The work queue.</summary>
    public string Queue { get; init; } = "default";

    /// <summary>Lower goes first, -100 to 100.</summary>
    public short Priority { get; init; }

    /// <summary>Attempts after which it is dead.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Whose work it is.</summary>
    public string? Project { get; init; }

    /// <summary>What a worker must offer.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The job to be enqueued.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="due">When it is due.</param>
    public NewJob Of(string key, DateTimeOffset due) => new()
    {
        Kind = Kind,
        Queue = Queue,
        Arguments = Arguments?.GetRawText() ?? "{}",
        MaxAttempts = MaxAttempts,
        Key = key,
        Priority = Priority,
        RunAt = due,
        Project = Project,
        Labels = Labels,
    };
}

/// <summary>A schedule about to be made.</summary>
internal sealed record NewSchedule
{
    /// <summary>Its name, unique.</summary>
    public required string Name { get; init; }

    /// <summary>When it is due.</summary>
    public required ScheduleRule Rule { get; init; }

    /// <summary>What each tick enqueues.</summary>
    public required ScheduledJob Job { get; init; }

    /// <summary>What becomes of a tick whose predecessor still waits or runs.</summary>
    public Overlap Overlap { get; init; } = Overlap.Join;

    /// <summary>What becomes of ticks that were due while nobody acted.</summary>
    public CatchUp CatchUp { get; init; } = CatchUp.Last;

    /// <summary>How many missed ticks are made at most by <see cref="CatchUp.All"/>.</summary>
    public int CatchUpBound { get; init; } = 10;

    /// <summary>Whether it begins paused.</summary>
    public bool IsPaused { get; init; }
}

/// <summary>A schedule as it stands.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rule">When it is due.</param>
/// <param name="Job">What each tick enqueues.</param>
/// <param name="Overlap">What becomes of a tick whose predecessor still waits or runs.</param>
/// <param name="CatchUp">What becomes of ticks that were due while nobody acted.</param>
/// <param name="CatchUpBound">How many missed ticks are made at most.</param>
/// <param name="IsPaused">Whether it makes no ticks.</param>
/// <param name="NextDue">When it is due next, UTC; null where never.</param>
/// <param name="CreatedAt">When it was made, UTC.</param>
internal sealed record Schedule(
    Guid Id,
    string Name,
    ScheduleRule Rule,
    ScheduledJob Job,
    Overlap Overlap,
    CatchUp CatchUp,
    int CatchUpBound,
    bool IsPaused,
    DateTimeOffset? NextDue,
    DateTimeOffset CreatedAt);

/// <summary>A tick.</summary>
/// <param name="Due">When it was due, UTC.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Job">The job that serves it.</param>
/// <param name="IsManual">Whether a person asked for it.</param>
/// <param name="MadeAt">When it was made, UTC.</param>
internal sealed record Tick(DateTimeOffset Due, TickOutcome Outcome, Guid? Job, bool IsManual, DateTimeOffset MadeAt);

/// <summary>The codec of what schedules store.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    // The database keeps an object's keys in an order of its own.
    AllowOutOfOrderMetadataProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScheduleRule))]
[JsonSerializable(typeof(ScheduledJob))]
internal sealed partial class ScheduleJson : JsonSerializerContext;

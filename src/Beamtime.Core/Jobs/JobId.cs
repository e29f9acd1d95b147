namespace Beamtime.Core.Jobs;

/// <summary>Names one job; version 7, so that ids sort by the time of their making.</summary>
/// <param name="Value">The id as it stands in the database.</param>
internal readonly record struct JobId(Guid Value)
{
    /// <summary>A new id at this instant.</summary>
    /// <param name="time">The clock whose instant the id carries.</param>
    public static JobId New(TimeProvider time) => new(Guid.CreateVersion7(time.GetUtcNow()));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

namespace Beamtime.Data.Datasets;

/// <summary>Names one data set; version 7, so that ids sort by the time of their making.</summary>
/// <param name="Value">The id as it stands in the database.</param>
internal readonly record struct DatasetId(Guid Value)
{
    /// <summary>A new id at this instant.</summary>
    /// <param name="time">The clock whose instant the id carries.</param>
    public static DatasetId New(TimeProvider time) => new(Guid.CreateVersion7(time.GetUtcNow()));

    /// <inheritdoc/>
    public override string ToString() => Value.ToString();
}

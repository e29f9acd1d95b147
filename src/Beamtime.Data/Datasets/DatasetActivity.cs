using System.Collections.Concurrent;

namespace Beamtime.Data.Datasets;

/// <summary>What is being done with a data set just now.</summary>
/// <param name="What">In words: <c>copying S00012_master.h5 to analysis</c>.</param>
/// <param name="Done">Part that is done.</param>
/// <param name="Of">The whole.</param>
/// <param name="Unit">What both count: <c>bytes</c>, <c>slices</c>.</param>
/// <param name="PerSecond">Mean rate.</param>
/// <param name="At">When it was told, UTC.</param>
internal sealed record DatasetProgress(string What, long Done, long Of, string Unit, double PerSecond, DateTimeOffset At);

/// <summary>The last word on what is being done with each data set, in this process; nothing depends on it.</summary>
/// <param name="time">The clock.</param>
internal sealed class DatasetActivity(TimeProvider time)
{
    private readonly ConcurrentDictionary<DatasetId, DatasetProgress> _last = new();

    /// <summary>What is being done with a data set; null where nothing is.</summary>
    /// <param name="id">The data set.</param>
    public DatasetProgress? this[DatasetId id] => _last.GetValueOrDefault(id);

    /// <summary>Tells how far something has come.</summary>
    /// <param name="id">The data set.</param>
    /// <param name="what">What is being done.</param>
    /// <param name="done">Part that is done.</param>
    /// <param name="of">The whole.</param>
    /// <param name="unit">What both count.</param>
    /// <param name="perSecond">Mean rate.</param>
    public void Tell(DatasetId id, string what, long done, long of, string unit, double perSecond) =>
        _last[id] = new DatasetProgress(what, done, of, unit, perSecond, time.GetUtcNow());

    /// <summary>Nothing more is done with it.</summary>
    /// <param name="id">The data set.</param>
    public void End(DatasetId id) => _last.TryRemove(id, out _);
}

using Beamtime.Core.Database;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Removes from every growing table what is past its time: at most once in a while, a batch at a time, so that no
/// statement holds up the queue.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="options">How long things are kept.</param>
/// <param name="time">The clock of the while.</param>
/// <param name="logger">Hears how many went.</param>
internal sealed partial class RetentionPruner(
    BeamtimeDatabase database, JobOptions options, TimeProvider time, ILogger<RetentionPruner> logger)
{
    private const int Batch = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private long? _prunedAt;

    /// <summary>Removes what is past its time, unless that was done within the last hour.</summary>
    /// <param name="cancel">Ends it between two batches.</param>
    /// <returns>How many rows were removed.</returns>
    public async Task<int> PruneAsync(CancellationToken cancel)
    {
        if (_prunedAt is { } before && time.GetElapsedTime(before) < Every)
        {
            return 0;
        }

        var all = 0;
        foreach (var table in GrowingTable.All)
        {
            var (total, pruned) = (0, Batch);
            while (pruned == Batch)
            {
                cancel.ThrowIfCancellationRequested();
                pruned = await table.PruneAsync(database, options, Batch, cancel);
                total += pruned;
            }

            if (total > 0)
            {
                LogPruned(total, table.Name);
            }

            all += total;
        }

        _prunedAt = time.GetTimestamp();
        return all;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} rows of {Table} were removed after their retention")]
    private partial void LogPruned(int count, string table);
}

using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Removes jobs, with what hangs on them, after their retention: at most once in a while, a batch at a time, so that no
/// statement holds up the queue.
/// </summary>
/// <param name="jobs">The jobs.</param>
/// <param name="options">How long they are kept.</param>
/// <param name="time">The clock of the while.</param>
/// <param name="logger">Hears how many went.</param>
internal sealed partial class JobPruner(JobStore jobs, JobOptions options, TimeProvider time, ILogger<JobPruner> logger)
{
    private const int Batch = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private long? _prunedAt;

    /// <summary>Removes what is past its retention, unless that was done within the last hour.</summary>
    /// <param name="cancel">Ends it between two batches.</param>
    /// <returns>How many jobs were removed.</returns>
    public async Task<int> PruneAsync(CancellationToken cancel)
    {
        if (_prunedAt is { } before && time.GetElapsedTime(before) < Every)
        {
            return 0;
        }

        var (total, pruned) = (0, Batch);
        while (pruned == Batch)
        {
            cancel.ThrowIfCancellationRequested();
            pruned = await jobs.PruneAsync(options.KeepFinished, options.KeepDead, Batch, cancel);
            total += pruned;
        }

        _prunedAt = time.GetTimestamp();
        if (total > 0)
        {
            LogPruned(total);
        }

        return total;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} jobs were removed after their retention")]
    private partial void LogPruned(int count);
}

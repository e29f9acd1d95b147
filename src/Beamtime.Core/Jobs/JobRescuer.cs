using Beamtime.Core.Database;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Jobs;

/// <summary>Takes jobs back from workers that stopped extending their leases.</summary>
/// <param name="leases">The worker's SQL.</param>
/// <param name="notifier">Where workers are told that jobs are available again.</param>
/// <param name="metrics">Counts them.</param>
/// <param name="silent">Finds those that a clock set back lets live on.</param>
/// <param name="logger">Names them.</param>
internal sealed partial class JobRescuer(
    JobLeases leases, Notifier notifier, JobMetrics metrics, SilentHolders silent, ILogger<JobRescuer> logger)
{
    private const int Batch = 100;
    private const int Watched = 1000;

    /// <summary>Takes back every job whose lease has run out, or whose holder has been silent for longer than a lease.</summary>
    /// <param name="cancel">Ends it between two statements.</param>
    /// <returns>How many.</returns>
    public async Task<int> RescueAsync(CancellationToken cancel)
    {
        var total = 0;
        while (true)
        {
            var rescued = await leases.RescueAsync(Batch, cancel);
            Tell(rescued);
            total += rescued.Count;
            if (rescued.Count < Batch)
            {
                break;
            }
        }

        if (silent.Look(await leases.HeldFarAsync(silent.Longest, Watched, cancel)) is { Count: > 0 } dead)
        {
            var rescued = await leases.RescueAsync(dead, cancel);
            Tell(rescued);
            total += rescued.Count;
        }

        if (total > 0)
        {
            metrics.Rescued(total);
        }

        return total;
    }

    private void Tell(IReadOnlyList<(JobId Id, string Queue, JobState State)> rescued)
    {
        foreach (var (id, name, state) in rescued)
        {
            LogRescued(id, name, state);
            notifier.Notify(JobQueue.ChannelOf(name));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Id} of queue {Queue} was taken back from a silent worker and is {State}")]
    private partial void LogRescued(JobId id, string queue, JobState state);
}

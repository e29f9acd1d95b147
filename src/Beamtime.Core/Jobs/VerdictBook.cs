using Beamtime.Core.Database;

namespace Beamtime.Core.Jobs;

/// <summary>Writes what becomes of jobs whose attempt has ended, and tells of it.</summary>
/// <param name="leases">Where it is written.</param>
/// <param name="notifier">Tells other workers.</param>
/// <param name="metrics">Counts.</param>
/// <param name="patience">Waits for the database.</param>
internal sealed class VerdictBook(JobLeases leases, Notifier notifier, JobMetrics metrics, DatabasePatience patience)
{
    /// <summary>Writes a verdict under the job's fence; whether it was accepted.</summary>
    /// <param name="job">The job.</param>
    /// <param name="verdict">The verdict; null where the handler has written the end itself.</param>
    /// <param name="cancel">Gives up; the lease then runs out.</param>
    public async Task<bool> WriteAsync(ClaimedJob job, JobVerdict? verdict, CancellationToken cancel) => verdict switch
    {
        null or Abandoned => false,
        Retried retried => await patience.UntilAnsweredAsync(() => leases.RetryAsync(job, retried.Delay, retried.Reason, cancel), cancel),
        Postponed postponed => await patience.UntilAnsweredAsync(
            () => leases.PostponeAsync(job, postponed.Delay, postponed.Reason, cancel), cancel),
        Buried buried => await patience.UntilAnsweredAsync(() => leases.BuryAsync(job, buried.Reason, cancel), cancel),
        HandedBack => await patience.UntilAnsweredAsync(
            async () => (await leases.HandBackAsync([job], cancel)).Count == 1, cancel),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Tells of a verdict that was written.</summary>
    /// <param name="job">The job.</param>
    /// <param name="verdict">The verdict.</param>
    public void Tell(ClaimedJob job, JobVerdict? verdict)
    {
        if (verdict is HandedBack)
        {
            notifier.Notify(JobQueue.ChannelOf(job.Queue));
        }

        Freed(job);
        if (verdict is Retried { Reason: var why })
        {
            metrics.Failed(job.Kind, why.Code);
            metrics.Retried(job.Kind);
        }
        else if (verdict is Buried { Reason: var last })
        {
            metrics.Failed(job.Kind, last.Code);
            metrics.Buried(job.Kind, last.Code);
        }
    }

    /// <summary>The end of one that was counted makes room for one that waits for a limit or a key.</summary>
    /// <param name="job">The job that has ended.</param>
    public void Freed(ClaimedJob job)
    {
        if (job.IsAdmitted)
        {
            notifier.Notify(JobQueue.ChannelOf(job.Queue));
        }
    }
}

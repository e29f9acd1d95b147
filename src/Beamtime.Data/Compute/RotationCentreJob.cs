using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Compute;

namespace Beamtime.Data.Compute;

/// <summary>Answers the job that asks where the rotation axis lies; the answer is kept in the job's result.</summary>
/// <param name="process">Runs compute verbs.</param>
/// <param name="database">Where the result is kept.</param>
internal sealed class RotationCentreJob(ComputeProcess process, BeamtimeDatabase database)
{
    /// <summary>The kind of the job.</summary>
    public static JobKind<RotationCentreRequest> Kind { get; } = new(
        ComputeJobs.RotationCentre,
        ComputeJson.Default.RotationCentreRequest,
        JobKindOptions.Usual with { MaxAttempts = 3 });

    /// <summary>Does the work of one job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancel">Kills the process.</param>
    public async Task RunAsync(JobContext<RotationCentreRequest> job, CancellationToken cancel)
    {
        var found = await process.RunAsync(
            ["compute", "rotation-center", job.Arguments.File],
            ComputeLineJson.Default.RotationCentreOutcome,
            progress: null,
            cancel);
        await database.TransactAsync(
            async transaction =>
            {
                await JobResults.KeepAsync(transaction, job.Id, found, ComputeJson.Default.RotationCentreOutcome, cancel);
                await job.CompleteAsync(transaction, cancel);
            },
            cancel);
    }
}

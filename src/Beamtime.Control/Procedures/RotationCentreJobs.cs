using Beamtime.Core.Jobs;
using Beamtime.Sdk.Compute;

namespace Beamtime.Control.Procedures;

/// <summary>Asks for the rotation centre by a job, which any worker of the installation may do.</summary>
internal sealed class RotationCentreJobs(JobQueue queue, JobResults results)
{
    private static readonly JobKind<RotationCentreRequest> Kind = new(
        ComputeJobs.RotationCentre, ComputeJson.Default.RotationCentreRequest, JobKindOptions.Usual with { MaxAttempts = 3 });

    /// <summary>Finds the rotation axis.</summary>
    /// <param name="file">The master file.</param>
    /// <param name="cancel">Ends the wait; the job goes on.</param>
    public async Task<double> FindAsync(string file, CancellationToken cancel)
    {
        var job = await queue.EnqueueAsync(Kind.Of(new RotationCentreRequest(file)) with { Key = file }, cancel);
        return (await results.AwaitAsync(job.Id, ComputeJson.Default.RotationCentreOutcome, cancel)).CentrePixels;
    }
}

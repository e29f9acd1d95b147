using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Compute;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Procedures;

/// <summary>Asks for the rotation centre by a job, which any worker of the installation may do.</summary>
internal sealed partial class RotationCentreJobs(
    JobQueue queue, JobResults results, TimeProvider time, ILogger<RotationCentreJobs> logger)
{
    private static readonly JobKind<RotationCentreRequest> Kind = new(
        ComputeJobs.RotationCentre, ComputeJson.Default.RotationCentreRequest, JobKindOptions.Usual with { MaxAttempts = 3 });

    /// <summary>Finds the rotation axis; waits while the database is out.</summary>
    /// <param name="file">The master file.</param>
    /// <param name="cancel">Ends the wait; the job goes on.</param>
    public async Task<double> FindAsync(string file, CancellationToken cancel)
    {
        JobId? job = null;
        while (true)
        {
            try
            {
                // The key finds the job again whose acceptance was lost on the way.
                job ??= (await queue.EnqueueAsync(Kind.Of(new RotationCentreRequest(file)) with { Key = file }, cancel)).Id;
                return (await results.AwaitAsync(job.Value, ComputeJson.Default.RotationCentreOutcome, cancel)).CentrePixels;
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(logger, outage, file);
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The rotation centre of {File} waits for the database")]
    private static partial void LogOutage(ILogger logger, Exception outage, string file);
}

using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;
using Npgsql;

namespace Beamtime.Core.Jobs;

/// <summary>Which span enqueued a job. Nothing is written or read while no traces are gathered.</summary>
/// <param name="source">The database.</param>
internal sealed class JobTraces(NpgsqlDataSource source)
{
    /// <summary>Notes in the transaction that enqueues a job in which span that happens.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="job">The job, new.</param>
    public static void Note(DatabaseTransaction transaction, JobId job)
    {
        if (Tracing.Parent is { } parent)
        {
            transaction.BeforeCommit("insert into job_traces (job, traceparent) values ($1, $2)", job.Value, parent);
        }
    }

    /// <summary>The span that enqueued a job; null where none was noted.</summary>
    /// <param name="job">The job.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<string?> FindAsync(JobId job, CancellationToken cancel)
    {
        if (!Tracing.IsOn)
        {
            return null;
        }

        try
        {
            await using var ask = source.CreateCommand("select traceparent from job_traces where job = $1");
            ask.Parameters.Add(new() { Value = job.Value });
            return await ask.ExecuteScalarAsync(cancel) as string;
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            // The work matters more than where its trace hangs.
            return null;
        }
    }
}

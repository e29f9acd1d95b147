using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>
/// Looks after workflows that no worker looks after: marks the late, and forces the end of those whose time for cleaning up
/// is over. Any number may run.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="time">The clock of its rounds.</param>
/// <param name="logger">Hears what was forced.</param>
internal sealed partial class WorkflowSweeper(BeamtimeDatabase database, TimeProvider time, ILogger<WorkflowSweeper> logger)
{
    private const string MarkLate = """
        update workflows set state = 'Late', state_by = null, state_why = 'its time passed 15 s ago, and no worker came'
        where id in (
            select id from workflows where state = 'Scheduled' and scheduled_at < (select lease_clock()) - interval '15 s'
            limit 1000 for update skip locked)
        """;

    // The worker that cleans up ends it by itself; ten seconds later nobody does.
    private const string Overdue = """
        select id from workflows
        where state not in ('Cancelled', 'Completed', 'Failed', 'TimedOut', 'Crashed')
            and cancel_until < (select lease_clock()) - interval '10 s'
        limit 100
        """;

    private const string Force = """
        update jobs set
            state = case when w.cancel_at is null then 'Dead' else 'Cancelled' end, finished_at = lease_clock(), lease_until = null,
            last_error = case when w.cancel_at is null then $2 else last_error end
        from workflows w
        where jobs.id = $1 and w.id = jobs.id and jobs.state in ('Available', 'Running') and w.cancel_until < lease_clock()
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Makes its rounds until cancelled.</summary>
    /// <param name="cancel">Ends them.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(Every, time, cancel);
            try
            {
                await SweepAsync(cancel);
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(outage);
            }
        }
    }

    /// <summary>Makes one round.</summary>
    /// <param name="cancel">Ends the call.</param>
    public async Task SweepAsync(CancellationToken cancel)
    {
        await using (var late = database.Source.CreateCommand(MarkLate))
        {
            await late.ExecuteNonQueryAsync(cancel);
        }

        var overdue = new List<Guid>();
        await using (var find = database.Source.CreateCommand(Overdue))
        await using (var reader = await find.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                overdue.Add(reader.GetGuid(0));
            }
        }

        foreach (var id in overdue)
        {
            await using var force = database.Source.CreateCommand(Force);
            force.Parameters.Add(new() { Value = id });
            force.Parameters.Add(StepMemory.Json(JobsJson.Write(
                WorkflowErrors.TimedOut.Because("The workflow took longer than it may, and its clean-up too."))));
            if (await force.ExecuteNonQueryAsync(cancel) == 1)
            {
                database.Notifier.Notify(JobQueue.Withdrawn);
                LogForced(id);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The end of workflow {Id} was forced: its time for cleaning up is over")]
    private partial void LogForced(Guid id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sweep over the workflows waits for the database")]
    private partial void LogOutage(Exception outage);
}

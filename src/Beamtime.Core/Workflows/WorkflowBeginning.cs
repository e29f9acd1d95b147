using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>What a run of a workflow begins with, read in one round trip that also records that it runs.</summary>
internal sealed record WorkflowBeginning
{
    private const string Begin = """
        with held as materialized (select id from jobs where id = $1 and fence = $2 and state = 'Running' for share),
        now as materialized (select lease_clock() as at)
        update workflows w set
            state = case when w.state = 'Pending' and w.paused_at is null
                then case when w.is_retry then 'Retrying' else 'Running' end else w.state end,
            state_by = case when w.state = 'Pending' and w.paused_at is null then null else w.state_by end,
            state_why = case when w.state = 'Pending' and w.paused_at is null then null else w.state_why end,
            runs = w.runs + 1,
            deadline_at = coalesce(w.deadline_at, now.at + $3),
            cancel_until = coalesce(w.cancel_until, case when coalesce(w.deadline_at, now.at + $3) <= now.at then now.at + $4 end)
        from held, now where w.id = held.id and w.finished_at is null
        returning w.input, w.correlation, w.wakes, w.cancel_at is not null, w.paused_at is not null,
            w.deadline_at - now.at, w.cancel_until - now.at, (select queue from jobs where id = w.id),
            (select queue from jobs where id = w.parent)
        """;

    private const string Steps =
        $"select {RememberedStep.Columns} from workflow_steps s left join workflows c on c.id = s.child where s.workflow = $1";

    /// <summary>What it was started with, as JSON.</summary>
    public required string Input { get; init; }

    /// <summary>What it belongs to.</summary>
    public Guid? Correlation { get; init; }

    /// <summary>How often it was told of something; more at the run's end, and it goes on at once.</summary>
    public required long Wakes { get; init; }

    /// <summary>Whether its end was asked for.</summary>
    public required bool IsCancelled { get; init; }

    /// <summary>Whether a person keeps it from going on.</summary>
    public required bool IsPaused { get; init; }

    /// <summary>What is left of its time; null where that has no end.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>What is left of its time for cleaning up; null where it does not yet.</summary>
    public TimeSpan? CleanUpLeft { get; init; }

    /// <summary>The queue of its job.</summary>
    public required string Queue { get; init; }

    /// <summary>The queue of the workflow that waits for it.</summary>
    public string? ParentQueue { get; init; }

    /// <summary>What is remembered of its steps.</summary>
    public required IReadOnlyList<RememberedStep> Remembered { get; init; }

    /// <summary>Whether its time is up.</summary>
    public bool IsOutOfTime => Left <= TimeSpan.Zero;

    /// <summary>Begins a run.</summary>
    /// <param name="database">The database.</param>
    /// <param name="hold">The hold on its job.</param>
    /// <param name="timeout">How long it may take from its first run.</param>
    /// <param name="grace">How long it may clean up after that.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="Sdk.Errors.FaultException"><c>jobs.lease.lost</c>, <c>workflows.workflow.not_found</c></exception>
    public static async Task<WorkflowBeginning> BeginAsync(
        BeamtimeDatabase database, JobHold hold, TimeSpan? timeout, TimeSpan grace, CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Begin)
                {
                    Parameters =
                    {
                        new() { Value = hold.Job.Id.Value },
                        new() { Value = hold.Job.Fence },
                        StepMemory.Interval(timeout),
                        StepMemory.Interval(grace),
                    },
                },
                new(Steps) { Parameters = { new() { Value = hold.Job.Id.Value } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            await reader.DisposeAsync();
            await using var transaction = await database.BeginAsync(cancel);
            await hold.HoldAsync(transaction, cancel);
            throw WorkflowErrors.NotFound.Fault($"Job {hold.Job.Id} drives a workflow that is not recorded, or has ended.");
        }

        var begun = Read(reader);
        await reader.NextResultAsync(cancel);
        var steps = new List<RememberedStep>();
        while (await reader.ReadAsync(cancel))
        {
            steps.Add(RememberedStep.Read(reader));
        }

        return begun with { Remembered = steps };
    }

    private static WorkflowBeginning Read(NpgsqlDataReader row) => new()
    {
        Input = row.GetString(0),
        Correlation = row.IsDBNull(1) ? null : row.GetGuid(1),
        Wakes = row.GetInt64(2),
        IsCancelled = row.GetBoolean(3),
        IsPaused = row.GetBoolean(4),
        Left = row.IsDBNull(5) ? null : row.GetTimeSpan(5),
        CleanUpLeft = row.IsDBNull(6) ? null : row.GetTimeSpan(6),
        Queue = row.GetString(7),
        ParentQueue = row.IsDBNull(8) ? null : row.GetString(8),
        Remembered = [],
    };
}

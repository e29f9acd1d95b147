using System.Globalization;
using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;

namespace Beamtime.Core.Workflows;

/// <summary>A workflow that another one starts and waits for.</summary>
/// <typeparam name="TInput">What it is started with.</typeparam>
/// <typeparam name="TResult">What it returns.</typeparam>
/// <param name="Kind">Its kind.</param>
/// <param name="Input">What it is started with.</param>
internal sealed record Child<TInput, TResult>(WorkflowKind<TInput, TResult> Kind, TInput Input)
{
    /// <summary>Whether it goes on when the workflow that started it is cancelled; else it is cancelled too.</summary>
    public bool IsLeft { get; init; }
}

/// <summary>Starts, retries and cancels the workflows that others wait for.</summary>
/// <param name="database">The database.</param>
/// <param name="queue">Where their jobs are enqueued.</param>
/// <param name="time">The clock of new ids.</param>
internal sealed class ChildStarter(BeamtimeDatabase database, JobQueue queue, TimeProvider time)
{
    private const string Insert = """
        insert into workflows (id, kind, version, input, correlation, started_at, scheduled_at, state_at, state_why, parent, parent_step, leaves)
        select $1, $2, $3, $4, $5, clock.now, clock.now, clock.now, 'started by ' || $6, $6::uuid, $7, $8
        from (select lease_clock() as now offset 0) as clock
        """;

    private static readonly string Begin = $"""
        {StepMemory.HeldFirst}
        insert into workflow_steps as step (workflow, name, place, kind, scope, state, attempt, fence, child, started_at)
        select held.id, $3, $4, $5, $6, 'Waiting', 1, $2, $7, lease_clock() from held
        on conflict (workflow, name) do update set
            state = 'Waiting', attempt = step.attempt + 1, fence = excluded.fence, child = excluded.child,
            started_at = excluded.started_at, finished_at = null, retry_at = null
        where step.state = 'Failed'
        """;

    /// <summary>Starts one, and has the step wait for it, in one transaction.</summary>
    /// <typeparam name="TInput">What it is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="memory">The parent's memory.</param>
    /// <param name="place">The step.</param>
    /// <param name="parent">The parent.</param>
    /// <param name="child">The child.</param>
    /// <param name="correlation">What both belong to.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<WorkflowId> StartAsync<TInput, TResult>(
        StepMemory memory,
        StepPlace place,
        WorkflowId parent,
        Child<TInput, TResult> child,
        Guid? correlation,
        CancellationToken cancel)
    {
        var id = JobId.New(time);
        await using var transaction = await database.BeginAsync(cancel);
        await using (var begin = memory.Placed(Begin, place, transaction))
        {
            begin.Parameters.Add(new() { Value = id.Value });
            if (await begin.ExecuteNonQueryAsync(cancel) == 0)
            {
                await transaction.DisposeAsync();
                // Begun by an earlier try whose answer an outage swallowed; or the hold is lost.
                return (await memory.ReadAsync(place.Name, cancel)).Child
                    ?? throw new InvalidOperationException($"Step {place.Name} of workflow {parent} waits for no workflow.");
            }
        }

        await using (var insert = transaction.Command(Insert, id.Value, child.Kind.Name, child.Kind.Version))
        {
            insert.Parameters.Add(StepMemory.Json(JsonSerializer.Serialize(child.Input, child.Kind.InputJson)));
            insert.Parameters.Add(new() { Value = correlation ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
            insert.Parameters.Add(new() { Value = parent.Value.ToString("D", CultureInfo.InvariantCulture) });
            insert.Parameters.Add(new() { Value = place.Name });
            insert.Parameters.Add(new() { Value = child.IsLeft });
            await insert.ExecuteNonQueryAsync(cancel);
        }

        await queue.EnqueueAsync(
            transaction, child.Kind.Job.Of(new WorkflowTicket()) with { Id = id, Correlation = correlation }, cancel);
        await transaction.CommitAsync(cancel);
        return new WorkflowId(id.Value);
    }

    /// <summary>Has one that failed go on, and the step wait for it.</summary>
    /// <param name="memory">The parent's memory.</param>
    /// <param name="place">The step.</param>
    /// <param name="child">The child.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<bool> RetryAsync(StepMemory memory, StepPlace place, WorkflowId child, CancellationToken cancel)
    {
        await using var transaction = await database.BeginAsync(cancel);
        await using (var begin = memory.Placed(Begin, place, transaction))
        {
            begin.Parameters.Add(new() { Value = child.Value });
            if (await begin.ExecuteNonQueryAsync(cancel) == 0)
            {
                await transaction.DisposeAsync();
                await memory.ReadAsync(place.Name, cancel);
                return false;
            }
        }

        await using (var retry = transaction.Command("select workflow_retry($1, null, 'retried with the workflow that waits for it')", child.Value))
        {
            await retry.ExecuteScalarAsync(cancel);
        }

        await using (var queueOf = transaction.Command("select queue from jobs where id = $1", child.Value))
        {
            if (await queueOf.ExecuteScalarAsync(cancel) is string name)
            {
                transaction.NotifyAfterCommit(JobQueue.ChannelOf(name));
            }
        }

        await transaction.CommitAsync(cancel);
        return true;
    }

    /// <summary>Asks for the end of one that another had started.</summary>
    /// <param name="child">The child.</param>
    /// <param name="why">Why.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task CancelAsync(WorkflowId child, string why, CancellationToken cancel)
    {
        await using var transaction = await database.BeginAsync(cancel);
        await using var command = transaction.Command(
            "select workflow_cancel($1, $2, null, $3), queue from jobs where id = $1", child.Value, WorkflowKinds.UsualGrace, why);
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (await reader.ReadAsync(cancel))
            {
                transaction.NotifyAfterCommit(JobQueue.ChannelOf(reader.GetString(1)));
            }
        }

        transaction.NotifyAfterCommit(WorkflowWatch.Told);
        await transaction.CommitAsync(cancel);
    }
}

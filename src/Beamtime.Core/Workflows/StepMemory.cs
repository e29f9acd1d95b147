using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Workflows;

/// <summary>Where a step stands in its workflow.</summary>
/// <param name="Name">Its name with that of its branch before it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Scope">Its branch.</param>
/// <param name="Place">Its place in that; 0 has none.</param>
internal sealed record StepPlace(string Name, StepKind Kind, string Scope, int Place);

/// <summary>
/// The SQL of a running workflow's steps. Every write holds the job's row, so that one whose lease is lost is refused.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="hold">The hold on the workflow's job.</param>
internal sealed class StepMemory(BeamtimeDatabase database, JobHold hold)
{
    private const string Held =
        "with held as materialized (select id from jobs where id = $1 and fence = $2 and state = 'Running' for share)";

    /// <summary>Nothing is begun of a workflow whose end or pause was asked for, however late it hears of that; but clean-up.</summary>
    public const string GoesOn = """
        where $5 = 'CleanUp' or not exists (
            select from workflows w where w.id = $1 and (w.cancel_at is not null or w.paused_at is not null))
        """;

    private const string Start = $"""
        {Held}
        insert into workflow_steps as step (workflow, name, place, kind, scope, state, attempt, fence, started_at)
        select held.id, $3, $4, $5, $6, 'Started', 1, $2, lease_clock() from held {GoesOn}
        on conflict (workflow, name) do update set
            state = 'Started', attempt = step.attempt + 1, fence = excluded.fence,
            started_at = excluded.started_at, finished_at = null, retry_at = null, resolved_by = null
        where step.state <> 'Finished'
        """;

    private const string Finish = $"""
        {Held}
        update workflow_steps set
            state = 'Finished', result = $4, error = null, finished_at = lease_clock(), due_at = null, retry_at = null
        from held where workflow = held.id and name = $3 and state in ('Started', 'Waiting', 'Uncertain')
        """;

    private const string Fail = $"""
        {Held}
        update workflow_steps set
            state = 'Failed', failures = failures + 1, error = $4, retry_at = lease_clock() + $5, finished_at = lease_clock(),
            due_at = null, has_ended = $6
        from held where workflow = held.id and name = $3 and state in ('Started', 'Waiting', 'Uncertain')
        returning retry_at
        """;

    private const string Doubt = $"""
        {Held}
        update workflow_steps set state = 'Uncertain', error = $4, due_at = lease_clock() + $5, finished_at = null
        from held where workflow = held.id and name = $3 and state in ('Started', 'Uncertain')
        returning due_at
        """;

    private const string Wait = $"""
        {Held}
        insert into workflow_steps as step (workflow, name, place, kind, scope, state, attempt, fence, due_at, intent, started_at)
        select held.id, $3, $4, $5, $6, 'Waiting', 1, $2, coalesce($7, lease_clock() + $8), $9, lease_clock() from held
        on conflict (workflow, name) do update set
            state = 'Waiting', attempt = step.attempt + 1, fence = excluded.fence, due_at = excluded.due_at,
            intent = excluded.intent, started_at = excluded.started_at, finished_at = null, retry_at = null, resolved_by = null
        where step.state = 'Failed'
        returning due_at, coalesce(due_at <= lease_clock(), false)
        """;

    private const string Mark = $"""
        {Held}
        insert into workflow_steps (workflow, name, place, kind, scope, state, attempt, fence, result, started_at, finished_at)
        select held.id, $3, $4, $5, $6, 'Finished', 1, $2, $7, lease_clock(), lease_clock() from held
        on conflict (workflow, name) do nothing
        """;

    private ClaimedJob Job => hold.Job;

    /// <summary>Records that a step begins.</summary>
    /// <param name="step">The step.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where it has finished already, the workflow is not to go on, or the hold is lost.</returns>
    public async Task<bool> StartAsync(StepPlace step, CancellationToken cancel)
    {
        await using var command = Placed(Start, step);
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Remembers a step's result in the transaction of its effects.</summary>
    /// <param name="transaction">The transaction; the caller commits it.</param>
    /// <param name="name">The step.</param>
    /// <param name="result">Its result as JSON.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where it has finished already, or the hold is lost: then the effects must not commit.</returns>
    public async Task<bool> FinishAsync(DatabaseTransaction transaction, string name, string result, CancellationToken cancel)
    {
        await using var command = transaction.Command(Finish);
        Add(command, name, Json(result));
        if (await command.ExecuteNonQueryAsync(cancel) == 0)
        {
            return false;
        }

        await hold.RenewAttemptsAsync(transaction, cancel);
        return true;
    }

    /// <summary>Remembers the result of a step whose effects lie elsewhere.</summary>
    /// <param name="name">The step.</param>
    /// <param name="result">Its result as JSON.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where it has finished already, or the hold is lost.</returns>
    public async Task<bool> FinishAsync(string name, string result, CancellationToken cancel)
    {
        if (hold.Attempt > 1)
        {
            return await database.TransactAsync(t => FinishAsync(t, name, result, cancel), cancel);
        }

        await using var command = Named(Finish, name);
        command.Parameters.Add(Json(result));
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Records that an attempt failed.</summary>
    /// <param name="name">The step.</param>
    /// <param name="reason">Why.</param>
    /// <param name="delay">The pause before the next attempt; null where there is none.</param>
    /// <param name="hasEnded">Whether what an effect began is known to have ended badly, so that a retry is a new one.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Whether it was written, and when it is tried again; it is not where its transaction had committed after all.</returns>
    public async Task<(bool IsWritten, DateTimeOffset? RetryAt)> FailAsync(
        string name, Reason reason, TimeSpan? delay, bool hasEnded, CancellationToken cancel)
    {
        await using var command = Named(Fail, name);
        command.Parameters.Add(Json(JobsJson.Write(reason)));
        command.Parameters.Add(Interval(delay));
        command.Parameters.Add(new() { Value = hasEnded });
        return await InstantAsync(command, cancel);
    }

    /// <summary>Records that nobody knows whether a step was done.</summary>
    /// <param name="name">The step.</param>
    /// <param name="reason">What is known.</param>
    /// <param name="delay">The pause before evidence is looked for again; null where only a person can tell.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Whether it was written, and when it is looked at again.</returns>
    public async Task<(bool IsWritten, DateTimeOffset? DueAt)> DoubtAsync(
        string name, Reason reason, TimeSpan? delay, CancellationToken cancel)
    {
        await using var command = Named(Doubt, name);
        command.Parameters.Add(Json(JobsJson.Write(reason)));
        command.Parameters.Add(Interval(delay));
        return await InstantAsync(command, cancel);
    }

    /// <summary>Records that a step waits.</summary>
    /// <param name="step">The step.</param>
    /// <param name="until">The instant that it waits for; null for <paramref name="delay"/>.</param>
    /// <param name="delay">From now; null for no end by time.</param>
    /// <param name="question">What a person is asked, as JSON.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Whether it was written, when it is due, and whether it is.</returns>
    public async Task<(bool IsWritten, DateTimeOffset? DueAt, bool IsDue)> WaitAsync(
        StepPlace step, DateTimeOffset? until, TimeSpan? delay, string? question, CancellationToken cancel)
    {
        await using var command = Placed(Wait, step);
        command.Parameters.Add(new()
        {
            Value = until?.ToUniversalTime() ?? (object)DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.TimestampTz,
        });
        command.Parameters.Add(Interval(delay));
        command.Parameters.Add(Json(question));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (true, Instant(reader), reader.GetBoolean(1)) : (false, null, false);
    }

    /// <summary>Records a decision that is the same at every later run.</summary>
    /// <param name="step">The marker.</param>
    /// <param name="result">The decision as JSON.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where it is recorded already, or the hold is lost.</returns>
    public async Task<bool> MarkAsync(StepPlace step, string result, CancellationToken cancel)
    {
        await using var command = Placed(Mark, step);
        command.Parameters.Add(Json(result));
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>A command that finds the hold as <c>$1</c> and <c>$2</c>, the step as <c>$3</c>, on a connection of its own.</summary>
    /// <param name="sql">After <see cref="HeldFirst"/>, or with a common table expression of its own.</param>
    /// <param name="name">The step.</param>
    public NpgsqlCommand Named(string sql, string name)
    {
        var command = database.Source.CreateCommand(sql);
        Add(command, name);
        return command;
    }

    /// <summary>The beginning of a statement that does nothing unless the job is held.</summary>
    public static string HeldFirst => Held;

    /// <summary>A command with a step's place: <c>$3</c> name, <c>$4</c> place, <c>$5</c> kind, <c>$6</c> scope.</summary>
    /// <param name="sql">Its text.</param>
    /// <param name="step">The step.</param>
    /// <param name="transaction">Where it belongs; null for a connection of its own.</param>
    public NpgsqlCommand Placed(string sql, StepPlace step, DatabaseTransaction? transaction = null)
    {
        var command = transaction is null ? database.Source.CreateCommand(sql) : transaction.Command(sql);
        Add(
            command,
            step.Name,
            new NpgsqlParameter { Value = step.Place },
            new NpgsqlParameter { Value = step.Kind.ToString() },
            new NpgsqlParameter { Value = step.Scope });
        return command;
    }

    /// <summary>What is remembered of one step now; a write found it neither to begin nor to end.</summary>
    /// <param name="name">The step.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public async Task<RememberedStep> ReadAsync(string name, CancellationToken cancel)
    {
        await using var transaction = await database.BeginAsync(cancel);
        await hold.HoldAsync(transaction, cancel);
        await using var command = transaction.Command(
            $"select {RememberedStep.Columns} from workflow_steps s left join workflows c on c.id = s.child where s.workflow = $1 and s.name = $2",
            Job.Id.Value,
            name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? RememberedStep.Read(reader)
            : throw new InvalidOperationException($"Step {name} of workflow {Job.Id} is held, yet neither begins nor ends.");
    }

    /// <summary>Whether the workflow's end, or a pause, was asked for.</summary>
    /// <param name="cancel">Ends the call.</param>
    public async Task<(bool IsCancelled, bool IsPaused)> AskAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select cancel_at is not null, paused_at is not null from workflows where id = $1");
        command.Parameters.Add(new() { Value = Job.Id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetBoolean(0), reader.GetBoolean(1)) : (false, false);
    }

    /// <summary>The result of a step that a write found to have ended.</summary>
    /// <param name="name">The step.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public async Task<string> ResultAsync(string name, CancellationToken cancel) =>
        (await ReadAsync(name, cancel)).Result
            ?? throw new InvalidOperationException($"Step {name} of workflow {Job.Id} is held, yet neither begins nor ends.");

    /// <summary>The fault of a run whose hold is lost.</summary>
    public FaultException Lost() => JobLeases.Lost(Job);

    /// <summary>JSON, or null.</summary>
    /// <param name="json">The text.</param>
    public static NpgsqlParameter Json(string? json) =>
        new() { Value = json ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb };

    /// <summary>A duration, or null.</summary>
    /// <param name="span">The duration.</param>
    public static NpgsqlParameter Interval(TimeSpan? span) =>
        new() { Value = span ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval };

    /// <summary>Writes, and reads the instant that the write gives.</summary>
    /// <param name="command">The write.</param>
    /// <param name="cancel">Ends the call.</param>
    public static async Task<(bool IsWritten, DateTimeOffset? At)> InstantAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (true, Instant(reader)) : (false, null);
    }

    private static DateTimeOffset? Instant(NpgsqlDataReader row) =>
        row.IsDBNull(0) ? null : row.GetFieldValue<DateTimeOffset>(0);

    private void Add(NpgsqlCommand command, string name, params ReadOnlySpan<NpgsqlParameter> more)
    {
        command.Parameters.Add(new() { Value = Job.Id.Value });
        command.Parameters.Add(new() { Value = Job.Fence });
        command.Parameters.Add(new() { Value = name });
        foreach (var parameter in more)
        {
            command.Parameters.Add(parameter);
        }
    }
}

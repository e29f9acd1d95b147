using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Workflows;

/// <summary>What is remembered of a step.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Failures">Failed attempts since a person last retried it.</param>
/// <param name="Result">Its result as JSON, once finished.</param>
/// <param name="Error">Why its last failed attempt failed.</param>
/// <param name="IsFinal">Whether its failure has failed the workflow.</param>
internal sealed record RememberedStep(StepState State, int Failures, string? Result, Reason? Error, bool IsFinal);

/// <summary>
/// The SQL of a running workflow's steps. Every write holds the job's row, so that one whose lease is lost is refused.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="hold">The hold on the workflow's job.</param>
internal sealed class StepMemory(BeamtimeDatabase database, JobHold hold)
{
    private const string Load =
        "select name, state, failures, result, error, retry_at is null from workflow_steps where workflow = $1";

    private const string Start = """
        with held as materialized (select id from jobs where id = $1 and fence = $2 and state = 'Running' for share)
        insert into workflow_steps as step (workflow, name, place, state, attempt, fence, started_at)
        select held.id, $3, $4, 'Started', 1, $2, lease_clock() from held
        on conflict (workflow, name) do update set
            state = 'Started', attempt = step.attempt + 1, fence = excluded.fence,
            started_at = excluded.started_at, finished_at = null, retry_at = null
        where step.state <> 'Finished'
        """;

    private const string Finish = """
        with held as materialized (select id from jobs where id = $1 and fence = $2 and state = 'Running' for share)
        update workflow_steps set state = 'Finished', result = $4, error = null, finished_at = lease_clock()
        from held where workflow = held.id and name = $3 and workflow_steps.fence = $2 and state = 'Started'
        """;

    private const string Fail = """
        with held as materialized (select id from jobs where id = $1 and fence = $2 and state = 'Running' for share)
        update workflow_steps set
            state = 'Failed', failures = failures + 1, error = $4, retry_at = lease_clock() + $5, finished_at = lease_clock()
        from held where workflow = held.id and name = $3 and workflow_steps.fence = $2 and state = 'Started'
        """;

    private ClaimedJob Job => hold.Job;

    /// <summary>All that is remembered of the workflow's steps, by name.</summary>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Dictionary<string, RememberedStep>> LoadAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(Load);
        command.Parameters.Add(new() { Value = Job.Id.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var steps = new Dictionary<string, RememberedStep>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
        {
            steps.Add(reader.GetString(0), Read(reader));
        }

        return steps;
    }

    /// <summary>Records that a step begins.</summary>
    /// <param name="name">The step.</param>
    /// <param name="place">Its place in the order of this run.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where it has finished already, or the hold is lost.</returns>
    public async Task<bool> StartAsync(string name, int place, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(Start);
        Add(command, name, new NpgsqlParameter { Value = place });
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

    /// <summary>Records that an attempt failed.</summary>
    /// <param name="name">The step.</param>
    /// <param name="reason">Why.</param>
    /// <param name="delay">The pause before the next attempt; null where there is none.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where its transaction had committed after all, or the hold is lost.</returns>
    public async Task<bool> FailAsync(string name, Reason reason, TimeSpan? delay, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(Fail);
        Add(
            command,
            name,
            Json(JobsJson.Write(reason)),
            new NpgsqlParameter { Value = delay ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval });
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>The result of a step that a write found neither to begin nor to end: it has finished, or the hold is lost.</summary>
    /// <param name="name">The step.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c></exception>
    public async Task<string> ResultAsync(string name, CancellationToken cancel)
    {
        await using var transaction = await database.BeginAsync(cancel);
        await hold.HoldAsync(transaction, cancel);
        return (await LoadAsync(cancel)).GetValueOrDefault(name)?.Result
            ?? throw new InvalidOperationException($"Step {name} of workflow {Job.Id} is held, yet neither begins nor ends.");
    }

    /// <summary>The fault of a run whose hold is lost.</summary>
    public FaultException Lost() => JobLeases.Lost(Job);

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

    private static NpgsqlParameter Json(string json) => new() { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb };

    private static RememberedStep Read(NpgsqlDataReader row) => new(
        Enum.Parse<StepState>(row.GetString(1)),
        row.GetInt32(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        row.IsDBNull(4) ? null : JobsJson.Read(row.GetString(4)),
        row.GetString(1) == nameof(StepState.Failed) && row.GetBoolean(5));
}

using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Workflows;

/// <summary>Workflows as they are started, listed and shown.</summary>
/// <param name="database">The database.</param>
/// <param name="queue">Where their jobs are enqueued.</param>
/// <param name="jobs">Their jobs.</param>
/// <param name="time">The clock of new ids.</param>
internal sealed class WorkflowStore(BeamtimeDatabase database, JobQueue queue, JobStore jobs, TimeProvider time)
{
    private const string Insert = """
        insert into workflows (
            id, kind, version, key, input, correlation, started_at, scheduled_at, state_at, state_by, state_why)
        select $1, $2, $3, $4, $5, $6, clock.now, coalesce($7, clock.now), clock.now, $8, $9
        from (select lease_clock() as now offset 0) as clock
        on conflict (kind, key) where key is not null do nothing
        """;

    private const string Columns =
        "id, kind, version, key, input, state, result, error, correlation, started_at, finished_at, label, state_at, state_by, "
        + "state_why, scheduled_at, deadline_at, cancel_until, runs, parent";

    private const string Admitted = """
        from workflows
        where ($1::text is null or kind = $1) and ($2::text is null or state = $2)
            and ($3::uuid is null or correlation = $3) and ($4::uuid is null or parent = $4)
        """;

    private const string Steps = """
        select name, state, attempt, failures, result, error, retry_at, started_at, finished_at, kind, due_at, intent, effect,
            external, child, resolved_by
        from workflow_steps where workflow = $1 order by started_at, place
        """;

    private const string Moves = """
        select m.state, m.label, m.moved_by, p.name, m.why, m.moved_at
        from workflow_moves m left join people p on p.id = m.moved_by where m.workflow = $1 order by m.place
        """;

    private const string Messages = """
        select id, name, body, sent_by, sent_at, taken_by, refused
        from workflow_messages where workflow = $1 order by place desc limit 100
        """;

    /// <summary>Starts a workflow in the caller's transaction, to run at once.</summary>
    /// <typeparam name="TInput">What an instance is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="transaction">The transaction that makes it necessary.</param>
    /// <param name="kind">The kind in its newest version.</param>
    /// <param name="key">Starting twice with one key gives one workflow, until it is removed after its retention; null for no key.</param>
    /// <param name="input">What it is started with.</param>
    /// <param name="correlation">What it belongs to.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<StartedWorkflow> StartAsync<TInput, TResult>(
        DatabaseTransaction transaction,
        WorkflowKind<TInput, TResult> kind,
        string? key,
        TInput input,
        Guid? correlation,
        CancellationToken cancel) =>
        StartAsync(transaction, kind, new WorkflowStart { Key = key, Correlation = correlation }, input, cancel);

    /// <summary>Starts a workflow in the caller's transaction.</summary>
    /// <typeparam name="TInput">What an instance is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="transaction">The transaction that makes it necessary.</param>
    /// <param name="kind">The kind in its newest version.</param>
    /// <param name="start">When, by whom, as part of what.</param>
    /// <param name="input">What it is started with.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<StartedWorkflow> StartAsync<TInput, TResult>(
        DatabaseTransaction transaction,
        WorkflowKind<TInput, TResult> kind,
        WorkflowStart start,
        TInput input,
        CancellationToken cancel)
    {
        var id = JobId.New(time);
        await using (var insert = transaction.Command(Insert, id.Value, kind.Name, kind.Version))
        {
            insert.Parameters.Add(Text(start.Key));
            insert.Parameters.Add(new()
            {
                Value = JsonSerializer.Serialize(input, kind.InputJson),
                NpgsqlDbType = NpgsqlDbType.Jsonb,
            });
            insert.Parameters.Add(Id(start.Correlation));
            insert.Parameters.Add(new()
            {
                Value = start.At?.ToUniversalTime() ?? (object)DBNull.Value,
                NpgsqlDbType = NpgsqlDbType.TimestampTz,
            });
            insert.Parameters.Add(Id(start.By?.Value));
            insert.Parameters.Add(Text(start.Why));
            if (await insert.ExecuteNonQueryAsync(cancel) == 1)
            {
                var job = kind.Job.Of(new WorkflowTicket()) with { Id = id, Correlation = start.Correlation, RunAt = start.At, Sequence = start.Sequence };
                await queue.EnqueueAsync(transaction, job, cancel);
                return new StartedWorkflow(new WorkflowId(id.Value), IsNew: true);
            }
        }

        await using var existing = transaction.Command(
            "select id from workflows where kind = $1 and key = $2", kind.Name, start.Key);
        return new StartedWorkflow(new WorkflowId((Guid)(await existing.ExecuteScalarAsync(cancel))!), IsNew: false);
    }

    /// <summary>Lists workflows, newest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="offset">Workflows to pass over, at least 0.</param>
    /// <param name="limit">At most so many, 1 to <see cref="JobStore.LongestPage"/>.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<WorkflowPage> ListAsync(WorkflowFilter filter, int offset, int limit, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, JobStore.LongestPage);
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Filtered($"select count(*) {Admitted}", filter),
                Filtered($"select {Columns} {Admitted} order by id desc offset $5 limit $6", filter),
            },
        };
        batch.BatchCommands[1].Parameters.Add(new() { Value = offset });
        batch.BatchCommands[1].Parameters.Add(new() { Value = limit });
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var total = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var workflows = new List<WorkflowRecord>();
        while (await reader.ReadAsync(cancel))
        {
            workflows.Add(ReadWorkflow(reader));
        }

        return new WorkflowPage(workflows, total);
    }

    /// <summary>One workflow with its steps, or null where there is none.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<WorkflowReport?> ShowAsync(WorkflowId id, CancellationToken cancel)
    {
        await using var connection = await database.Source.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new($"select {Columns} from workflows where id = $1") { Parameters = { Id(id.Value) } },
                new(Steps) { Parameters = { Id(id.Value) } },
                new(Moves) { Parameters = { Id(id.Value) } },
                new(Messages) { Parameters = { Id(id.Value) } },
            },
        };
        var steps = new List<StepRecord>();
        var moves = new List<WorkflowMove>();
        var messages = new List<MessageRecord>();
        WorkflowRecord workflow;
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
            {
                return null;
            }

            workflow = ReadWorkflow(reader);
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                steps.Add(ReadStep(reader));
            }

            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                moves.Add(ReadMove(reader));
            }

            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                messages.Add(ReadMessage(reader));
            }
        }

        return new WorkflowReport(workflow, steps, await jobs.GetAsync(id.Job, cancel)) { Moves = moves, Messages = messages };
    }

    private static NpgsqlBatchCommand Filtered(string sql, WorkflowFilter filter) => new(sql)
    {
        Parameters = { Text(filter.Kind), Text(filter.State?.ToString()), Id(filter.Correlation), Id(filter.Parent?.Value) },
    };

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Id(Guid? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };

    private static WorkflowRecord ReadWorkflow(NpgsqlDataReader row) => new()
    {
        Id = new WorkflowId(row.GetGuid(0)),
        Kind = row.GetString(1),
        Version = row.GetInt32(2),
        Key = row.IsDBNull(3) ? null : row.GetString(3),
        Input = row.GetString(4),
        State = Enum.Parse<WorkflowState>(row.GetString(5)),
        Result = row.IsDBNull(6) ? null : row.GetString(6),
        Error = row.IsDBNull(7) ? null : JobsJson.Read(row.GetString(7)),
        Correlation = row.IsDBNull(8) ? null : row.GetGuid(8),
        StartedAt = row.GetFieldValue<DateTimeOffset>(9),
        FinishedAt = row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10),
        Label = row.IsDBNull(11) ? null : row.GetString(11),
        StateAt = row.GetFieldValue<DateTimeOffset>(12),
        StateBy = row.IsDBNull(13) ? null : new PersonId(row.GetGuid(13)),
        StateWhy = row.IsDBNull(14) ? null : row.GetString(14),
        ScheduledAt = row.GetFieldValue<DateTimeOffset>(15),
        DeadlineAt = row.IsDBNull(16) ? null : row.GetFieldValue<DateTimeOffset>(16),
        CancelUntil = row.IsDBNull(17) ? null : row.GetFieldValue<DateTimeOffset>(17),
        Runs = row.GetInt32(18),
        Parent = row.IsDBNull(19) ? null : new WorkflowId(row.GetGuid(19)),
    };

    private static WorkflowMove ReadMove(NpgsqlDataReader row) => new()
    {
        State = Enum.Parse<WorkflowState>(row.GetString(0)),
        Label = row.IsDBNull(1) ? null : row.GetString(1),
        By = row.IsDBNull(2) ? null : new PersonId(row.GetGuid(2)),
        ByName = row.IsDBNull(3) ? null : row.GetString(3),
        Why = row.IsDBNull(4) ? null : row.GetString(4),
        At = row.GetFieldValue<DateTimeOffset>(5),
    };

    private static MessageRecord ReadMessage(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        Name = row.GetString(1),
        Body = row.GetString(2),
        SentBy = row.IsDBNull(3) ? null : new PersonId(row.GetGuid(3)),
        SentAt = row.GetFieldValue<DateTimeOffset>(4),
        TakenBy = row.IsDBNull(5) ? null : row.GetString(5),
        Refused = row.IsDBNull(6) ? null : JobsJson.Read(row.GetString(6)),
    };

    private static StepRecord ReadStep(NpgsqlDataReader row) => new()
    {
        Name = row.GetString(0),
        State = Enum.Parse<StepState>(row.GetString(1)),
        Attempt = row.GetInt32(2),
        Failures = row.GetInt32(3),
        Result = row.IsDBNull(4) ? null : row.GetString(4),
        Error = row.IsDBNull(5) ? null : JobsJson.Read(row.GetString(5)),
        RetryAt = row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6),
        StartedAt = row.GetFieldValue<DateTimeOffset>(7),
        FinishedAt = row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
        Kind = Enum.Parse<StepKind>(row.GetString(9)),
        DueAt = row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10),
        Intent = row.IsDBNull(11) ? null : row.GetString(11),
        Effect = row.IsDBNull(12) ? null : row.GetGuid(12),
        External = row.IsDBNull(13) ? null : row.GetString(13),
        Child = row.IsDBNull(14) ? null : new WorkflowId(row.GetGuid(14)),
        ResolvedBy = row.IsDBNull(15) ? null : new PersonId(row.GetGuid(15)),
    };
}

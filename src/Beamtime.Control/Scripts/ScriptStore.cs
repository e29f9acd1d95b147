using System.Text.Json;
using Beamtime.Core.Database;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Control.Scripts;

/// <summary>Runs of server scripts in the database.</summary>
internal sealed class ScriptStore(BeamtimeDatabase database)
{
    private const string Columns =
        """
        r.id, r.script, r.queue, w.state, coalesce(p.name, 'forgotten person'), r.asked_at, w.finished_at, r.request, r.plugin,
            w.result ->> 'text', w.error
        """;

    private const string From =
        "from script_runs r join workflows w on w.id = r.id left join people p on p.id = r.who";

    /// <summary>Notes a run in the transaction that starts its workflow.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="id">Its id.</param>
    /// <param name="beamline">The beamline.</param>
    /// <param name="input">What it is started with.</param>
    /// <param name="plugin">The version of its plugin, for people.</param>
    /// <param name="cancel">Ends the call.</param>
    public static async Task AddAsync(
        DatabaseTransaction transaction, Guid id, string beamline, ScriptInput input, string? plugin, CancellationToken cancel)
    {
        await using var insert = transaction.Command(
            """
            insert into script_runs (id, beamline, queue, script, request, plugin, who, asked_at)
            values ($1, $2, $3, $4, $5, $6, $7, lease_clock()) on conflict do nothing
            """,
            id,
            beamline,
            input.Request.Queue,
            input.Script);
        insert.Parameters.Add(new() { Value = JsonSerializer.Serialize(input.Request, ScriptJson.Default.ScriptRequest), NpgsqlDbType = NpgsqlDbType.Jsonb });
        insert.Parameters.Add(new() { Value = plugin ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        insert.Parameters.Add(new() { Value = input.Who });
        await insert.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Writes a line in the transaction that remembers its step; past the most, the last one says so.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="run">The run.</param>
    /// <param name="line">The line.</param>
    /// <param name="most">Lines that are kept.</param>
    /// <param name="cancel">Ends the call.</param>
    public static async Task SayAsync(DatabaseTransaction transaction, Guid run, string line, int most, CancellationToken cancel)
    {
        await using var insert = transaction.Command(
            """
            insert into script_lines (run, place, at, line)
            select $1, n.place, lease_clock(), case when n.place = $3 then 'Further lines are left out.' else $2 end
            from (select coalesce(max(place), 0) + 1 as place from script_lines where run = $1) n where n.place <= $3
            """,
            run,
            line,
            most);
        await insert.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Runs that are not over.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">Only of this queue; null for all.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<Guid>> ActiveAsync(string beamline, string? queue, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select r.id from script_runs r join workflows w on w.id = r.id "
            + "where r.beamline = $1 and ($2::text is null or r.queue = $2) and w.finished_at is null order by r.asked_at desc");
        command.Parameters.Add(new() { Value = beamline });
        command.Parameters.Add(new() { Value = queue ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        List<Guid> ids = [];
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    /// <summary>A run; null where there is none.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="id">Its id.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<ScriptRun?> FindAsync(string beamline, Guid id, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand($"select {Columns} {From} where r.beamline = $1 and r.id = $2");
        command.Parameters.Add(new() { Value = beamline });
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(reader) : null;
    }

    /// <summary>Runs, newest first.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">Only of this queue; null for all.</param>
    /// <param name="offset">Runs to skip.</param>
    /// <param name="limit">Runs at most.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<ScriptPage> ListAsync(string beamline, string? queue, int offset, int limit, CancellationToken cancel)
    {
        const string Filter = "where r.beamline = $1 and ($2::text is null or r.queue = $2)";
        await using var batch = database.Source.CreateBatch();
        foreach (var sql in new[]
        {
            $"select count(*) {From} {Filter}",
            $"select {Columns} {From} {Filter} order by r.asked_at desc, r.id desc offset $3 limit $4",
        })
        {
            NpgsqlBatchCommand command = new(sql);
            command.Parameters.Add(new() { Value = beamline });
            command.Parameters.Add(new() { Value = queue ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            if (batch.BatchCommands.Count == 1)
            {
                command.Parameters.Add(new() { Value = offset });
                command.Parameters.Add(new() { Value = limit });
            }

            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var total = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        List<ScriptRun> runs = [];
        while (await reader.ReadAsync(cancel))
        {
            runs.Add(Read(reader));
        }

        return new ScriptPage(runs, total);
    }

    /// <summary>What a run has said, in order.</summary>
    /// <param name="run">The run.</param>
    /// <param name="after">The place after which it begins.</param>
    /// <param name="limit">Lines at most.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<ScriptLine>> LinesAsync(Guid run, int after, int limit, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select place, at, line from script_lines where run = $1 and place > $2 order by place limit $3");
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = limit });
        List<ScriptLine> lines = [];
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            lines.Add(ReadLine(reader));
        }

        return lines;
    }

    private static ScriptLine ReadLine(NpgsqlDataReader row) =>
        new(row.GetInt32(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2));

    private static ScriptRun Read(NpgsqlDataReader row) => new(
        row.GetGuid(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        row.GetFieldValue<DateTimeOffset>(5),
        row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6),
        JsonSerializer.Deserialize(row.GetString(7), ScriptJson.Default.ScriptRequest)!,
        row.IsDBNull(8) ? null : row.GetString(8),
        row.IsDBNull(9) ? null : row.GetString(9),
        row.IsDBNull(10) ? null : JsonSerializer.Deserialize(row.GetString(10), ScriptJson.Default.Reason));
}

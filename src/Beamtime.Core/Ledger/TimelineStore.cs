using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Ledger;

/// <summary>
/// Tells what happened, of one thing or of all that one request set off, across all kinds: entries of the ledger and, for
/// stories, the steps of the workflows that belong to them.
/// </summary>
/// <param name="database">Where the ledger lies.</param>
/// <param name="kinds">Who can say what an entry means.</param>
internal sealed class TimelineStore(BeamtimeDatabase database, StreamKindSet kinds)
{
    /// <summary>The kind of the lines that tell a workflow's steps.</summary>
    public const string Workflow = "workflow";

    private const int MostStories = 1000;

    // One row a line; a step that was tried again shows its last attempt. Of a workflow's moves, those are told that a person
    // made or that end or hold it.
    private const string Lines =
        """
        with lines as (
            select e.at, e.epoch, e.tx, e.position, e.kind, e.id, e.version, e.type, e.type_version, e.data::text as data,
                   e.who, e.why, e.correlation, e.cause
            from entries e
            where ($1::text is null or $3::text[] is not null or (e.kind = $1 and e.id = $2))
              and ($3::text[] is null or e.correlation = any($3) or ($1 is not null and e.kind = $1 and e.id = $2))
              and ($4::text[] is null or e.kind = any($4))
              and ($5::timestamptz is null or e.at >= $5) and ($6::timestamptz is null or e.at < $6)
              and ($7::uuid is null or e.who = $7)
            union all
            select coalesce(s.finished_at, s.started_at), null, null, s.place, 'workflow', w.id::text, null,
                   'workflow.step_' || lower(s.state), 1,
                   jsonb_build_object('workflow', w.kind, 'state', s.state, 'step', s.name, 'attempt', s.attempt, 'error', s.error,
                       'seconds', extract(epoch from s.finished_at - s.started_at))::text,
                   $10::uuid, 'a step of workflow ' || w.kind, w.correlation::text, 'workflow ' || w.id
            from workflows w join workflow_steps s on s.workflow = w.id
            where w.correlation = any($11) and ($4::text[] is null or 'workflow' = any($4))
              and ($5::timestamptz is null or coalesce(s.finished_at, s.started_at) >= $5)
              and ($6::timestamptz is null or coalesce(s.finished_at, s.started_at) < $6)
              and ($7::uuid is null or $7 = $10::uuid)
            union all
            select m.moved_at, null, null, 1000000 + m.place, 'workflow', w.id::text, null, 'workflow.' || lower(m.state), 1,
                   jsonb_build_object('workflow', w.kind, 'state', m.state)::text,
                   coalesce(m.moved_by, $10::uuid), coalesce(m.why, 'workflow ' || w.kind), w.correlation::text, 'workflow ' || w.id
            from workflows w join workflow_moves m on m.workflow = w.id
            where w.correlation = any($11) and ($4::text[] is null or 'workflow' = any($4))
              and (m.moved_by is not null
                   or m.state in ('AwaitingRetry', 'Suspended', 'Cancelled', 'Completed', 'Failed', 'TimedOut', 'Crashed'))
              and ($5::timestamptz is null or m.moved_at >= $5) and ($6::timestamptz is null or m.moved_at < $6)
              and ($7::uuid is null or coalesce(m.moved_by, $10::uuid) = $7)
        )
        """;

    /// <summary>A page of the timeline.</summary>
    /// <param name="query">Which lines.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TimelinePage> ReadAsync(TimelineQuery query, CancellationToken cancel)
    {
        // A story is read in the order of time, which its workflows share; what is not one, in the order of the ledger.
        var direction = query.IsNewestFirst ? " desc nulls last" : "";
        string[] columns = query.Correlations is not null ? ["at", "epoch", "tx", "position"] : ["epoch", "tx", "position"];
        var order = string.Join(", ", columns.Select(column => $"lines.{column}{direction}"));
        await using var batch = database.Source.CreateBatch();
        batch.BatchCommands.Add(Command($"{Lines} select count(*) from lines", query, isPage: false));
        batch.BatchCommands.Add(Command(
            $"""
            {Lines}, page as (select * from lines order by {order} limit $8 offset $9)
            select lines.at, lines.kind, lines.id, lines.version, lines.type, lines.type_version, lines.data, lines.who,
                   lines.why, lines.correlation, lines.cause, p.name, r.number, r.name
            from page lines
            left join records r on r.kind = lines.kind and r.id = lines.id
            left join people p on p.id = lines.who
            order by {order}
            """,
            query,
            isPage: true));
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var total = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        List<TimelineLine> items = [];
        while (await reader.ReadAsync(cancel))
        {
            items.Add(await LineAsync(reader, cancel));
        }

        return new TimelinePage(items, total, query.Offset, query.Limit);
    }

    /// <summary>The stories that a request with this correlation set off: its own, and those of what it started.</summary>
    /// <param name="correlation">The first.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<string>> StoriesOfAsync(string correlation, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            with recursive stories (correlation) as (
                select $1::text
                union
                select e.correlation from stories s
                join entries e on split_part(e.cause, ' ', 2) = s.correlation and e.version = 1 and e.cause is not null
            )
            select correlation from stories limit {MostStories}
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = correlation });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<string> stories = [];
        while (await reader.ReadAsync(cancel))
        {
            stories.Add(reader.GetString(0));
        }

        return stories;
    }

    /// <summary>The stream that people mean.</summary>
    /// <param name="kind">Its kind; null for any, where an id is given.</param>
    /// <param name="text">Id, number, <c>S00012</c> or name; the newest of several with one name at one beamline.</param>
    /// <param name="beamline">The beamline; null for any.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Kind, id, and the correlation of what made it.</returns>
    /// <exception cref="RefusedException">There is none, or several beamlines have one.</exception>
    public async Task<(string Kind, string Id, string Correlation)> FindAsync(
        string? kind, string text, string? beamline, CancellationToken cancel)
    {
        if (kind is not null)
        {
            kind = kinds[kind].Name;
        }

        var hasNumber = int.TryParse(text.TrimStart('S', 's'), out var number) && kind is not null;
        await using var command = database.Source.CreateCommand(
            """
            select distinct on (r.beamline) r.kind, r.id, e.correlation
            from records r join entries e on e.kind = r.kind and e.id = r.id and e.version = 1
            where ($1::text is null or r.kind = $1) and ($4::text is null or r.beamline = $4)
              and (r.id = $2 or ($1 is not null and (r.name = $2 or r.number = $3)))
            order by r.beamline, r.id = $2 desc, r.number is not distinct from $3 desc, r.created_at desc, e.epoch, e.tx, e.position
            """);
        command.Parameters.Add(Nullable(kind, NpgsqlDbType.Text));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Guid.TryParse(text, out var id) ? id.ToString() : text });
        command.Parameters.Add(Nullable(hasNumber ? (long)number : null, NpgsqlDbType.Bigint));
        command.Parameters.Add(Nullable(beamline, NpgsqlDbType.Text));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<(string, string, string)> found = [];
        while (await reader.ReadAsync(cancel))
        {
            found.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }

        return found switch
        {
            [var only] => only,
            [] => throw new RefusedException(LedgerErrors.EntityUnknown.Because($"there is no {kind ?? "thing"} '{text}'")),
            _ => throw new RefusedException(LedgerErrors.EntityAmbiguous.Because(
                $"{found.Count} beamlines have a {kind} '{text}'")),
        };
    }

    /// <summary>Whether a thing of any kind has that id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<bool> HasAsync(string id, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select exists (select from records where kind = any($1) and id = $2)");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. kinds.All.Select(kind => kind.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static NpgsqlBatchCommand Command(string sql, TimelineQuery query, bool isPage)
    {
        NpgsqlBatchCommand command = new(sql);
        var parameters = command.Parameters;
        parameters.Add(Nullable(query.Stream?.Kind, NpgsqlDbType.Text));
        parameters.Add(Nullable(query.Stream?.Id, NpgsqlDbType.Text));
        parameters.Add(Nullable(query.Correlations?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text));
        parameters.Add(Nullable(query.Kinds?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text));
        parameters.Add(Nullable(query.Since?.ToUniversalTime(), NpgsqlDbType.TimestampTz));
        parameters.Add(Nullable(query.Until?.ToUniversalTime(), NpgsqlDbType.TimestampTz));
        parameters.Add(Nullable(query.Who?.Value, NpgsqlDbType.Uuid));
        parameters.Add(new NpgsqlParameter<int> { TypedValue = isPage ? query.Limit : 0 });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = isPage ? query.Offset : 0 });
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = PersonId.System.Value });
        parameters.Add(new NpgsqlParameter<Guid[]>
        {
            TypedValue = [.. (query.Correlations ?? []).Where(c => Guid.TryParse(c, out _)).Select(Guid.Parse)],
        });
        return command;
    }

    private async Task<TimelineLine> LineAsync(NpgsqlDataReader reader, CancellationToken cancel)
    {
        var (kind, id, type, json) = (reader.GetString(1), reader.GetString(2), reader.GetString(4), reader.GetString(6));
        var at = await reader.GetFieldValueAsync<DateTimeOffset>(0, cancel);
        var version = reader.GetValue(3) as int?;
        var why = LedgerStore.ReadWhy(reader, 7);
        var words = version is { } place
            ? kinds.Tell(new RecordedEntry(default, kind, id, place, type, reader.GetInt32(5), json, why, at))
            : StepWords.Of(json);
        var name = reader.GetValue(11) as string;
        return new TimelineLine
        {
            At = at,
            Kind = kind,
            Id = id,
            Name = NameOf(reader, id, version is null ? StepWords.NameOf(json) : null),
            Version = version,
            Type = type,
            Line = words.Line,
            IsTrouble = words.IsTrouble,
            Details = words.Details,
            Who = new TimelinePerson(why.Who.Value, name ?? TimelinePerson.Forgotten, name is null),
            Why = why.Reason,
            Correlation = why.Correlation,
            Cause = TimelineCause.Of(why.Cause),
        };
    }

    private static string NameOf(NpgsqlDataReader reader, string id, string? workflow) =>
        workflow
        ?? (!reader.IsDBNull(12) ? EntryWords.ScanNumber(reader.GetInt64(12))
            : !reader.IsDBNull(13) ? reader.GetString(13)
            : id);

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Ledger;

/// <summary>
/// Folds streams anew and compares the records with what comes out; corrects those that differ, where asked. Safe beside
/// a running program: a stream is read in one statement, and a record that changed since is left to who changed it.
/// </summary>
/// <param name="database">Where the ledger lies.</param>
/// <param name="kinds">How streams are folded.</param>
internal sealed class RecordRebuild(BeamtimeDatabase database, StreamKindSet kinds)
{
    private const int BatchSize = 100;

    /// <summary>How many streams were looked at so far.</summary>
    public long Examined { get; private set; }

    /// <summary>Looks at every stream and gives those whose record differs, after each hundred streams an empty place.</summary>
    /// <param name="kind">One kind; null for all.</param>
    /// <param name="correct">True to write the records anew that differ.</param>
    /// <param name="cancel">Stops between two streams.</param>
    public async IAsyncEnumerable<RecordDifference?> RunAsync(
        string? kind, bool correct, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (kind is not null)
        {
            _ = kinds[kind];
        }

        foreach (var name in kind is not null ? [kind] : await KindsAsync(cancel))
        {
            var after = "";
            while (await IdsAsync(name, after, cancel) is { Count: > 0 } ids)
            {
                foreach (var stream in await StreamsAsync(name, ids, cancel))
                {
                    Examined++;
                    if (await CompareAsync(name, stream, correct, cancel) is { } difference)
                    {
                        yield return difference;
                    }
                }

                yield return null;
                after = ids[^1];
            }
        }
    }

    private async Task<IReadOnlyList<string>> KindsAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select kind from records union select distinct kind from entries order by 1");
        return await TextsAsync(command, cancel);
    }

    private async Task<IReadOnlyList<string>> IdsAsync(string kind, string after, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            select id collate "C" from (
                (select id from records where kind = $1 and id collate "C" > $2 order by id collate "C" limit {BatchSize})
                union
                (select id from entries where kind = $1 and version = 1 and id collate "C" > $2
                 order by id collate "C" limit {BatchSize})) both_kinds
            order by 1 limit {BatchSize}
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = after });
        return await TextsAsync(command, cancel);
    }

    private async Task<IReadOnlyList<Stream>> StreamsAsync(string kind, IReadOnlyList<string> ids, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            """
            select ids.id, r.version, r.document::text, r.fold_version, r.beamline, r.number, r.name, r.status,
                   e.version, e.type, e.type_version, e.data::text, e.who, e.why, e.correlation, e.cause, e.at
            from unnest($2) as ids (id)
            left join records r on r.kind = $1 and r.id = ids.id
            left join entries e on e.kind = $1 and e.id = ids.id
            order by ids.id collate "C", e.version
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. ids] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Stream> streams = [];
        while (await reader.ReadAsync(cancel))
        {
            var id = reader.GetString(0);
            if (streams.Count == 0 || streams[^1].Id != id)
            {
                streams.Add(new Stream(id, reader.GetValue(1) is int ? ReadRow(reader) : null, []));
            }

            if (reader.GetValue(8) is int version)
            {
                streams[^1].Entries.Add(new RecordedEntry(
                    default,
                    kind,
                    id,
                    version,
                    reader.GetString(9),
                    reader.GetInt16(10),
                    reader.GetString(11),
                    LedgerStore.ReadWhy(reader, 12),
                    await reader.GetFieldValueAsync<DateTimeOffset>(16, cancel)));
            }
        }

        return streams;
    }

    private async Task<RecordDifference?> CompareAsync(string name, Stream stream, bool correct, CancellationToken cancel)
    {
        if (stream.Entries.Count == 0)
        {
            return new RecordDifference(name, stream.Id, [], "the record has no entries", false);
        }

        if (kinds.Find(name) is not { } kind)
        {
            return new RecordDifference(name, stream.Id, [], $"this program knows no kind '{name}'", false);
        }

        string document;
        RecordIndex index;
        try
        {
            (document, index) = kind.Fold(stream.Entries);
        }
        catch (Exception error) when (error is FaultException or InvalidOperationException or JsonException or UnreachableException)
        {
            return new RecordDifference(name, stream.Id, [], $"cannot be folded: {error.Message}", false);
        }

        var fields = Differences(stream, kind.FoldVersion, document, index);
        return fields.Count == 0
            ? null
            : new RecordDifference(
                name, stream.Id, fields, null, correct && await CorrectAsync(name, stream, kind.FoldVersion, document, index, cancel));
    }

    private static IReadOnlyList<string> Differences(Stream stream, short foldVersion, string document, RecordIndex index)
    {
        if (stream.Record is not { } row)
        {
            return ["(record)"];
        }

        List<string> fields = [.. RecordDifference.PathsOf(row.Document, document)];
        Add("(version)", row.Version == stream.Entries[^1].Version);
        Add("(fold_version)", row.FoldVersion == foldVersion);
        Add("(beamline)", row.Index.Beamline == index.Beamline);
        Add("(number)", row.Index.Number == index.Number);
        Add("(name)", row.Index.Name == index.Name);
        Add("(status)", row.Index.Status == index.Status);
        return fields;

        void Add(string field, bool isEqual)
        {
            if (!isEqual)
            {
                fields.Add(field);
            }
        }
    }

    // Only where the record is still at the version that was read: who changed it since wrote it by this very fold.
    private async Task<bool> CorrectAsync(
        string kind, Stream stream, short foldVersion, string document, RecordIndex index, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(stream.Record is null
            ? """
              insert into records (kind, id, version, fold_version, beamline, number, name, status, created_at, updated_at, document)
              values ($1, $2, $3, $4, $6, $7, $8, $9, $10, $11, $5) on conflict do nothing
              """
            : """
              update records
              set version = $3, fold_version = $4, document = $5, beamline = $6, number = $7, name = $8, status = $9
              where kind = $1 and id = $2 and version = $12
              """);
        var parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<string> { TypedValue = kind });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = stream.Id });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = stream.Entries[^1].Version });
        parameters.Add(new NpgsqlParameter<short> { TypedValue = foldVersion });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = document, NpgsqlDbType = NpgsqlDbType.Jsonb });
        parameters.Add(Nullable(index.Beamline, NpgsqlDbType.Text));
        parameters.Add(Nullable(index.Number, NpgsqlDbType.Bigint));
        parameters.Add(Nullable(index.Name, NpgsqlDbType.Text));
        parameters.Add(Nullable(index.Status, NpgsqlDbType.Text));
        parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = stream.Entries[0].At });
        parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = stream.Entries[^1].At });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = stream.Record?.Version ?? 0 });
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private static Row ReadRow(NpgsqlDataReader reader) => new(
        reader.GetInt32(1),
        reader.GetString(2),
        reader.GetInt16(3),
        new RecordIndex(Text(reader, 4), reader.IsDBNull(5) ? null : reader.GetInt64(5), Text(reader, 6), Text(reader, 7)));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static async Task<IReadOnlyList<string>> TextsAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        List<string> texts = [];
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private sealed record Row(int Version, string Document, short FoldVersion, RecordIndex Index);

    private sealed record Stream(string Id, Row? Record, List<RecordedEntry> Entries);
}

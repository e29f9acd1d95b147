using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Ledger;

/// <summary>Which entries are exported; what is null does not filter.</summary>
internal sealed record ExportQuery
{
    /// <summary>The kind of stream.</summary>
    public string? Kind { get; init; }

    /// <summary>The stream's id, with its kind.</summary>
    public string? Id { get; init; }

    /// <summary>What a person did.</summary>
    public PersonId? Who { get; init; }

    /// <summary>From this time on, UTC.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>After this entry: where an earlier export ended.</summary>
    public LedgerCursor After { get; init; }
}

/// <summary>
/// Writes entries as lines of JSON: a header, an entry a line in the order of (epoch, transaction, position), and an end
/// with their number and the SHA-256 of all lines before it. Whatever was committed before it began is in it and nothing
/// later, so that a further export after its last entry lacks and repeats nothing. No transaction stays open meanwhile.
/// </summary>
/// <param name="database">Where the ledger lies.</param>
/// <param name="time">Clock of the header.</param>
internal sealed class LedgerExport(BeamtimeDatabase database, TimeProvider time)
{
    /// <summary>Says what the lines are.</summary>
    public const string Format = "beamtime.ledger";

    /// <summary>The version of the lines' form.</summary>
    public const int Version = 1;

    /// <summary>The media type of the lines.</summary>
    public const string MediaType = "application/jsonl";

    private const int BatchSize = 1000;

    /// <summary>Writes an export.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="query">Which entries.</param>
    /// <param name="cancel">Gives up; what was written then lacks its end.</param>
    public async Task WriteAsync(Stream output, ExportQuery query, CancellationToken cancel)
    {
        var (epoch, horizon) = await HorizonAsync(cancel);
        using var lines = new JsonLines(output);
        await lines.WriteAsync(json => Header(json, query, epoch, horizon), cancel);
        var (count, after) = (0L, query.After);
        while (await BatchAsync(lines, query with { After = after }, epoch, horizon, cancel) is { Count: > 0 } batch)
        {
            (count, after) = (count + batch.Count, batch.Last);
        }

        await lines.EndAsync(count, Text(after), cancel);
    }

    /// <summary>A place in the order as text: <c>1/8472/33</c>.</summary>
    /// <param name="cursor">The place.</param>
    public static string Text(LedgerCursor cursor) =>
        string.Create(CultureInfo.InvariantCulture, $"{cursor.Epoch}/{cursor.Tx}/{cursor.Position}");

    /// <summary>Reads such a text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="RefusedException">It is none.</exception>
    public static LedgerCursor Cursor(string text) =>
        text.Split('/') is [var epoch, var tx, var position]
        && int.TryParse(epoch, NumberStyles.None, CultureInfo.InvariantCulture, out var e)
        && ulong.TryParse(tx, NumberStyles.None, CultureInfo.InvariantCulture, out var t)
        && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var p)
            ? new LedgerCursor(e, t, p)
            : throw new RefusedException(LedgerErrors.FilterInvalid.Because($"'{text}' is no place in the ledger such as 1/8472/33"));

    // What is older than every running transaction is complete; what is newer waits for the next export.
    private async Task<(int Epoch, ulong Tx)> HorizonAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select epoch, pg_snapshot_xmin(pg_current_snapshot()) from ledger_epoch");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt32(0), await reader.GetFieldValueAsync<ulong>(1, cancel));
    }

    private async Task<(int Count, LedgerCursor Last)> BatchAsync(
        JsonLines lines, ExportQuery query, int epoch, ulong horizon, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            select epoch, tx, position, kind, id, version, type, type_version, who, why, correlation, cause, at, data::text
            from entries
            where (epoch, tx, position) > ($1, $2, $3) and (epoch < $4 or (epoch = $4 and tx < $5))
              and ($6::text is null or kind = $6) and ($7::text is null or id = $7) and ($8::uuid is null or who = $8)
              and ($9::timestamptz is null or at >= $9)
            order by epoch, tx, position limit {BatchSize}
            """);
        Place(command, query.After.Epoch, query.After.Tx);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = query.After.Position });
        Place(command, epoch, horizon);
        command.Parameters.Add(Nullable(query.Kind, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(query.Id, NpgsqlDbType.Text));
        command.Parameters.Add(Nullable(query.Who?.Value, NpgsqlDbType.Uuid));
        command.Parameters.Add(Nullable(query.Since?.ToUniversalTime(), NpgsqlDbType.TimestampTz));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var (count, last) = (0, default(LedgerCursor));
        while (await reader.ReadAsync(cancel))
        {
            last = new LedgerCursor(
                reader.GetInt32(0), await reader.GetFieldValueAsync<ulong>(1, cancel), reader.GetInt64(2));
            var at = await reader.GetFieldValueAsync<DateTimeOffset>(12, cancel);
            await lines.WriteAsync(json => Entry(json, reader, last, at), cancel);
            count++;
        }

        return (count, last);
    }

    private void Header(Utf8JsonWriter json, ExportQuery query, int epoch, ulong horizon)
    {
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteString("made_at", time.GetUtcNow());
        json.WriteString("kind", query.Kind);
        json.WriteString("id", query.Id);
        json.WriteString("who", query.Who?.ToString());
        json.WriteString("since", query.Since?.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("after", Text(query.After));
        json.WriteString("before", Text(new LedgerCursor(epoch, horizon, 0)));
        json.WriteEndObject();
    }

    private static void Entry(Utf8JsonWriter json, NpgsqlDataReader row, LedgerCursor cursor, DateTimeOffset at)
    {
        var why = LedgerStore.ReadWhy(row, 8);
        json.WriteStartObject();
        json.WriteString("cursor", Text(cursor));
        json.WriteString("kind", row.GetString(3));
        json.WriteString("id", row.GetString(4));
        json.WriteNumber("version", row.GetInt32(5));
        json.WriteString("type", row.GetString(6));
        json.WriteNumber("type_version", row.GetInt16(7));
        json.WriteString("at", at);
        json.WriteString("who", why.Who.Value);
        json.WriteString("why", why.Reason);
        json.WriteString("correlation", why.Correlation);
        json.WriteString("cause", why.Cause);
        json.WritePropertyName("data");
        json.WriteRawValue(row.GetString(13));
        json.WriteEndObject();
    }

    private static void Place(NpgsqlCommand command, int epoch, ulong tx)
    {
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = epoch });
        command.Parameters.Add(new NpgsqlParameter<ulong> { TypedValue = tx, NpgsqlDbType = NpgsqlDbType.Xid8 });
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

/// <summary>Lines of JSON with a hash over them; the last line says how many there were and what the hash is.</summary>
/// <param name="output">Where they go.</param>
internal sealed class JsonLines(Stream output) : IDisposable
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Writes a line.</summary>
    /// <param name="write">Writes its document.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task WriteAsync(Action<Utf8JsonWriter> write, CancellationToken cancel)
    {
        _buffer.ResetWrittenCount();
        await using (var json = new Utf8JsonWriter(_buffer))
        {
            write(json);
        }

        _buffer.Write(NewLine);
        await AddAsync(_buffer.WrittenMemory, cancel);
    }

    /// <summary>Writes a line as it is, its line feed included.</summary>
    /// <param name="line">The line.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task AddAsync(ReadOnlyMemory<byte> line, CancellationToken cancel)
    {
        _hash.AppendData(line.Span);
        await output.WriteAsync(line, cancel);
    }

    /// <summary>Takes a line into the hash that was written before.</summary>
    /// <param name="line">The line, its line feed included.</param>
    public void Count(ReadOnlySpan<byte> line) => _hash.AppendData(line);

    /// <summary>Whether the lines so far have this hash.</summary>
    /// <param name="sha256">The hash that an end claims.</param>
    public bool Matches(string? sha256) => Convert.ToHexStringLower(_hash.GetCurrentHash()) == sha256;

    /// <summary>Writes the last line.</summary>
    /// <param name="entries">Entries before it.</param>
    /// <param name="last">The place of the last of them.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task EndAsync(long entries, string last, CancellationToken cancel)
    {
        var sha256 = Convert.ToHexStringLower(_hash.GetCurrentHash());
        await WriteAsync(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("end");
                json.WriteNumber("entries", entries);
                json.WriteString("last", last);
                json.WriteString("sha256", sha256);
                json.WriteEndObject();
                json.WriteEndObject();
            },
            cancel);
        await output.FlushAsync(cancel);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}

using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Core.Database;
using Beamtime.Sdk.Recording;
using Npgsql;

namespace Beamtime.Control.Recording;

/// <summary>A recorded scan, as the history tells it.</summary>
internal sealed record HistoryItem
{
    /// <summary>The scan's id.</summary>
    public required Guid Scan { get; init; }

    /// <summary>Its number at the beamline.</summary>
    public required int Number { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>The scan's name.</summary>
    public required string Name { get; init; }

    /// <summary>How it ended.</summary>
    public required ScanEnd End { get; init; }

    /// <summary>Points in the file.</summary>
    public required long Points { get; init; }

    /// <summary>First instruction, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Last point, UTC.</summary>
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>The master file.</summary>
    public required string File { get; init; }

    /// <summary>All files together, bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Title that the user gave.</summary>
    public string? Title { get; init; }

    /// <summary>Sample that the user gave.</summary>
    public string? Sample { get; init; }

    /// <summary>Account that the scan ran on.</summary>
    public string? Account { get; init; }

    /// <summary>Its dataset number; null for recordings of before there were any.</summary>
    public int? Dataset { get; init; }

    /// <summary>Id of the group that it belongs to; null for none.</summary>
    public Guid? Group { get; init; }

    /// <summary>That group's name.</summary>
    public string? GroupName { get; init; }

    /// <summary>What is in the file; null in lists.</summary>
    public IReadOnlyList<RecordedSignal>? Contents { get; init; }
}

/// <summary>A page of the history.</summary>
/// <param name="Items">The scans of this page.</param>
/// <param name="Total">How many there are on all pages.</param>
internal sealed record HistoryPage(IReadOnlyList<HistoryItem> Items, long Total);

/// <summary>Which recorded scans are wanted.</summary>
internal sealed record HistoryQuery
{
    /// <summary>The scan's name; null for any.</summary>
    public string? Name { get; init; }

    /// <summary>How it ended; null for any.</summary>
    public ScanEnd? End { get; init; }

    /// <summary>Account; null for any.</summary>
    public string? Account { get; init; }

    /// <summary>Name or id of its group; null for any.</summary>
    public string? Group { get; init; }

    /// <summary>Its dataset number; null for any.</summary>
    public int? Dataset { get; init; }

    /// <summary>A device whose data must be in the file; null for any.</summary>
    public string? Device { get; init; }

    /// <summary>Text that title or sample contains; null for any.</summary>
    public string? Text { get; init; }

    /// <summary>Started at or after; null for no bound.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Started before; null for no bound.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>How many to pass over.</summary>
    public int Offset { get; init; }

    /// <summary>How many at most.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>The history of recorded scans in the database.</summary>
/// <param name="database">The database.</param>
internal sealed class HistoryStore(BeamtimeDatabase database)
{
    private const string Columns =
        "scan, number, beamline, scan_name, ended, points, started_at, ended_at, folder, file, bytes, title, sample, account, dataset, scan_group, group_name";

    /// <summary>Notes a closed recording, in the transaction that enters it into the ledger.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="closed">The recording.</param>
    /// <param name="contents">What is in its file.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task AddAsync(
        DatabaseTransaction transaction, RecordingClosed closed, IReadOnlyList<RecordedSignal> contents, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            $"""
            insert into scan_history ({Columns}, contents)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, ''), nullif($13, ''), nullif($14, ''), nullif($15, '')::integer, nullif($16, '')::uuid, nullif($17, ''), $18::text::jsonb)
            on conflict (scan) do nothing
            """,
            closed.Scan,
            closed.Number,
            closed.Beamline,
            closed.ScanName,
            closed.End.ToString(),
            closed.Points,
            closed.StartedAt,
            closed.EndedAt,
            closed.Folder,
            closed.Files.Count > 0 ? closed.Files[0].Name : "",
            closed.Files.Sum(f => f.Bytes),
            closed.Parameters.GetValueOrDefault("title", ""),
            closed.Parameters.GetValueOrDefault("sample_name", ""),
            closed.Parameters.GetValueOrDefault("account", ""),
            closed.Parameters.GetValueOrDefault("dataset_number", ""),
            closed.Parameters.GetValueOrDefault("scan_group", ""),
            closed.Parameters.GetValueOrDefault("scan_group_name", ""),
            JsonSerializer.Serialize(contents, HistoryJson.Default.IReadOnlyListRecordedSignal));
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>A page of recorded scans, newest first.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="query">Which.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<HistoryPage> ListAsync(string beamline, HistoryQuery query, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            select {Columns}, null::text, count(*) over () from scan_history
            where beamline = $1
              and ($2::text is null or scan_name = $2)
              and ($3::text is null or ended = $3)
              and ($4::text is null or account = $4)
              and ($5::text is null or contents @> jsonb_build_array(jsonb_build_object('device', $5::text)))
              and ($6::text is null or position(lower($6) in lower(coalesce(title, '') || ' ' || coalesce(sample, ''))) > 0)
              and ($7::timestamptz is null or started_at >= $7)
              and ($8::timestamptz is null or started_at < $8)
              and ($11::text is null or scan_group::text = $11 or group_name = $11)
              and ($12::integer is null or dataset = $12)
            order by number desc offset $9 limit $10
            """);
        command.Parameters.Add(Of(beamline));
        command.Parameters.Add(Of(query.Name));
        command.Parameters.Add(Of(query.End?.ToString()));
        command.Parameters.Add(Of(query.Account));
        command.Parameters.Add(Of(query.Device));
        command.Parameters.Add(Of(query.Text));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)query.After?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)query.Before?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Math.Max(0, query.Offset) });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Math.Clamp(query.Limit, 1, 1000) });
        command.Parameters.Add(Of(query.Group));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)query.Dataset ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<HistoryItem> items = [];
        long total = 0;
        while (await reader.ReadAsync(cancel))
        {
            items.Add(await ReadAsync(reader, cancel));
            total = reader.GetInt64(18);
        }

        return new HistoryPage(items, total);
    }

    /// <summary>A recorded scan with what is in its file; null when there is none.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="scan">A number, <c>S01234</c> or an id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<HistoryItem?> FindAsync(string beamline, string scan, CancellationToken cancel)
    {
        var isId = Guid.TryParse(scan, out var id);
        if (!int.TryParse(scan.TrimStart('S', 's'), out var number) && !isId)
        {
            return null;
        }

        await using var command = database.Source.CreateCommand(
            $"select {Columns}, contents::text from scan_history where beamline = $1 and (scan = $2 or number = $3) limit 1");
        command.Parameters.Add(Of(beamline));
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = isId ? -1 : number });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? await ReadAsync(reader, cancel) : null;
    }

    private static NpgsqlParameter Of(string? text) =>
        new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };

    private static async Task<HistoryItem> ReadAsync(NpgsqlDataReader reader, CancellationToken cancel) => new()
    {
        Scan = reader.GetGuid(0),
        Number = reader.GetInt32(1),
        Beamline = reader.GetString(2),
        Name = reader.GetString(3),
        End = Enum.Parse<ScanEnd>(reader.GetString(4)),
        Points = reader.GetInt64(5),
        StartedAt = await reader.GetFieldValueAsync<DateTimeOffset>(6, cancel),
        EndedAt = await reader.GetFieldValueAsync<DateTimeOffset>(7, cancel),
        File = Path.Combine(reader.GetString(8), reader.GetString(9)),
        Bytes = reader.GetInt64(10),
        Title = await TextAsync(reader, 11, cancel),
        Sample = await TextAsync(reader, 12, cancel),
        Account = await TextAsync(reader, 13, cancel),
        Dataset = await reader.IsDBNullAsync(14, cancel) ? null : reader.GetInt32(14),
        Group = await reader.IsDBNullAsync(15, cancel) ? null : reader.GetGuid(15),
        GroupName = await TextAsync(reader, 16, cancel),
        Contents = await TextAsync(reader, 17, cancel) is { } contents
            ? JsonSerializer.Deserialize(contents, HistoryJson.Default.IReadOnlyListRecordedSignal)
            : null,
    };

    private static async Task<string?> TextAsync(NpgsqlDataReader reader, int column, CancellationToken cancel) =>
        await reader.IsDBNullAsync(column, cancel) ? null : reader.GetString(column);
}

/// <summary>JSON of the history.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<RecordedSignal>))]
[JsonSerializable(typeof(HistoryItem))]
[JsonSerializable(typeof(HistoryPage))]
internal sealed partial class HistoryJson : JsonSerializerContext;

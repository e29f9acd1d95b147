using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>A scan that was started and whose files are not closed yet.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Beamline">The beamline.</param>
/// <param name="Number">The scan's number.</param>
/// <param name="Folder">The folder of its files.</param>
/// <param name="Prefix">How they begin.</param>
/// <param name="ScanName">The scan's name.</param>
/// <param name="OpenedAt">When it was started, UTC.</param>
/// <param name="Suffix">What its master file's name ends with; null for nothing.</param>
internal sealed record RecordingRow(
    Guid Scan, string Beamline, int Number, string Folder, string Prefix, string ScanName, DateTimeOffset OpenedAt,
    string? Suffix = null)
{
    /// <summary>Where its files lie.</summary>
    public RecordingFolder Place => new(Folder, Prefix, Suffix);
}

/// <summary>What the database keeps of recordings: those not closed yet, and in the ledger the closed ones.</summary>
/// <param name="database">The database.</param>
/// <param name="ledger">The ledger.</param>
internal sealed class RecordingStore(BeamtimeDatabase database, LedgerStore ledger)
{
    private const int NameTimeoutSeconds = 2;

    /// <summary>The stream of recordings in the ledger; its id is the scan's.</summary>
    public static readonly StreamKind<RecordingClosed, RecordingClosed> Kind = new(
        "recording",
        foldVersion: 1,
        static (_, entry) => entry.Data,
        new EntryTypes<RecordingClosed>().Add("recording.closed", 1, RecordingJson.Default.RecordingClosed),
        RecordingJson.Default.RecordingClosed,
        static closed => new RecordIndex(closed.Beamline, closed.Number, closed.ScanName, closed.End.ToString()),
        RecordingWords.Of);

    /// <summary>Notes, in the transaction that starts a scan, that its recording must be closed one day.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="row">The recording.</param>
    /// <param name="cancel">Gives up.</param>
    public static Task OpenAsync(DatabaseTransaction transaction, RecordingRow row, CancellationToken cancel)
    {
        transaction.BeforeCommit(
            """
            insert into open_recordings (scan, beamline, number, folder, prefix, scan_name, opened_at, suffix)
            values ($1, $2, $3, $4, $5, $6, $7, nullif($8, ''))
            """,
            row.Scan, row.Beamline, row.Number, row.Folder, row.Prefix, row.ScanName, row.OpenedAt, row.Suffix ?? "");
        return Task.CompletedTask;
    }

    /// <summary>Forgets, in a transaction, a recording that never began.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>False when it was not open.</returns>
    public static async Task<bool> ForgetAsync(DatabaseTransaction transaction, Guid scan, CancellationToken cancel)
    {
        await using var command = transaction.Command("delete from open_recordings where scan = $1", scan);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    /// <summary>Enters a closed recording into the ledger, once however often it is called.</summary>
    /// <param name="closed">The recording.</param>
    /// <param name="cancel">Gives up.</param>
    public Task CloseAsync(RecordingClosed closed, CancellationToken cancel)
    {
        // Before the transaction: none waits for a disk.
        var contents = RecordingContents.Read(closed);
        return CloseAsync(closed, contents, cancel);
    }

    private Task CloseAsync(RecordingClosed closed, IReadOnlyList<RecordedSignal> contents, CancellationToken cancel) =>
        database.TransactAsync(
        async transaction =>
        {
            // The row is the permission to register: whoever deletes it does, and nobody after.
            if (await ForgetAsync(transaction, closed.Scan, cancel))
            {
                var id = closed.Scan.ToString();
                await ledger.AppendAsync(
                    transaction, Kind, id, 0, [closed], Why.BySystem("the files of the scan are closed", id, $"scan {id}"), cancel);
                await HistoryStore.AddAsync(transaction, closed, contents, cancel);
            }
        },
        cancel);

    /// <summary>The recordings of a beamline that are not closed, in the order of their numbers.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<IReadOnlyList<RecordingRow>> ListOpenAsync(string beamline, CancellationToken cancel) =>
        ListOpenAsync("beamline = $1", new Npgsql.NpgsqlParameter<string> { TypedValue = beamline }, cancel);

    /// <summary>The recording of a scan; null when it is closed, or there is none.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<RecordingRow?> FindOpenAsync(Guid scan, CancellationToken cancel) =>
        await ListOpenAsync("scan = $1", new Npgsql.NpgsqlParameter<Guid> { TypedValue = scan }, cancel) is [var row] ? row : null;

    private async Task<IReadOnlyList<RecordingRow>> ListOpenAsync(
        string condition, Npgsql.NpgsqlParameter parameter, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            select scan, beamline, number, folder, prefix, scan_name, opened_at, suffix
            from open_recordings where {condition} order by number
            """);
        command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<RecordingRow>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new RecordingRow(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetInt32(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                await reader.GetFieldValueAsync<DateTimeOffset>(6, cancel),
                await reader.IsDBNullAsync(7, cancel) ? null : reader.GetString(7)));
        }

        return rows;
    }

    /// <summary>The name of a person; null for one who was erased, or while the database does not answer.</summary>
    /// <param name="person">The person.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<string?> NameOfAsync(PersonId person, CancellationToken cancel)
    {
        try
        {
            await using var command = database.Source.CreateCommand("select name from people where id = $1");
            command.CommandTimeout = NameTimeoutSeconds;
            command.Parameters.Add(new Npgsql.NpgsqlParameter<Guid> { TypedValue = person.Value });
            return await command.ExecuteScalarAsync(cancel) as string;
        }
        catch (System.Data.Common.DbException)
        {
            // A scan that has begun goes on without the database; its file then tells the person's id.
            return null;
        }
    }

    /// <summary>Whether nothing of a scan is left to be recorded: its files are registered, or it never had any.</summary>
    /// <param name="scan">The scan's id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<bool> IsSettledAsync(Guid scan, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select not exists (select from open_recordings where scan = $1)");
        command.Parameters.Add(new Npgsql.NpgsqlParameter<Guid> { TypedValue = scan });
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The closed recording of a scan; null while it is not closed and registered.</summary>
    /// <param name="scan">The scan's id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<RecordingClosed?> FindClosedAsync(Guid scan, CancellationToken cancel) =>
        (await ledger.LoadAsync(Kind, scan.ToString(), cancel)).State;
}

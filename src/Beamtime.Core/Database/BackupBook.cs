using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>A backup that was made.</summary>
/// <param name="MadeAt">The moment that it shows, UTC.</param>
/// <param name="Host">The machine on which it was written.</param>
/// <param name="Path">Its folder there; it may have been carried away since.</param>
/// <param name="Bytes">The size of its dump.</param>
internal sealed record NotedBackup(DateTimeOffset MadeAt, string Host, string Path, long Bytes);

/// <summary>Notes in the database which backups were made of it; the newest hundred are kept.</summary>
internal static class BackupBook
{
    private const int Kept = 100;

    /// <summary>Notes a backup, in a connection of the owner.</summary>
    /// <param name="login">The owner's login.</param>
    /// <param name="made">The backup.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>False where the database has no such book yet, because its migrations are pending.</returns>
    public static async Task<bool> NoteAsync(NpgsqlConnectionStringBuilder login, BackupFolder made, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(login.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancel);
        if (!await ExistsAsync(connection, cancel))
        {
            return false;
        }

        await using var note = new NpgsqlCommand("insert into backups (made_at, host, path, bytes) values ($1, $2, $3, $4)", connection);
        note.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = made.Manifest.MadeAt });
        note.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Environment.MachineName });
        note.Parameters.Add(new NpgsqlParameter<string> { TypedValue = made.Path });
        note.Parameters.Add(new NpgsqlParameter<long> { TypedValue = made.Manifest.DumpBytes });
        await note.ExecuteNonQueryAsync(cancel);
        await using var prune = new NpgsqlCommand("delete from backups where id <= (select max(id) - $1 from backups)", connection);
        prune.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Kept });
        await prune.ExecuteNonQueryAsync(cancel);
        return true;
    }

    /// <summary>The newest backup that was noted; null for none.</summary>
    /// <param name="connection">A connection to the database.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<NotedBackup?> NewestAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (!await ExistsAsync(connection, cancel))
        {
            return null;
        }

        await using var ask = new NpgsqlCommand("select made_at, host, path, bytes from backups order by made_at desc, id desc limit 1", connection);
        await using var reader = await ask.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new NotedBackup(new DateTimeOffset(reader.GetDateTime(0)), reader.GetString(1), reader.GetString(2), reader.GetInt64(3))
            : null;
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var exists = new NpgsqlCommand("select to_regclass('backups') is not null", connection);
        return (bool)(await exists.ExecuteScalarAsync(cancel))!;
    }
}

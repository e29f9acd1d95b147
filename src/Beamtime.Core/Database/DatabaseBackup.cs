using System.Data;
using System.Globalization;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Makes backups by PostgreSQL's own programs, also beside a running program: dump, counts and sums show one moment, by one
/// exported snapshot. It is read-only and takes no transaction number, so that no reader of the ledger waits for it.
/// </summary>
/// <param name="login">The database and its owner's login.</param>
/// <param name="program">The version of this program.</param>
/// <param name="time">The clock.</param>
internal sealed class DatabaseBackup(NpgsqlConnectionStringBuilder login, string program, TimeProvider time)
{
    /// <summary>Makes a backup.</summary>
    /// <param name="path">Its place, or a folder in which it gets a name of its own.</param>
    /// <param name="cancel">Gives up; nothing stays.</param>
    /// <exception cref="RefusedException">The place or the programs cannot be used, or the database was never migrated.</exception>
    /// <exception cref="FaultException">The dump failed; nothing stays.</exception>
    public async Task<BackupFolder> MakeAsync(string path, CancellationToken cancel)
    {
        var target = BackupFolder.Target(path, time.GetUtcNow());
        var (folder, held) = BackupFolder.Begin(target);
        using (held)
        {
            try
            {
                var manifest = await DumpAsync(BackupFolder.DumpIn(folder), cancel);
                return await BackupFolder.CompleteAsync(folder, target, manifest, cancel);
            }
            catch (IOException error) when ((error.HResult & 0xffff) == 28)
            {
                throw BackupErrors.DiskFull.Fault($"{folder}: {error.Message}", error);
            }
            finally
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        }
    }

    private async Task<BackupManifest> DumpAsync(string dump, CancellationToken cancel)
    {
        // One long connection of its own, not of the pool that ends idle transactions.
        var own = new NpgsqlConnectionStringBuilder(login.ConnectionString) { Pooling = false, CommandTimeout = 0 };
        await using var connection = new NpgsqlConnection(own.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel);
        await ExecuteAsync(connection, "set transaction read only; set local idle_in_transaction_session_timeout = 0", cancel);
        await using var ask = new NpgsqlCommand(
            "select pg_export_snapshot(), current_setting('server_version_num')::int / 10000, to_regclass('public.ledger_epoch') is not null",
            connection);
        string snapshot;
        int server;
        await using (var reader = await ask.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            (snapshot, server) = (reader.GetString(0), reader.GetInt32(1));
            if (!reader.GetBoolean(2))
            {
                throw new RefusedException(BackupErrors.Damaged.Because($"database {login.Database} was never migrated; there is nothing to back up"));
            }
        }

        var at = time.GetUtcNow();
        var tools = await PostgresProgram.ForAsync(server, login, cancel);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var dumping = tools.RunAsync(
            "pg_dump",
            [$"--snapshot={snapshot}", "--format=custom", "--compress=3", "--no-password", $"--file={dump}"],
            failed.Token);
        try
        {
            var manifest = await DescribeAsync(connection, at, server, cancel);
            await dumping;
            return manifest;
        }
        catch
        {
            // What failed first is what is said; the dump has ended when this returns.
            await failed.CancelAsync();
            await Task.WhenAny(dumping);
            throw;
        }
    }

    private async Task<BackupManifest> DescribeAsync(
        NpgsqlConnection connection, DateTimeOffset at, int server, CancellationToken cancel)
    {
        List<BackupMigration> migrations = [];
        await using (var read = new NpgsqlCommand("select number, name, sha256 from migrations order by number", connection))
        {
            await using var reader = await read.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                migrations.Add(new BackupMigration(reader.GetInt32(0), reader.GetString(1), reader.GetString(2)));
            }
        }

        await using var epoch = new NpgsqlCommand("select epoch from ledger_epoch", connection);
        return new BackupManifest
        {
            Format = BackupManifest.FormatName,
            Version = BackupManifest.FormatVersion,
            MadeAt = at,
            Program = program,
            Server = server,
            Epoch = Convert.ToInt32(await epoch.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture),
            MasterKey = "left out",
            Migrations = migrations,
            Tables = await TableSums.ReadAsync(connection, cancel),
            DumpBytes = 0,
            DumpSha256 = "",
        };
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}

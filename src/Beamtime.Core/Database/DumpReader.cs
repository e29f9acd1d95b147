using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>Brings a dump into an empty database: whole or not at all.</summary>
internal static class DumpReader
{
    // As the first migration says it; in the dump it names the former owner, who may be another one here.
    private const string DefaultRights =
        """
        alter default privileges in schema public grant select, insert, update, delete on tables to beamtime_program;
        alter default privileges in schema public grant usage, select on sequences to beamtime_program;
        """;

    /// <summary>Reads the dump into the database.</summary>
    /// <param name="dump">The dump, in PostgreSQL's custom format.</param>
    /// <param name="server">The server's major version.</param>
    /// <param name="login">The empty database and its owner's login; the role beamtime_program exists.</param>
    /// <param name="cancel">Gives up; the database stays empty.</param>
    public static async Task ReadAsync(string dump, int server, NpgsqlConnectionStringBuilder login, CancellationToken cancel)
    {
        var tools = await PostgresProgram.ForAsync(server, login, cancel);
        var wanted = Path.Combine(Path.GetTempPath(), $"beamtime-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}.list");
        try
        {
            var contents = await tools.RunAsync("pg_restore", ["--list", dump], cancel);
            await File.WriteAllLinesAsync(
                wanted,
                contents.Split('\n').Where(line => !line.Contains(" DEFAULT ACL ", StringComparison.Ordinal)),
                cancel);
            await tools.RunAsync(
                "pg_restore",
                [
                    "--no-owner", "--single-transaction", "--exit-on-error", "--no-password", $"--use-list={wanted}",
                    $"--dbname={login.Database}", dump,
                ],
                cancel);
        }
        finally
        {
            File.Delete(wanted);
        }

        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(login.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var grant = new NpgsqlCommand(DefaultRights, connection);
        await grant.ExecuteNonQueryAsync(cancel);
        await using var analyze = new NpgsqlCommand("analyze", connection) { CommandTimeout = 0 };
        await analyze.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>In what a database differs from a backup.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="login">The database and its owner's login.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<string>> CompareAsync(
        BackupManifest backup, NpgsqlConnectionStringBuilder login, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(login.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancel);
        return TableSums.Differences(backup.Tables, await TableSums.ReadAsync(connection, cancel));
    }
}

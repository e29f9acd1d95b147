using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>The databases that restores have replaced, on a server that runs.</summary>
internal static class FormerDatabases
{
    /// <summary>Their names, the oldest first.</summary>
    /// <param name="options">Where the database is.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<string>> ListAsync(DatabaseOptions options, CancellationToken cancel)
    {
        await using var connection = await OpenAsync(options, cancel);
        await using var command = new NpgsqlCommand(
            "select datname::text from pg_database where starts_with(datname::text, $1) order by 1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Prefix(options) });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<string> names = [];
        while (await reader.ReadAsync(cancel))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>Removes one for good.</summary>
    /// <param name="options">Where the database is.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">There is no former database of that name.</exception>
    public static async Task DiscardAsync(DatabaseOptions options, string name, CancellationToken cancel)
    {
        var known = await ListAsync(options, cancel);
        if (!known.Contains(name))
        {
            throw new RefusedException(BackupErrors.FormerUnknown.Because(
                $"there is no former database '{name}'; there are {(known.Count == 0 ? "none" : string.Join(", ", known))}"));
        }

        await using var connection = await OpenAsync(options, cancel);
        await using var command = new NpgsqlCommand($"drop database {RestoreServer.Quoted(name)}", connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static string Prefix(DatabaseOptions options) => OwnerLogin.Of(options).Database + DatabaseRestore.FormerMark;

    private static async Task<NpgsqlConnection> OpenAsync(DatabaseOptions options, CancellationToken cancel)
    {
        var login = OwnerLogin.Of(options, "postgres");
        login.Pooling = false;
        var connection = new NpgsqlConnection(login.ConnectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }
}

using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>The owner's login to the database that the options name, for PostgreSQL's own programs.</summary>
internal static class OwnerLogin
{
    /// <summary>The login: of the URL, or over the socket of the private cluster that runs.</summary>
    /// <param name="options">Where the database is.</param>
    /// <exception cref="Sdk.Errors.FaultException"><c>database.owner.absent</c>.</exception>
    /// <param name="database">Another database of the server; null for the one that is named.</param>
    public static NpgsqlConnectionStringBuilder Of(DatabaseOptions options, string? database = null)
    {
        NpgsqlConnectionStringBuilder login;
        if (options.Url is { Length: > 0 } url)
        {
            login = DatabaseUrl.Parse(url);
        }
        else if (options.IsExternal)
        {
            throw DatabaseErrors.OwnerAbsent.Fault("only DATABASE_PROGRAM_URL is set, which names no owner");
        }
        else
        {
            var folder = ClusterFolder.For(options);
            var socket = FolderLock.ReadHolder(folder.Root).SocketFolder ?? folder.SocketFolder;
            login = (folder with { SocketFolder = socket }).Connection(ClusterFolder.Owner, ClusterFolder.Owner);
        }

        login.Database = database ?? login.Database;
        login.ApplicationName = "beamtime backup";
        return login;
    }
}

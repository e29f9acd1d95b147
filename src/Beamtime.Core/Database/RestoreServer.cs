using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>The server that a database is restored on, as its owner and for itself: a private cluster, held and started for it, or a facility's.</summary>
internal sealed class RestoreServer : IAsyncDisposable
{
    /// <summary>The name of its own connections, which end a moment after they are closed.</summary>
    public const string ConnectionName = "beamtime restore";

    // No database can be renamed from within; any server has this one.
    private const string Outside = "postgres";
    private readonly DatabaseOptions _options;
    private readonly PrivateCluster? _cluster;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;

    private RestoreServer(DatabaseOptions options, PrivateCluster? cluster, TimeProvider time, ILoggerFactory logs) =>
        (_options, _cluster, _time, _logs) = (options, cluster, time, logs);

    /// <summary>The database that the options name.</summary>
    public string Name => OwnerLogin.Of(_options).Database!;

    /// <summary>Where the private cluster lies; null on a facility's server.</summary>
    public string? DataFolder => _cluster?.Folder.Root;

    /// <summary>Opens the server.</summary>
    /// <param name="options">Where the database is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Takes the server's own words.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">The folder is held by a program, or cannot be used.</exception>
    public static async Task<RestoreServer> OpenAsync(
        DatabaseOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        var cluster = options.Url is { Length: > 0 }
            ? null
            : await PrivateCluster.StartAsync(options, time, logs.CreateLogger<PrivateCluster>(), cancel);
        RestoreServer server = new(options, cluster, time, logs);
        try
        {
            await server.RequireProgramRoleAsync(cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    // An owner on a facility's server may be able to connect to its own database alone.
    private string AnyDatabase => _cluster is null ? Name : Outside;

    /// <summary>The owner's login to one of its databases.</summary>
    /// <param name="name">The database; null for the one that is named.</param>
    public NpgsqlConnectionStringBuilder Login(string? name = null)
    {
        var login = OwnerLogin.Of(_options, name);
        login.ApplicationName = ConnectionName;
        return login;
    }

    /// <summary>Opens a database as the program does.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<BeamtimeDatabase> OpenDatabaseAsync(string name, CancellationToken cancel) => _cluster is { } cluster
        ? BeamtimeDatabase.On(cluster, name, _options, _time, _logs)
        : await BeamtimeDatabase.OpenAsync(new DatabaseOptions { Url = Login(name).ConnectionString }, _time, _logs, cancel);

    /// <summary>The server's major version.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<int> MajorAsync(CancellationToken cancel) =>
        (int)(await AskAsync(AnyDatabase, "select current_setting('server_version_num')::int / 10000", cancel))!;

    /// <summary>Whether a database is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<bool> HasAsync(string name, CancellationToken cancel) =>
        await AskAsync(AnyDatabase, $"select 1 from pg_database where datname = {Literal(name)}", cancel) is not null;

    /// <summary>Whether the owner may make databases.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<bool> MayCreateAsync(CancellationToken cancel) =>
        (bool)(await AskAsync(AnyDatabase, "select rolcreatedb or rolsuper from pg_roles where rolname = current_user", cancel))!;

    /// <summary>Databases whose names begin so, sorted.</summary>
    /// <param name="prefix">The beginning.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<string>> NamesAsync(string prefix, CancellationToken cancel) =>
        (string[])(await AskAsync(
            AnyDatabase,
            $"select coalesce(array_agg(datname::text order by datname), '{{}}') from pg_database where starts_with(datname::text, {Literal(prefix)})",
            cancel))!;

    /// <summary>The value that a query gives in a database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="sql">The query, or statements.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<object?> AskAsync(string database, string sql, CancellationToken cancel)
    {
        var login = Login(database);
        login.Pooling = false;
        await using var connection = new NpgsqlConnection(login.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(cancel);
    }

    /// <summary>Makes an empty database; removes one that an interrupted attempt left under the name.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task CreateAsync(string name, CancellationToken cancel)
    {
        await DropAsync(name, cancel);
        await AskAsync(AnyDatabase, $"create database {Quoted(name)} template template0", cancel);
    }

    /// <summary>Removes a database, where it is there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Gives up.</param>
    public Task DropAsync(string name, CancellationToken cancel) =>
        AskAsync(name == AnyDatabase ? Outside : AnyDatabase, $"drop database if exists {Quoted(name)}", cancel);

    /// <summary>Puts one database in the place of another in one step.</summary>
    /// <param name="name">The new one, nobody connected to it.</param>
    /// <param name="place">The place.</param>
    /// <param name="former">The name of what was there; null when nothing was.</param>
    /// <param name="cancel">Gives up.</param>
    public Task SwapAsync(string name, string place, string? former, CancellationToken cancel) => AskAsync(
        Outside,
        (former is null ? "" : $"alter database {Quoted(place)} rename to {Quoted(former)}; ")
        + $"alter database {Quoted(name)} rename to {Quoted(place)}",
        cancel);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A name as SQL has it.</summary>
    /// <param name="name">The name.</param>
    public static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private async Task RequireProgramRoleAsync(CancellationToken cancel)
    {
        if (_cluster is { } cluster)
        {
            await cluster.CreateProgramRoleAsync(cancel);
            return;
        }

        try
        {
            await AskAsync(
                AnyDatabase,
                $"""
                do $$
                begin
                    if not exists (select from pg_roles where rolname = '{ClusterFolder.Program}') then
                        create role {ClusterFolder.Program};
                    end if;
                end
                $$
                """,
                cancel);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new RefusedException(DatabaseErrors.RoleMissing.Because(error.MessageText));
        }
    }
}

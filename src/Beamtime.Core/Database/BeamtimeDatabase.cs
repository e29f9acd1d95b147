using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// The one durable store of records, open: a private cluster that runs with the program, or a database that
/// <c>DATABASE_URL</c> names.
/// </summary>
internal sealed class BeamtimeDatabase : IAsyncDisposable
{
    private readonly PrivateCluster? _cluster;
    private readonly NpgsqlDataSource? _owner;
    private readonly Func<ValueTask> _closed;
    private readonly ILogger _log;

    private BeamtimeDatabase(
        PrivateCluster? cluster, NpgsqlConnectionStringBuilder? owner, NpgsqlConnectionStringBuilder program,
        TimeProvider time, ILoggerFactory logs, Func<ValueTask>? closed = null)
    {
        _cluster = cluster;
        _closed = closed ?? (() => ValueTask.CompletedTask);
        _log = logs.CreateLogger<BeamtimeDatabase>();
        _owner = owner is null ? null : Named("owner", owner);
        Source = Named("program", program);
        Notifier = new Notifier(Source, time, logs.CreateLogger<Notifier>());
        Listener = new NotificationListener(program, time, logs.CreateLogger<NotificationListener>());
    }

    /// <summary>Connections as the role that the program works as; it cannot change or delete what the ledger holds.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Connections as the owner of the tables: for migrations and administration alone.</summary>
    /// <exception cref="FaultException"><c>database.owner.absent</c>: the program has its own login alone.</exception>
    public NpgsqlDataSource Owner => _owner ?? throw DatabaseErrors.OwnerAbsent.Fault(
        "only DATABASE_PROGRAM_URL is set, which names no owner");

    /// <summary>True where this process holds the owner's login, so that it can migrate.</summary>
    public bool HasOwner => _owner is not null;

    /// <summary>Announces commits.</summary>
    public Notifier Notifier { get; }

    /// <summary>Hears announced commits.</summary>
    public NotificationListener Listener { get; }

    /// <summary>The data folder of the private cluster, also where another program runs that; null on a facility's server.</summary>
    public string? DataFolder { get; private init; }

    /// <summary>The private cluster that it lies in, null where another program runs it.</summary>
    public PrivateCluster? Cluster => _cluster;

    /// <summary>Opens the database that the options name; starts the private cluster where they name none.</summary>
    /// <exception cref="RefusedException">The options, the folder or the server cannot be used; every reason.</exception>
    public static async Task<BeamtimeDatabase> OpenAsync(
        DatabaseOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        if (options.IsExternal)
        {
            var logins = ServerLogin.Of(options);
            await new ServerCheck(logins).RequireAsync(cancel);
            return new BeamtimeDatabase(
                null,
                logins.Owner is null ? null : Tune(logins.Owner, options, 4),
                Tune(logins.Program, options, options.PoolSize),
                time,
                logs);
        }

        var cluster = await PrivateCluster.StartAsync(options, time, logs.CreateLogger<PrivateCluster>(), cancel);
        try
        {
            await EnsureDatabaseAsync(cluster, ClusterFolder.Owner, cancel);
            return On(cluster, ClusterFolder.Owner, options, time, logs, cluster.DisposeAsync);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Opens the database beside a program that already runs its private cluster, over that cluster's socket; starts
    /// the cluster where none runs. For local commands.
    /// </summary>
    public static async Task<BeamtimeDatabase> OpenBesideAsync(
        DatabaseOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken cancel)
    {
        try
        {
            return await OpenAsync(options, time, logs, cancel);
        }
        catch (RefusedException refused) when (refused.Reasons is [var only] && only.Code == DatabaseErrors.FolderLocked.Code)
        {
            var folder = ClusterFolder.For(options);
            if (FolderLock.ReadHolder(folder.Root).SocketFolder is not { Length: > 0 } socket)
            {
                throw;
            }

            var running = folder with { SocketFolder = socket };
            return new BeamtimeDatabase(
                null,
                Tune(running.Connection(ClusterFolder.Owner, ClusterFolder.Owner), options, 4),
                Tune(running.Connection(ClusterFolder.Program, ClusterFolder.Owner), options, options.PoolSize),
                time,
                logs)
            {
                DataFolder = folder.Root,
            };
        }
    }

    /// <summary>Opens one database of a cluster that runs; <paramref name="closed"/> is called once it is closed.</summary>
    internal static BeamtimeDatabase On(
        PrivateCluster cluster, string name, DatabaseOptions options, TimeProvider time, ILoggerFactory logs,
        Func<ValueTask>? closed = null) => new(
            cluster,
            Tune(cluster.Folder.Connection(ClusterFolder.Owner, name), options, 4),
            Tune(cluster.Folder.Connection(ClusterFolder.Program, name), options, options.PoolSize),
            time,
            logs,
            closed)
        {
            DataFolder = cluster.Folder.Root,
        };

    /// <summary>
    /// Applies what the database lacks, as the owner; how many migrations were applied. A program that is not the owner
    /// demands that nothing is lacking. Either way the program's role must be unable to change the ledger.
    /// </summary>
    /// <exception cref="RefusedException">The database was shaped by another program, or the program has too many rights.</exception>
    public async Task<int> MigrateAsync(MigrationSet migrations, CancellationToken cancel)
    {
        var migrator = new Migrator(migrations, _log);
        var applied = 0;
        if (_owner is not null)
        {
            applied = await migrator.ApplyAsync(_owner, cancel);
        }
        else
        {
            await migrator.RequireAsync(Source, cancel);
        }

        await RequireLedgerSafeAsync(cancel);
        return applied;
    }

    private async Task RequireLedgerSafeAsync(CancellationToken cancel)
    {
        await using var ask = Source.CreateCommand(
            """
            select current_user::text, array(
                select right_name from unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as right_name
                where has_table_privilege(to_regclass('public.entries'), right_name))
            """);
        await using var reader = await ask.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        if (await reader.GetFieldValueAsync<string[]>(1, cancel) is { Length: > 0 } rights)
        {
            throw new RefusedException(DatabaseErrors.ProgramRights.Because(
                $"{reader.GetString(0)} has {string.Join(", ", rights)} on the ledger"));
        }
    }

    /// <summary>Begins a transaction; dispose it, and commit it before.</summary>
    public async Task<DatabaseTransaction> BeginAsync(CancellationToken cancel)
    {
        var connection = await Source.OpenConnectionAsync(cancel);
        try
        {
            return new DatabaseTransaction(connection, await connection.BeginTransactionAsync(cancel), Notifier);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does something in one transaction and commits it; rolled back when it throws.</summary>
    public async Task<T> TransactAsync<T>(Func<DatabaseTransaction, Task<T>> work, CancellationToken cancel)
    {
        try
        {
            await using var transaction = await BeginAsync(cancel);
            var result = await work(transaction);
            await transaction.CommitAsync(cancel);
            return result;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DiskFull)
        {
            throw DiskFull(error);
        }
    }

    /// <summary>Does something in one transaction and commits it; rolled back when it throws.</summary>
    public Task TransactAsync(Func<DatabaseTransaction, Task> work, CancellationToken cancel) => TransactAsync(
        async transaction =>
        {
            await work(transaction);
            return true;
        },
        cancel);

    /// <summary>The fault for a statement that found the disk full; gives up the reserve, so that a later one can work.</summary>
    public FaultException DiskFull(PostgresException error)
    {
        _cluster?.ReleaseReserve();
        return DatabaseErrors.FolderFull.Fault($"the database's disk is full: {error.MessageText}", error);
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        await Notifier.DisposeAsync();
        await Source.DisposeAsync();
        if (_owner is not null)
        {
            await _owner.DisposeAsync();
        }

        await _closed();
    }

    private static async Task EnsureDatabaseAsync(PrivateCluster cluster, string name, CancellationToken cancel)
    {
        // Asked rather than tried: a connection to a database that is not there leaves a FATAL line in the server's log.
        var administration = cluster.Folder.Connection(ClusterFolder.Owner, "postgres");
        administration.Pooling = false;
        await using var connection = new NpgsqlConnection(administration.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection);
        exists.Parameters.AddWithValue(name);
        if (await exists.ExecuteScalarAsync(cancel) is null)
        {
            await cluster.CreateProgramRoleAsync(cancel);
            await using var create = new NpgsqlCommand($"create database {name}", connection);
            await create.ExecuteNonQueryAsync(cancel);
        }
    }

    // The name is the pool's in the metrics; without one it would be the connection string.
    private static NpgsqlDataSource Named(string name, NpgsqlConnectionStringBuilder connection) =>
        new NpgsqlDataSourceBuilder(connection.ConnectionString) { Name = name }.Build();

    private static NpgsqlConnectionStringBuilder Tune(
        NpgsqlConnectionStringBuilder connection, DatabaseOptions options, int poolSize)
    {
        var limit = (long)options.IdleTransactionLimit.TotalMilliseconds;
        connection.Options = $"{connection.Options} -c idle_in_transaction_session_timeout={limit}".Trim();
        connection.MaxPoolSize = poolSize;
        connection.MaxAutoPrepare = 64;
        connection.AutoPrepareMinUsages = 2;
        // The reset between two users of a connection would also take back the role; nothing here keeps session state.
        connection.NoResetOnClose = true;
        connection.ApplicationName ??= "beamtime";
        return connection;
    }
}

using System.Reflection;
using Beamtime.Core.Database;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Beamtime.Tests.Support;

/// <summary>
/// Fresh databases for tests: one private cluster for the test process, started at the first use and gone with it, and
/// in it a copy of a migrated template for each call. A test that stops PostgreSQL or keeps a transaction open takes a
/// cluster of its own from <see cref="CreateClusterAsync"/>.
/// </summary>
internal static class TestDatabase
{
    private const string Template = "template_beamtime";
    private static readonly Lock StartLock = new();
    private static Task<TestCluster>? _shared;
    private static Task<string>? _migrated;
    private static int _number;

    /// <summary>All migrations of the program.</summary>
    public static MigrationSet Migrations { get; } = MigrationSet.Of(
        Assembly.Load("Beamtime.Core"), Assembly.Load("Beamtime.Control"), Assembly.Load("Beamtime.Data"));

    /// <summary>A migrated database of its own; dispose it to drop it.</summary>
    /// <param name="time">Clock of its notifications; the system's when absent.</param>
    /// <param name="pool">Connections at most.</param>
    public static async Task<BeamtimeDatabase> CreateAsync(TimeProvider? time = null, int pool = 16)
    {
        var cluster = await SharedAsync();
        var name = $"test_{Interlocked.Increment(ref _number)}";
        await cluster.CreateAsync(name, Template);
        return cluster.Open(name, time ?? TimeProvider.System, pool);
    }

    /// <summary>An empty database of its own, no migration applied.</summary>
    public static async Task<BeamtimeDatabase> CreateEmptyAsync()
    {
        var cluster = await SharedAsync();
        var name = $"test_{Interlocked.Increment(ref _number)}";
        await cluster.CreateAsync(name, "template1");
        return cluster.Open(name, TimeProvider.System);
    }

    /// <summary>Shifts the lease clock of a test database.</summary>
    public static async Task ShiftLeaseClockAsync(BeamtimeDatabase database, TimeSpan shift, CancellationToken cancel)
    {
        await using var command = database.Owner.CreateCommand(
            "insert into lease_clock_shift (shift) values ($1) on conflict (single) do update set shift = excluded.shift");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = shift });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Stops the shared cluster; a killed test process takes it along by its parent-death signal.</summary>
    public static async ValueTask EndAsync()
    {
        Task<TestCluster>? shared;
        Task<string>? migrated;
        lock (StartLock)
        {
            (shared, migrated) = (_shared, _migrated);
        }

        if (shared is { IsCompletedSuccessfully: true })
        {
            await (await shared).DisposeAsync();
        }

        if (migrated is { IsCompletedSuccessfully: true })
        {
            Directory.Delete(await migrated, recursive: true);
        }
    }

    /// <summary>Options for a cluster of a test's own in this folder.</summary>
    public static DatabaseOptions ClusterOptions(string folder, int pool = 16) => new()
    {
        DataFolder = folder,
        MaximumConnections = 200,
        PoolSize = pool,
        WithoutSync = true,
    };

    /// <summary>A running cluster of a test's own, made from a copy; its database is migrated.</summary>
    /// <param name="options">Where it lies; a folder that does not exist yet.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<BeamtimeDatabase> CreateClusterAsync(DatabaseOptions options, CancellationToken cancel)
    {
        Task<string> making;
        lock (StartLock)
        {
            making = _migrated ??= MakeMigratedAsync();
        }

        var template = await making;
        Directory.CreateDirectory(options.DataFolder!);
        if (await SystemTool.AskAsync(
            ["cp", "-a", Path.Combine(template, "postgres"), options.DataFolder!], cancel) is null)
        {
            throw new IOException($"{template} cannot be copied to {options.DataFolder}");
        }

        return await BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, cancel);
    }

    private static async Task<string> MakeMigratedAsync()
    {
        var folder = TemporaryFolder.Create("template");
        await using var database = await BeamtimeDatabase.OpenAsync(
            ClusterOptions(folder.Path), TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        await database.MigrateAsync(Migrations, CancellationToken.None);
        return folder.Path;
    }

    private static Task<TestCluster> SharedAsync()
    {
        lock (StartLock)
        {
            return _shared ??= StartAsync();
        }
    }

    private static async Task<TestCluster> StartAsync()
    {
        var folder = TemporaryFolder.Create("cluster");
        var options = ClusterOptions(folder.Path);
        var cluster = await PrivateCluster.StartAsync(
            options, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var result = new TestCluster(cluster, folder);
        await cluster.CreateProgramRoleAsync(CancellationToken.None);
        await result.CreateAsync(Template, "template1");
        await using (var template = BeamtimeDatabase.On(
            cluster, Template, options, TimeProvider.System, NullLoggerFactory.Instance))
        {
            await template.MigrateAsync(Migrations, CancellationToken.None);
        }

        return result;
    }

    private sealed class TestCluster(PrivateCluster cluster, TemporaryFolder folder) : IAsyncDisposable
    {
        private readonly SemaphoreSlim _one = new(1);
        private readonly NpgsqlDataSource _administration = NpgsqlDataSource.Create(
            cluster.Folder.Connection(ClusterFolder.Owner, "postgres"));

        public BeamtimeDatabase Open(string name, TimeProvider time, int pool = 16) => BeamtimeDatabase.On(
            cluster,
            name,
            ClusterOptions(folder.Path, pool),
            time,
            NullLoggerFactory.Instance,
            async () => await RunAsync($"drop database {name} with (force)"));

        public Task CreateAsync(string name, string template) =>
            RunAsync($"create database {name} template {template} strategy = file_copy");

        // One at a time: two copies of one template refuse each other.
        private async Task RunAsync(string sql)
        {
            await _one.WaitAsync();
            try
            {
                await using var command = _administration.CreateCommand(sql);
                await command.ExecuteNonQueryAsync();
            }
            finally
            {
                _one.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _administration.DisposeAsync();
            _one.Dispose();
            await cluster.DisposeAsync();
            folder.Dispose();
        }
    }
}

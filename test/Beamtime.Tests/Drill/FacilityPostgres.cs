using Beamtime.Core.Database;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Drill;

/// <summary>A PostgreSQL server as a facility runs one: nobody starts it again but the drill.</summary>
internal sealed class FacilityPostgres : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ClusterFolder _folder;
    private readonly DatabaseOptions _options;
    private readonly ClusterAccount _account;
    private readonly PostgresBinaries _binaries;
    private Postmaster? _server;

    private FacilityPostgres(ClusterFolder folder, DatabaseOptions options, ClusterAccount account, PostgresBinaries binaries) =>
        (_folder, _options, _account, _binaries) = (folder, options, account, binaries);

    /// <summary>What DATABASE_URL names.</summary>
    public string Url => $"host={_folder.SocketFolder} port={ClusterFolder.Port} username={ClusterFolder.Owner} database={ClusterFolder.Owner}";

    /// <summary>Makes a durable server with a migrated database in a folder, and starts it.</summary>
    public static async Task<FacilityPostgres> StartAsync(string folder, CancellationToken cancel)
    {
        var options = new DatabaseOptions { DataFolder = folder, MaximumConnections = 300 };
        await using (await TestDatabase.CreateClusterAsync(options, cancel))
        {
            // Made and stopped in order.
        }

        var places = ClusterFolder.For(options);
        var server = new FacilityPostgres(
            places,
            options,
            await ClusterAccount.FindAsync(cancel) ?? throw new InvalidOperationException("No account for PostgreSQL."),
            (await PostgresBinaries.FindAsync(cancel))[0]);
        await server.StartAgainAsync(cancel);
        return server;
    }

    /// <summary>Starts it, recovery included.</summary>
    public async Task StartAgainAsync(CancellationToken cancel)
    {
        _folder.PrepareSocketFolder(_account);
        _server = await Postmaster.StartAsync(
            _account,
            [_binaries.Postgres, .. ServerSettings.Arguments(_folder, _options)],
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
            static () => { });
        await _server.ReadyAsync(_folder.Cluster, Patience, cancel);
    }

    /// <summary>Kills the server and everything below it, as a power cut would.</summary>
    public async Task KillAsync()
    {
        Posix.Signal(_server!.Pid, Posix.SignalKill);
        await _server.Exited;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(TimeSpan.FromSeconds(10));
        }
    }
}

using Beamtime.Core.Database;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Beamtime.Tests.Database;

/// <summary>
/// A server as a facility runs one: logins with passwords, among them an owner of one database. It is a cluster of the
/// tests' own whose rules of connecting are changed.
/// </summary>
public sealed class FacilityServer : IAsyncLifetime
{
    public const string Password = "p@ss/w:rd%";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("facility");
    private BeamtimeDatabase? _cluster;
    private int _databases;

    internal BeamtimeDatabase Cluster => _cluster!;

    private string Socket => Cluster.Cluster!.Folder.SocketFolder;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(_folder["data"]), CancellationToken.None);
        var logins = "owner_of_tables, app, stranger, mighty, maker";
        await RunAsync(
            $"""
            create role owner_of_tables login createrole password '{Password}';
            create role app login noinherit password '{Password}' in role beamtime_program;
            create role stranger login password '{Password}';
            create role mighty login password '{Password}' in role beamtime_program, owner_of_tables;
            create role maker login createrole password '{Password}' in role beamtime_program;
            grant beamtime_program to owner_of_tables;
            """);
        await File.WriteAllTextAsync(
            Path.Combine(Cluster.Cluster!.Folder.Cluster, "pg_hba.conf"),
            $"local all {logins.Replace(" ", "", StringComparison.Ordinal)} scram-sha-256\nlocal all all peer map=beamtime\n");
        await RunAsync("select pg_reload_conf()");
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>An empty database that <c>owner_of_tables</c> owns; its name.</summary>
    internal async Task<string> CreateDatabaseAsync(string options = "")
    {
        var name = $"test_facility_{Interlocked.Increment(ref _databases)}";
        await RunAsync($"create database {name} owner owner_of_tables {options}");
        return name;
    }

    internal string UrlOf(string user, string database, string? host = null) =>
        $"postgresql://{user}:{Uri.EscapeDataString(Password)}@{Uri.EscapeDataString(host ?? Socket)}/{database}";

    /// <summary>Several hosts of which the first is no server.</summary>
    internal string UrlOfHosts(string user, string database) =>
        $"host={Socket}-absent,{Socket} dbname={database} user={user} password='{Password}'";

    internal static Task<BeamtimeDatabase> OpenAsync(string? owner, string? program = null) => BeamtimeDatabase.OpenAsync(
        new DatabaseOptions { Url = owner, ProgramUrl = program, PoolSize = 4 },
        TimeProvider.System,
        NullLoggerFactory.Instance,
        TestContext.Current.CancellationToken);

    internal async Task RunAsync(string sql)
    {
        await using var command = Cluster.Owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task RunInAsync(string database, string sql)
    {
        var connection = new NpgsqlConnectionStringBuilder(Cluster.Owner.ConnectionString) { Database = database, Pooling = false };
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

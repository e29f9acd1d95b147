using System.Net;
using System.Net.Sockets;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Roles;

/// <summary>Starts that must be refused, each with its code and with nothing half done.</summary>
public sealed class StartTests : IDisposable
{
    private const string Motor = "samx: {deviceClass: simulated.positioner, enabled: true, readoutPriority: baseline}\n";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("start");

    public void Dispose()
    {
        if (Directory.Exists(_folder["closed"]))
        {
            File.SetUnixFileMode(_folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _folder.Dispose();
    }

    [Theory]
    [InlineData("beamtime.yaml")]
    [InlineData("devices.yaml")]
    [InlineData("beamline.yaml")]
    [InlineData("procedures.yaml")]
    public async Task A_file_of_20000_brackets_is_refused_and_no_data_folder_is_made(string file)
    {
        var site = RunningHost.WriteSite(_folder["site"], Motor);
        await File.WriteAllTextAsync(
            Path.Combine(site, file), "samx: " + new string('[', 20_000), TestContext.Current.CancellationToken);
        var refused = await RefusalOfAsync(() => RunningHost.Launch(site, _folder["data"]));
        Assert.Contains("depth", refused.Code, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task An_unknown_key_of_a_device_is_refused_and_no_data_folder_is_made()
    {
        var refused = await RefusalAsync(Motor.Replace("enabled", "enabld", StringComparison.Ordinal), _folder["data"]);
        Assert.Equal("device.configuration.invalid", refused.Code);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task A_taken_port_is_refused_and_no_data_folder_is_made()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var site = RunningHost.WriteSite(_folder["site"], Motor);
        var refused = await RefusalOfAsync(() => RunningHost.Launch(site, _folder["data"], port));
        Assert.Equal("api.port.taken", refused.Code);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Fact]
    public async Task A_data_folder_without_rights_is_refused()
    {
        Directory.CreateDirectory(_folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var refused = await RefusalAsync(Motor, Path.Combine(_folder["closed"], "data"));
        Assert.Equal("database.folder.rights", refused.Code);
        Assert.NotEqual("", refused.Remedy);
    }

    [Fact]
    public async Task Two_programs_on_one_database_of_a_facility_share_neither_a_data_folder_nor_a_beamline()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        var url = UrlOf(database);
        var site = RunningHost.WriteSite(_folder["site"], Motor);
        HostLaunch Launch(string data) => RunningHost.Launch(site, data) with
        {
            Database = new DatabaseOptions { Url = url, DataFolder = data, PoolSize = 8 },
        };

        await using (await BeamtimeHost.StartAsync(Launch(_folder["data"]), TestContext.Current.CancellationToken))
        {
            Assert.Equal("database.folder.locked", (await RefusalOfAsync(() => Launch(_folder["data"]))).Code);
            Assert.Equal("scans.beamline.taken", (await RefusalOfAsync(() => Launch(_folder["other"]))).Code);
        }

        await using var next = await BeamtimeHost.StartAsync(Launch(_folder["data"]), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Roles_apart_share_one_database_and_a_data_folder()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        var url = UrlOf(database);
        var site = RunningHost.WriteSite(_folder["site"], Motor);
        Task<BeamtimeHost> StartAsync(params Role[] roles) => BeamtimeHost.StartAsync(
            RunningHost.Launch(site, _folder["data"]) with
            {
                Database = new DatabaseOptions { Url = url, DataFolder = _folder["data"], PoolSize = 8 },
                Roles = RoleSet.Of(roles),
            },
            TestContext.Current.CancellationToken);

        await using var api = await StartAsync(Role.Api);
        await using var worker = await StartAsync(Role.Worker, Role.Scheduler);
        await using var second = await StartAsync(Role.Api, Role.Worker);
        using var http = new HttpClient();
        foreach (var host in new[] { api, worker, second })
        {
            using var answer = await http.GetAsync(
                new Uri(host.Address, "/api/v2/ready"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Roles_that_take_scans_apart_need_a_server_and_redis()
    {
        var site = RunningHost.WriteSite(_folder["site"], Motor);
        var refused = await Assert.ThrowsAsync<RefusedException>(async () =>
        {
            await using var host = await BeamtimeHost.StartAsync(
                RunningHost.Launch(site, _folder["data"]) with { Roles = RoleSet.Of(Role.Bundler) },
                TestContext.Current.CancellationToken);
        });
        Assert.Equal(["role.database.needed", "role.redis.needed"], refused.Reasons.Select(r => r.Code));
        Assert.False(Directory.Exists(_folder["data"]));
    }

    private static string UrlOf(BeamtimeDatabase database)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.Owner.ConnectionString);
        return $"host={connection.Host} port={connection.Port} dbname={connection.Database} user={connection.Username}";
    }

    private Task<Reason> RefusalAsync(string devices, string data) =>
        RefusalOfAsync(() => RunningHost.Launch(RunningHost.WriteSite(_folder["site"], devices), data));

    private static async Task<Reason> RefusalOfAsync(Func<HostLaunch> read)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(async () =>
        {
            await using var host = await BeamtimeHost.StartAsync(read(), TestContext.Current.CancellationToken);
        });
        return refused.Reasons[0];
    }
}

using System.Text;
using System.Text.Json.Nodes;
using Beamtime.Core.Topics.Spool;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Drill;

/// <summary>Processes that are stopped or killed in the midst of a scan, and started again with other roles.</summary>
public sealed class RoleChangeTests : IAsyncLifetime
{
    private const int Points = 200;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("role-change");
    private readonly List<RunningProgram> _programs = [];
    private FacilityPostgres _postgres = null!;
    private RedisServer _redis = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Spools => Path.Combine(_folder["data"], "spool");

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _postgres = await FacilityPostgres.StartAsync(_folder["server"], Cancel);
        KillSite.Make(_folder["site"]);
        await File.WriteAllTextAsync(_folder["secret"], "a secret of the tests, which nobody needs to guess\n", Cancel);
        File.SetUnixFileMode(_folder["secret"], UnixFileMode.UserRead);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
        {
            await program.DisposeAsync();
        }

        await _postgres.DisposeAsync();
        await _redis.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_scan_goes_on_with_the_next_scan_server_when_its_own_is_stopped_in_order()
    {
        var api = await RunAsync("api,device-server,bundler,file-writer");
        var first = await RunAsync("scan-server");
        var number = await AskAsync(api, "resume");
        await api.WaitAsync($"scans/{number}", s => s["points"]!.GetValue<int>() >= 30, Cancel);
        Assert.Equal(0, await first.StopAsync(Cancel));
        await api.WaitAsync($"scans/{number}", s => s["state"]!.GetValue<string>() == "paused", Cancel);
        await RunAsync("scan-server,worker,scheduler");
        var ended = await api.WaitAsync($"scans/{number}", IsOver, Cancel);
        Assert.Equal("completed", ended["state"]!.GetValue<string>());
        Assert.Equal("completed True", await ReadAsync(ended["file"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_scan_that_is_not_to_go_on_ends_with_its_scan_server_and_its_file_is_closed()
    {
        var api = await RunAsync("api,device-server,bundler,file-writer");
        var first = await RunAsync("scan-server");
        var number = await AskAsync(api, "interrupt");
        await api.WaitAsync($"scans/{number}", s => s["points"]!.GetValue<int>() >= 10, Cancel);
        Assert.Equal(0, await first.StopAsync(Cancel));
        var ended = await api.WaitAsync($"scans/{number}", IsOver, Cancel);
        Assert.Equal("interrupted", ended["state"]!.GetValue<string>());
        Assert.True(File.Exists(ended["file"]!.GetValue<string>()));
    }

    [Fact]
    public async Task What_a_killed_process_had_spooled_is_recorded_by_processes_with_other_roles()
    {
        var api = await RunAsync("api");
        var beamline = await RunAsync("scan-server,device-server,bundler,file-writer");
        var number = await AskAsync(api, "resume");
        await api.WaitAsync($"scans/{number}", s => s["points"]!.GetValue<int>() >= 30, Cancel);
        await _postgres.KillAsync();
        while (!SpooledEnds().Any())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }

        await beamline.KillAsync(Cancel);
        Assert.Contains(SpoolSurvey.Of(Spools), s => s is { IsHeld: false } && s.Streams.ContainsKey("database"));
        await _postgres.StartAgainAsync(Cancel);
        await RunAsync("device-server,bundler,file-writer");
        await RunAsync("scan-server");
        var ended = await api.WaitAsync($"scans/{number}", IsOver, Cancel);
        Assert.Equal(("completed", Points), (ended["state"]!.GetValue<string>(), ended["points"]!.GetValue<int>()));
        Assert.DoesNotContain(SpoolSurvey.Of(Spools), s => s is { IsHeld: false } && s.Streams.ContainsKey("database"));
    }

    private static bool IsOver(JsonNode scan) =>
        scan["ended_at"] is not null && (scan["is_recorded"]?.GetValue<bool>() ?? false);

    // The words about a scan's end that lie in the spool on the disk.
    private IEnumerable<SpoolRecord> SpooledEnds() => Directory.GetFiles(Spools, "*.spool", SearchOption.AllDirectories)
        .SelectMany(path => SpoolSegment.Read(path, out _, out _))
        .Where(r => r.Kind == SpoolFormat.Record && r.Record.Stream == "database")
        .Select(r => r.Record)
        .Where(r => Encoding.UTF8.GetString(r.Body.Span).StartsWith("scan.", StringComparison.Ordinal));

    private static async Task<int> AskAsync(RunningProgram api, string onCrash)
    {
        var scan = await api.PostAsync(
            "scans", KillSite.Scan("line", ["samx", "0", "10"], ("steps", $"{Points}"), ("exposure", "0.01"), ("on_crash", onCrash)), Cancel);
        return scan["number"]!.GetValue<int>();
    }

    private async Task<RunningProgram> RunAsync(string roles)
    {
        var program = await RunningProgram.RunAsync(
            _folder["site"],
            _folder["data"],
            new Dictionary<string, string>
            {
                ["DATABASE_URL"] = _postgres.Url,
                ["REDIS_URL"] = _redis.TcpUrl,
                ["BEAMTIME_SECRET_FILE"] = _folder["secret"],
            },
            Cancel,
            "serve",
            "--roles",
            roles);
        _programs.Add(program);
        return program;
    }

    private static Task<string> ReadAsync(string file) => Python.RunAsync(
        """
        import h5py, sys
        f = h5py.File(sys.argv[1], 'r')
        points = int(sys.argv[2])
        x = f['/entry/collection/devices/samx/samx/value'][:]
        steps = [round(v * (points - 1) / 10) for v in x]
        print(f['/entry'].attrs['end_status'], steps == [int(i) for i in f['/entry/collection/points/id'][:]] == list(range(points)), end='')
        """,
        [file, $"{Points}"],
        Cancel);
}

using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Roles;
using Beamtime.Sdk.Scans.Positions;
using Beamtime.Tests.House;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans.Library;

/// <summary>Every scan of the library over REST on the demo site, whole: from the request to what its file says.</summary>
[Trait("Category", "Slow")]
public sealed class DemoScanTests : IAsyncLifetime
{
    // Motors of the demo report where they are, not where they were sent: as near as their tolerance.
    private const double Tolerance = 0.02;

    private static readonly PositionBox Box = new(-2, 2, -1, 1);
    private static readonly (string Request, string[] Motors, Trajectory? Positions, int Points)[] Scans =
    [
        (
            """{"scan": "line_scan", "args": {"samx": [-5, 5]}, "parameters": {"steps": 5, "relative": false, "exp_time": 0.001}}""",
            ["samx"], new LineTrajectory([-5], [5], 5), 5),
        (
            """{"scan": "line", "args": ["samx", -1, 1, "samy", 0, 2], "parameters": {"steps": 3, "burst_at_each_point": 2}}""",
            ["samx", "samy"], new LineTrajectory([-1, 0], [1, 2], 3), 6),
        (
            """{"scan": "grid_scan", "args": ["samx", 0, 2, 3, "samy", 0, 1, 2], "parameters": {"relative": false, "settling_time_after_trigger": 0.001}}""",
            ["samx", "samy"], new GridTrajectory([new(0, 2, 3), new(0, 1, 2)], isSnaked: true), 6),
        (
            """{"scan": "list_scan", "args": ["samx", [1, 2, 4], "samy", [3, 2, 1]]}""",
            ["samx", "samy"], PointTrajectory.FromColumns([[1, 2, 4], [3, 2, 1]]), 3),
        (
            """{"scan": "log_scan", "args": ["samx", 0, 9], "parameters": {"steps": "5"}}""",
            ["samx"], new LogTrajectory([0], [9], 5), 5),
        (
            """{"scan": "fermat_scan", "args": ["samx", -2, 2, "samy", -1, 1, 0.5], "parameters": {"spiral_type": 1, "optim_trajectory": "corridor"}}""",
            ["samx", "samy"], TrajectoryOrder.Corridor(FermatSpiral.Within(Box, 0.5, 1)), FermatSpiral.Within(Box, 0.5, 1).Count),
        (
            """{"scan": "round_scan", "args": ["samx", "samy", 0, 4, 2, 3], "parameters": {"center_1": 1}}""",
            ["samx", "samy"], Rings.Between(0, 4, 2, 3, 1), 9),
        (
            """{"scan": "round_roi_scan", "args": ["samx", -2, 2, "samy", -1, 1, 0.5, 3]}""",
            ["samx", "samy"], Rings.Within(Box, 0.5, 3), Rings.Within(Box, 0.5, 3).Count),
        (
            """{"scan": "hexagonal_scan", "parameters": {"motor1": "samx", "start_motor1": 2, "stop_motor1": -2, "step_motor1": 1, "motor2": "samy", "start_motor2": -1, "stop_motor2": 1, "step_motor2": 0.5}}""",
            ["samx", "samy"], Hexagons.Within(new PositionBox(2, -2, -1, 1), 1, 0.5, isSnaked: true), 23),
        (
            """{"scan": "multi_region_line_scan", "args": ["samx"], "parameters": {"regions": [[0, 1, 3], [1, 3, 3]]}}""",
            ["samx"], JoinedRegions.Lines([new(0, 1, 3), new(1, 3, 3)]), 5),
        (
            """{"scan": "multi_region_grid_scan", "args": ["samx", "samy"], "parameters": {"regions": [[[0, 1, 2], [0, 1, 2]], [[3, 4, 2], [2, 2, 1]]], "snaked": false}}""",
            ["samx", "samy"], JoinedRegions.Grids([new(new(0, 1, 2), new(0, 1, 2)), new(new(3, 4, 2), new(2, 2, 1))], isSnaked: false), 6),
        ("""{"scan": "time_scan", "args": [4, 0.01]}""", [], null, 4),
        ("""{"scan": "acquire", "parameters": {"burst_at_each_point": 2, "monitored": ["samx"]}}""", [], null, 2),
    ];

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("demo-scans");
    private BeamtimeHost? _host;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await BeamtimeHost.StartAsync(
            RunningHost.Launch(Path.Combine(Repository.Root, "sites", "demo"), _folder["data"]), CancellationToken.None);
        _client = RunningHost.SignedIn(_host);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task Every_scan_of_the_library_measures_where_its_request_says()
    {
        List<int> numbers = [];
        foreach (var (request, _, _, _) in Scans)
        {
            using var content = new StringContent(request, System.Text.Encoding.UTF8, "application/json");
            using var answer = await _client.PostAsync(new Uri("scans", UriKind.Relative), content, Cancel);
            var accepted = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
            Assert.True(answer.IsSuccessStatusCode, $"{request}\n{accepted.GetRawText()}");
            numbers.Add(accepted.GetProperty("number").GetInt32());
        }

        foreach (var (number, scan) in numbers.Zip(Scans))
        {
            var end = await RecordedAsync(number);
            Assert.True(end.GetProperty("state").GetString() == "completed", end.GetRawText());
            Assert.Equal(scan.Points, end.GetProperty("points").GetInt32());
            AssertMeasured(end.GetProperty("file").GetString()!, scan.Motors, scan.Positions, scan.Points);
        }

        Assert.Equal("line", (await ScanAsync(numbers[0])).GetProperty("request").GetProperty("scan").GetString());
        await OpensElsewhereAsync((await ScanAsync(numbers[2])).GetProperty("file").GetString()!);
    }

    [Fact]
    public async Task A_relative_scan_goes_from_where_the_motors_are_and_back()
    {
        using var content = new StringContent("""{"value": 3}""", System.Text.Encoding.UTF8, "application/json");
        (await _client.PostAsync(new Uri("devices/samx/set", UriKind.Relative), content, Cancel)).EnsureSuccessStatusCode();
        using var request = new StringContent(
            """{"scan": "log_scan", "parameters": {"motor": "samx", "start": 0, "stop": 9, "steps": 3, "relative": true}}""",
            System.Text.Encoding.UTF8,
            "application/json");
        using var answer = await _client.PostAsync(new Uri("scans", UriKind.Relative), request, Cancel);
        var accepted = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.True(answer.IsSuccessStatusCode, accepted.GetRawText());
        var end = await RecordedAsync(accepted.GetProperty("number").GetInt32());
        AssertMeasured(end.GetProperty("file").GetString()!, ["samx"], new LogTrajectory([3], [12], 3), 3);
        var samx = await _client.GetFromJsonAsync<JsonElement>("devices/samx", Cancel);
        Assert.Equal(3, samx.GetProperty("signals")[0].GetProperty("value").GetDouble(), Tolerance);
    }

    [Fact]
    public async Task The_flyer_of_the_demo_flies_its_rings_and_the_file_says_where_it_was()
    {
        using var request = new StringContent(
            """{"scan": "round_scan_fly", "args": ["flyer_sim", 1, 2, 2, 3], "parameters": {"exp_time": 0.002}}""",
            System.Text.Encoding.UTF8,
            "application/json");
        using var answer = await _client.PostAsync(new Uri("scans", UriKind.Relative), request, Cancel);
        var accepted = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.True(answer.IsSuccessStatusCode, accepted.GetRawText());
        var end = await RecordedAsync(accepted.GetProperty("number").GetInt32());
        Assert.Equal(("completed", 9), (end.GetProperty("state").GetString(), end.GetProperty("points").GetInt32()));
        Assert.Equal("[1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0] 9 True", await Python.RunAsync(
            """
            import h5py, math, sys
            devices = h5py.File(sys.argv[1])['/entry/collection/devices']
            x, y = (devices['flyer_sim'][s]['value'][:] for s in ('flyer_samx', 'flyer_samy'))
            others = devices['bpm4i']['bpm4i']['value'][:]
            print([round(math.hypot(a, b), 6) for a, b in zip(x, y)], len(others), not (others != others).any())
            """,
            [end.GetProperty("file").GetString()!],
            Cancel));
    }

    [Fact]
    public async Task The_catalogue_explains_every_scan()
    {
        var all = await _client.GetFromJsonAsync<JsonElement>("scan-types", Cancel);
        Assert.All(all.EnumerateArray(), scan => Assert.NotEqual("", scan.GetProperty("example").GetString()));
        foreach (var name in all.EnumerateArray().SelectMany(s => s.GetProperty("aliases").EnumerateArray()
            .Select(a => a.GetString()!).Prepend(s.GetProperty("name").GetString()!)))
        {
            var one = await _client.GetFromJsonAsync<JsonElement>($"scan-types/{name}", Cancel);
            Assert.Equal("object", one.GetProperty("schema").GetProperty("type").GetString());
        }
    }

    private static void AssertMeasured(string path, string[] motors, Trajectory? positions, int points)
    {
        using var file = H5File.Open(path);
        Assert.Equal(points, file.OpenDataset("entry/collection/devices/bpm4i/bpm4i/value").Shape[0]);
        foreach (var (axis, motor) in motors.Index())
        {
            var measured = file.OpenDataset($"entry/collection/devices/{motor}/{motor}/value").Read<double>();
            var burst = points / positions!.Count;
            Assert.Equal(points, measured.Length);
            Assert.All(measured.Index(), at => Assert.True(
                Math.Abs(at.Item - positions[at.Index / burst][axis]) < Tolerance,
                $"{path}: {motor} at point {at.Index} is {at.Item}, expected {positions[at.Index / burst][axis]}"));
        }
    }

    private static async Task OpensElsewhereAsync(string path)
    {
        var said = await Python.RunAsync(
            """
            import h5py, sys
            devices = h5py.File(sys.argv[1])['/entry/collection/devices']
            print(*[[round(float(v)) for v in devices[m][m]['value'][:]] for m in ('samx', 'samy')])
            """,
            [path],
            Cancel);
        Assert.Equal("[0, 1, 2, 2, 1, 0] [0, 0, 0, 1, 1, 1]", said);
    }

    private Task<JsonElement> ScanAsync(int number) => _client.GetFromJsonAsync<JsonElement>($"scans/{number}", Cancel);

    private async Task<JsonElement> RecordedAsync(int number)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var scan = await ScanAsync(number);
            if (scan.TryGetProperty("ended_at", out _)
                && (scan.GetProperty("state").GetString() != "completed" || scan.GetProperty("is_recorded").GetBoolean()))
            {
                return scan;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), scan.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }
}

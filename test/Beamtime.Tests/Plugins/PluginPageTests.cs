using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans;
using Beamtime.Roles;
using Beamtime.Tests.House;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Plugins;

/// <summary>The plugin of the page on writing scans, built as the page says, and put into a running program.</summary>
public sealed class PluginPageTests : IAsyncLifetime
{
    private const string Devices =
        """
        samx: {deviceClass: simulated.positioner, deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0, egu: mm}, readoutPriority: baseline, enabled: true}
        samy: {deviceClass: simulated.positioner, deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0, egu: mm}, readoutPriority: baseline, enabled: true}
        bpm4i: {deviceClass: simulated.monitor, readoutPriority: monitored, enabled: true}
        """;

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("page");
    private BeamtimeHost? _host;
    private HttpClient? _client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Plugins => _folder["site/plugins"];

    public async ValueTask InitializeAsync()
    {
        var site = RunningHost.WriteSite(_folder["site"], Devices);
        // Only when asked: else the watch is now and then faster than the test.
        await File.AppendAllTextAsync(Path.Combine(site, "beamtime.yaml"), "plugins:\n  look_every: 0 s\n", Cancel);
        var shipped = Path.Combine(Path.GetDirectoryName(RunningProgram.Path)!, "plugins");
        var launch = RunningHost.Launch(site, _folder["data"]) with
        {
            Plugins = PluginShelf.Open([shipped, Plugins], ScanCatalogue.MistakesIn, TimeProvider.System),
        };
        _host = await BeamtimeHost.StartAsync(launch, Cancel);
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
    public async Task The_project_of_the_page_is_built_loaded_into_a_running_program_and_measures()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/how-to/write-a-scan-plugin.md"), Cancel);
        var project = Directory.CreateDirectory(_folder["Spirals"]).FullName;
        var program = Path.GetDirectoryName(RunningProgram.Path)!;
        await File.WriteAllTextAsync(Path.Combine(project, "Spirals.csproj"), Block(page, "xml").Replace("/opt/beamtime", program, StringComparison.Ordinal), Cancel);
        await File.WriteAllTextAsync(Path.Combine(project, "Spirals.cs"), Block(page, "csharp"), Cancel);
        await PluginBuilder.RunAsync(project, "build", "-c", "Release", "-o", Path.Combine(Plugins, "Spirals"), "-nodereuse:false", "-p:UseSharedCompilation=false");

        Assert.Equal(404, (await PostAsync("scans", Spiral)).Status);
        var (_, reloaded) = await PostAsync("plugins/reload", "{}");
        Assert.Contains("Spirals 1.0.0", reloaded.GetProperty("changed")[0].GetString(), StringComparison.Ordinal);
        var type = await _client!.GetFromJsonAsync<JsonElement>("scan-types/spiral", Cancel);
        Assert.Equal(("Spirals", "1.0.0"), (type.GetProperty("plugin").GetProperty("name").GetString(), type.GetProperty("plugin").GetProperty("version").GetString()));

        var (status, answer) = await PostAsync("scans", Spiral);
        Assert.Equal(202, status);
        var scan = await EndOfAsync(answer.GetProperty("number").GetInt32());
        Assert.Equal(("completed", 61), (scan.GetProperty("state").GetString(), scan.GetProperty("points").GetInt32()));
        Assert.Contains("Spirals 1.0.0 (", await Python.RunAsync(
            "import h5py, sys; f = h5py.File(sys.argv[1]); n = []; f.visit(n.append); print([f[p][()] for p in n if p.endswith('/scan_plugin')])",
            [scan.GetProperty("file").GetString()!],
            Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_scan_keeps_the_version_it_began_with_and_the_next_one_has_the_new()
    {
        await PluginBuilder.BuildAsync(Plugins, "Marked", Marked(1));
        Assert.Equal(200, (await PostAsync("plugins/reload", "{}")).Status);
        var first = (await PostAsync("scans", """{"scan": "marked"}""")).Answer.GetProperty("number").GetInt32();
        await UntilAsync(first, scan => scan.GetProperty("points").GetInt32() == 1);

        await PluginBuilder.BuildAsync(Plugins, "Marked", Marked(2));
        var (_, reloaded) = await PostAsync("plugins/reload", "{}");
        Assert.Contains("2.0.0", reloaded.GetProperty("changed")[0].GetString(), StringComparison.Ordinal);
        await PostAsync($"scans/{first}/pause", "{}");
        await UntilAsync(first, scan => scan.GetProperty("state").GetString() == "paused");
        await PostAsync($"scans/{first}/resume", "{}");
        var moved = await SamxOfAsync(await EndOfAsync(first));
        Assert.Equal([1, 1.5], moved);

        var second = (await PostAsync("scans", """{"scan": "marked"}""")).Answer.GetProperty("number").GetInt32();
        await UntilAsync(second, scan => scan.GetProperty("points").GetInt32() == 1);
        await PostAsync($"scans/{second}/pause", "{}");
        await UntilAsync(second, scan => scan.GetProperty("state").GetString() == "paused");
        await PostAsync($"scans/{second}/resume", "{}");
        moved = await SamxOfAsync(await EndOfAsync(second));
        Assert.Equal([2, 2.5], moved);
    }

    private const string Spiral = """{"scan": "spiral", "args": ["samx", "samy"], "parameters": {"width": "2"}}""";

    // Takes a point at its version, waits until it was held and let go, and takes another.
    private static string Marked(int version) =>
        $$"""
        using System;
        using System.Threading;
        using System.Threading.Tasks;
        using Beamtime.Sdk.Devices;
        using Beamtime.Sdk.Plugins;
        using Beamtime.Sdk.Scans;

        [assembly: System.Reflection.AssemblyInformationalVersion("{{version}}.0.0")]
        public sealed class MarkedPlugin : Plugin
        {
            public override void Register(PluginRegistry registry) => registry.AddScan(
                new ScanDeclaration { Name = "marked", Description = "Tells its version.", Create = _ => new Marked() });
        }

        internal sealed class Marked : Scan
        {
            public override ScanPlan Plan(Func<string, double> position) =>
                new() { Motors = new[] { "samx" }, Points = 2, Positions = new[] { new double[] { {{version}} }, new double[] { {{version}}.5 } } };

            public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
            {
                await scan.TakePointAsync(new double[] { {{version}} }, ReadOnlyMemory<Value>.Empty, cancel);
                while (scan.TimesHeld == 0)
                {
                    await scan.WaitAsync(TimeSpan.FromMilliseconds(10), cancel);
                }

                await scan.TakePointAsync(new double[] { {{version}}.5 }, ReadOnlyMemory<Value>.Empty, cancel);
            }
        }
        """;

    private static string Block(string page, string language) => page.Split($"```{language}\n")[1].Split("```")[0];

    private static async Task<double[]> SamxOfAsync(JsonElement scan) => JsonSerializer.Deserialize<double[]>(await Python.RunAsync(
        "import h5py, sys; print(h5py.File(sys.argv[1])['entry/collection/devices/samx/samx/value'][()].tolist())",
        [scan.GetProperty("file").GetString()!],
        Cancel))!;

    private async Task<(int Status, JsonElement Answer)> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client!.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }

    private Task<JsonElement> EndOfAsync(int number) => UntilAsync(
        number, scan => scan.TryGetProperty("ended_at", out _) && scan.TryGetProperty("is_recorded", out var recorded) && recorded.GetBoolean());

    private async Task<JsonElement> UntilAsync(int number, Func<JsonElement, bool> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var scan = await _client!.GetFromJsonAsync<JsonElement>($"scans/{number}", Cancel);
            if (isSo(scan))
            {
                return scan;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), scan.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }
}

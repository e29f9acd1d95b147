using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scripts;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Beamtime.Tests.House;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scripts;

/// <summary>Server scripts over REST, in a program whole.</summary>
public sealed class ServerScriptTests : IAsyncLifetime
{
    internal const string Devices =
        """
        samx: {deviceClass: simulated.positioner, deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0, egu: mm}, readoutPriority: baseline, enabled: true}
        samz: {deviceClass: simulated.positioner, deviceConfig: {delay: 1, limits: [-50, 50], tolerance: 0, velocity: 0.1, egu: mm}, readoutPriority: baseline, enabled: true}
        bpm4i: {deviceClass: simulated.monitor, readoutPriority: monitored, enabled: true}
        """;

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("scripts");
    private BeamtimeHost? _host;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        new NarrowingPlugin().Register(plugins);
        _host = await BeamtimeHost.StartAsync(
            RunningHost.Launch(RunningHost.WriteSite(_folder["site"], Devices), _folder["data"]) with
            {
                Plugins = PluginShelf.Of(plugins, TimeProvider.System),
            },
            Cancel);
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
    public async Task Lines_are_carried_out_in_order_and_the_run_tells_what_came_of_them()
    {
        var run = await SubmitAsync("commands", Commands("mv samx 3; log halfway; scan line samx 0 1 --steps 3\n# a remark\nwait 0.1 s; set samx 2"));
        var end = await EndOfAsync(run);
        Assert.Equal(("Completed", "scans S00001"), (end.GetProperty("state").GetString(), end.GetProperty("result").GetString()));
        Assert.Equal(
            ["mv samx 3", "log halfway", "scan line samx 0 1 --steps 3", "wait 0.1 s", "set samx 2"], await LinesOfAsync(run));
        var scan = await _client.GetFromJsonAsync<JsonElement>("scans/1", Cancel);
        Assert.Equal(("completed", run), (scan.GetProperty("state").GetString(),
            scan.GetProperty("request").GetProperty("metadata").GetProperty("script_run").GetString()));
        Assert.Equal(2, (await _client.GetFromJsonAsync<JsonElement>("devices/samx", Cancel)).GetProperty("signals")[0].GetProperty("value").GetDouble());
        Assert.Equal(1, (await _client.GetFromJsonAsync<JsonElement>("script-runs", Cancel)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task The_script_of_the_page_decides_by_what_it_reads()
    {
        var source = Repository.Read("test/Beamtime.Tests/Scripts/DocumentedScript.cs");
        var page = Repository.Read("docs/how-to/write-a-server-script.md").Split("```csharp").Skip(1).Select(b => b.Split("```")[0]).ToArray();
        Assert.NotEmpty(page);
        Assert.All(page, block => Assert.Contains(Trimmed(block), Trimmed(source), StringComparison.Ordinal));

        var end = await EndOfAsync(await SubmitAsync("narrowing", """{"args": ["samx", "4"], "parameters": {"smallest": "1"}}"""));
        Assert.Equal(("Completed", "S00001 S00002 S00003"), (end.GetProperty("state").GetString(), end.GetProperty("result").GetString()));

        static string Trimmed(string text) =>
            string.Join('\n', text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));
    }

    [Fact]
    public async Task What_cannot_be_run_is_refused_with_every_reason()
    {
        Assert.Equal(["script.command.invalid", "script.command.invalid"], await ReasonsAsync("commands", Commands("mv samx; wait 3; scan line")));
        Assert.Equal(["script.name.unknown"], await ReasonsAsync("comands", "{}"));
        Assert.Equal(["script.queue.invalid", "scan.parameter.missing"], await ReasonsAsync("commands", """{"queue": "a b"}"""));
        Assert.Throws<RefusedException>(() => CommandScript.Read(" ; # nothing"));
        using var both = new StringContent("""{"queue": "q", "all": true}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri("script-runs/abort", UriKind.Relative), both, Cancel);
        Assert.Contains("script.selection.invalid", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await _client.GetAsync(new Uri($"script-runs/{Guid.Empty}", UriKind.Relative), Cancel)).StatusCode);
    }

    [Fact]
    public async Task Runs_of_a_queue_go_one_after_the_other_those_of_others_beside_them_and_a_queue_is_aborted()
    {
        var first = await SubmitAsync("commands", Commands("log first; wait 1 h", "night"));
        await LineAsync(first, "wait 1 h");
        var second = await SubmitAsync("commands", Commands("log second", "night"));
        var beside = await EndOfAsync(await SubmitAsync("commands", Commands("log beside", "day")));
        Assert.Equal("Completed", beside.GetProperty("state").GetString());
        Assert.Empty(await LinesOfAsync(second));
        using var night = new StringContent("""{"queue": "night", "reason": "morning"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri("script-runs/abort", UriKind.Relative), night, Cancel);
        Assert.Equal(2, (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetArrayLength());
        Assert.Equal("Cancelled", (await EndOfAsync(first)).GetProperty("state").GetString());
        Assert.Equal("Cancelled", (await EndOfAsync(second)).GetProperty("state").GetString());
        Assert.Empty(await LinesOfAsync(second));
    }

    [Fact]
    public async Task An_aborted_run_aborts_its_scan_and_a_scan_that_fails_fails_its_run()
    {
        var run = await SubmitAsync("commands", Commands("scan line samx 0 1 --steps 1000 --exposure 0.05"));
        var start = TimeProvider.System.GetTimestamp();
        while ((await _client.GetFromJsonAsync<JsonElement>("scans", Cancel)).GetProperty("items") is var scans
            && (scans.GetArrayLength() == 0 || scans[0].GetProperty("state").GetString() != "running"))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }

        using var nothing = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        await _client.PostAsync(new Uri($"script-runs/{run}/abort", UriKind.Relative), nothing, Cancel);
        Assert.Equal("Cancelled", (await EndOfAsync(run)).GetProperty("state").GetString());
        start = TimeProvider.System.GetTimestamp();
        while ((await _client.GetFromJsonAsync<JsonElement>("scans/1", Cancel)).GetProperty("state").GetString() != "aborted")
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }

        var failed = await EndOfAsync(await SubmitAsync("commands", Commands("scan line samx 0 99 --steps 3; log never")));
        Assert.Equal("Failed", failed.GetProperty("state").GetString());
        Assert.Contains("limits", failed.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    internal static string Commands(string text, string queue = "primary") => JsonSerializer.Serialize(
        new { queue, parameters = new Dictionary<string, string> { ["text"] = text } });

    internal static async Task<JsonElement> EndOfAsync(HttpClient client, string run)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var one = await client.GetFromJsonAsync<JsonElement>($"script-runs/{run}", Cancel);
            if (one.TryGetProperty("ended_at", out _))
            {
                return one;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(90), one.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    internal static async Task<string> SubmitAsync(HttpClient client, string script, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri($"scripts/{script}/runs", UriKind.Relative), content, Cancel);
        var run = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.True(answer.IsSuccessStatusCode, run.GetRawText());
        return run.GetProperty("id").GetString()!;
    }

    internal static async Task<string[]> LinesOfAsync(HttpClient client, string run) =>
        [.. (await client.GetFromJsonAsync<JsonElement>($"script-runs/{run}/log", Cancel)).EnumerateArray().Select(l => l.GetProperty("line").GetString()!)];

    private Task<JsonElement> EndOfAsync(string run) => EndOfAsync(_client, run);

    private Task<string> SubmitAsync(string script, string json) => SubmitAsync(_client, script, json);

    private Task<string[]> LinesOfAsync(string run) => LinesOfAsync(_client, run);

    private async Task LineAsync(string run, string line)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!(await LinesOfAsync(run)).Contains(line))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"{line} does not come.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    private async Task<string[]> ReasonsAsync(string script, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri($"scripts/{script}/runs", UriKind.Relative), content, Cancel);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return [.. problem.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()!)];
    }
}

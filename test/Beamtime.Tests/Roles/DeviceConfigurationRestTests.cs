using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>The device configuration of a whole program, changed while it runs and found again after a restart.</summary>
public sealed class DeviceConfigurationRestTests : IAsyncLifetime
{
    private const string File =
        """
        samx:
          deviceClass: simulated.positioner
          deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0}
          readoutPriority: baseline
          enabled: true
        samz:
          deviceClass: simulated.positioner
          deviceConfig: {delay: 1, limits: [-50, 50], tolerance: 0, velocity: 0.1}
          readoutPriority: baseline
          enabled: true
        bpm4i:
          deviceClass: simulated.monitor
          readoutPriority: monitored
          enabled: true
        """;

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("device-configuration");
    private BeamtimeHost _host = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => new(StartAsync(File));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Changes_are_in_force_at_once_and_after_a_restart_and_can_be_taken_back()
    {
        Assert.Equal(1, (await GetAsync("device-configuration")).GetProperty("revision").GetInt32());
        var added = await PostAsync("device-configuration/add",
            """
            {"reason": "a second monitor", "devices": {
              "bpm5": {"deviceClass": "simulated.monitor", "enabled": true, "readoutPriority": "monitored", "needs": ["samx"]},
              "broken": {"deviceClass": "simulated.faulty", "enabled": true, "readoutPriority": "baseline", "deviceConfig": {"at": "connect"}}}}
            """);
        Assert.True(added.Status == 200, added.Answer.GetRawText());
        Assert.Equal(2, added.Answer.GetProperty("revision").GetInt32());
        Assert.Equal("broken", added.Answer.GetProperty("failed")[0].GetProperty("device").GetString());
        Assert.Equal(200, (await PostAsync("devices/samx/set", """{"value": 12}""")).Status);
        var updated = await PostAsync("device-configuration/update",
            """{"devices": {"samx": {"deviceConfig": {"limits": [-20, 20], "velocity": 5}, "description": "moved"}, "bpm4i": {"enabled": false}}}""");
        Assert.True(updated.Status == 200, updated.Answer.GetRawText());
        // The motor was not touched by it.
        Assert.Equal(12, (await GetAsync("devices/samx")).GetProperty("signals")[0].GetProperty("value").GetDouble());
        AssertRefused(await PostAsync("devices/samx/set", """{"value": 21}"""), "device.limit.exceeded");
        AssertRefused(await PostAsync("devices/bpm4i/set", """{"value": 21}"""), "device.disabled");

        await StopAsync();
        await StartAsync(File);
        var view = await GetAsync("device-configuration");
        Assert.Equal(3, view.GetProperty("revision").GetInt32());
        Assert.Equal(5, view.GetProperty("devices").EnumerateObject().Count());
        Assert.Equal("moved", (await GetAsync("devices/samx")).GetProperty("description").GetString());
        AssertRefused(await PostAsync("devices/samx/set", """{"value": 21}"""), "device.limit.exceeded");

        var restored = await PostAsync("device-configuration/revisions/1/restore", """{"reason": "as it was"}""");
        Assert.True(restored.Status == 200, restored.Answer.GetRawText());
        Assert.Equal(200, (await PostAsync("devices/samx/set", """{"value": 21}""")).Status);
        var history = (await GetAsync("device-configuration/revisions")).EnumerateArray().ToList();
        Assert.Equal(["restore", "update", "add", "start"], history.Select(h => h.GetProperty("action").GetString()));
        Assert.Equal("as it was", history[0].GetProperty("reason").GetString());
        Assert.All(history, h => Assert.Equal("applied", h.GetProperty("state").GetString()));

        // What is changed in the file counts over what was changed live before.
        await StopAsync();
        await StartAsync(File.Replace("[-50, 50]", "[-30, 30]"));
        AssertRefused(await PostAsync("devices/samx/set", """{"value": 31}"""), "device.limit.exceeded");
        Assert.Equal(5, (await GetAsync("device-configuration")).GetProperty("revision").GetInt32());
    }

    [Fact]
    public async Task What_a_scan_uses_is_not_changed_and_who_uses_it_is_told()
    {
        var (_, scan) = await PostAsync("scans", """{"scan": "line", "args": ["samz", "0", "50"], "parameters": {"steps": "3"}}""");
        var number = scan.GetProperty("number").GetInt32();
        var start = TimeProvider.System.GetTimestamp();
        while ((await GetAsync($"scans/{number}")).GetProperty("state").GetString() != "running")
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }

        var refused = await PostAsync("device-configuration/update", """{"devices": {"samz": {"readOnly": true}}}""");
        AssertRefused(refused, "device.busy");
        Assert.Contains($"samz is used by scan {number}", refused.Answer.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(200, (await PostAsync("device-configuration/update", """{"devices": {"samx": {"readOnly": true}}}""")).Status);
        Assert.Equal(202, (await PostAsync($"scans/{number}/abort", "{}")).Status);
    }

    [Fact]
    public async Task Every_reason_is_given_and_nothing_is_half_done()
    {
        var refused = await PostAsync("device-configuration/update",
            """{"devices": {"samx": {"deviceConfig": {"velocitty": 1}, "readOnly": true}, "samq": {}, "samz": {"deviceClass": "x"}}}""");
        Assert.Equal(2, refused.Answer.GetProperty("reasons").GetArrayLength());
        AssertRefused(await PostAsync("device-configuration/update", """{"devices": {"samx": {"deviceConfig": {"velocitty": 1}, "readOnly": true}}}"""), "device.configuration.invalid");
        AssertRefused(await PostAsync("device-configuration/reset", "{}"), "device.configuration.empty");
        AssertRefused(await PostAsync("device-configuration/set", """{"devices": {}}"""), "device.configuration.empty");
        AssertRefused(await PostAsync("device-configuration/revisions/99/restore", "{}"), "device.revision.unknown");
        Assert.Equal(1, (await GetAsync("device-configuration")).GetProperty("revision").GetInt32());
        Assert.Equal(200, (await PostAsync("devices/samx/set", """{"value": 1}""")).Status);
        Assert.Equal(200, (await PostAsync("device-configuration/reset", """{"confirm": true}""")).Status);
        Assert.Empty((await GetAsync("devices")).EnumerateArray());
    }

    private static void AssertRefused((int Status, JsonElement Answer) answer, string code) => Assert.True(
        answer.Status >= 400 && answer.Answer.GetProperty("type").GetString() == code, $"{answer.Status} {answer.Answer.GetRawText()}, expected {code}");

    private async Task StartAsync(string devices)
    {
        _host = await BeamtimeHost.StartAsync(RunningHost.Launch(RunningHost.WriteSite(_folder["site"], devices), _folder["data"]), CancellationToken.None);
        _client = RunningHost.SignedIn(_host);
    }

    private async Task StopAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    private async Task<JsonElement> GetAsync(string path) => await _client.GetFromJsonAsync<JsonElement>(path, Cancel);

    private async Task<(int Status, JsonElement Answer)> PostAsync(
        string path, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }
}

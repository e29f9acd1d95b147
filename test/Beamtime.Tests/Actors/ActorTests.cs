using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Cli;
using Beamtime.Control.Beamline;
using Beamtime.Core.Ledger;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Scripts;
using Beamtime.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Actors;

/// <summary>Actors in a program whole, which is restarted under them.</summary>
public sealed class ActorTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("actors");
    private BeamtimeHost? _host;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await BeamtimeHost.StartAsync(
            RunningHost.Launch(
                Directory.Exists(_folder["site"]) ? _folder["site"] : RunningHost.WriteSite(_folder["site"], ServerScriptTests.Devices),
                _folder["data"]),
            Cancel);
        _client = RunningHost.SignedIn(_host);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_actor_runs_its_script_once_when_its_condition_comes_about_also_after_a_restart()
    {
        await ChangeAsync("current", StateStatus.Unknown, StateStatus.Valid);
        await ChangeAsync("shutter", StateStatus.Unknown, StateStatus.Invalid);
        Assert.Equal(200, await DefineAsync("refocus", """{"current": ["valid"], "shutter": ["valid", "warning"]}""", "mv samx 3"));
        await ChangeAsync("current", StateStatus.Valid, StateStatus.Invalid);
        await ChangeAsync("current", StateStatus.Invalid, StateStatus.Valid);
        await ChangeAsync("shutter", StateStatus.Invalid, StateStatus.Warning);
        await ChangeAsync("shutter", StateStatus.Warning, StateStatus.Valid);
        var run = await RunOfAsync("refocus", 1);
        var end = await ServerScriptTests.EndOfAsync(_client, run);
        Assert.Equal(("Completed", "actors"), (end.GetProperty("state").GetString(), end.GetProperty("queue").GetString()));

        // Within its rest it does not act again; defined anew it does, for what comes from then on.
        await ChangeAsync("shutter", StateStatus.Valid, StateStatus.Invalid);
        await ChangeAsync("shutter", StateStatus.Invalid, StateStatus.Valid);
        Assert.Equal(200, await DefineAsync("refocus", """{"shutter": ["invalid"]}""", "mv samx 4", rest: 0));
        await ChangeAsync("shutter", StateStatus.Valid, StateStatus.Invalid);
        await RunOfAsync("refocus", 2);
        await StopAsync();
        await InitializeAsync();
        await ChangeAsync("shutter", StateStatus.Invalid, StateStatus.Valid);
        await ChangeAsync("shutter", StateStatus.Valid, StateStatus.Invalid);
        run = await RunOfAsync("refocus", 3);
        Assert.Equal("Completed", (await ServerScriptTests.EndOfAsync(_client, run)).GetProperty("state").GetString());
        Assert.Equal(3, (await _client.GetFromJsonAsync<JsonElement>("script-runs", Cancel)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task What_is_wrong_with_an_actor_is_told_and_one_that_is_off_does_nothing()
    {
        await ChangeAsync("current", StateStatus.Unknown, StateStatus.Valid);
        using var wrong = new StringContent(
            """{"when": {"curent": ["valid"], "current": []}, "script": "comands", "rest_seconds": -1}""", System.Text.Encoding.UTF8, "application/json");
        using var refused = await _client.PutAsync(new Uri("actors/a.b", UriKind.Relative), wrong, Cancel);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal(
            ["script.name.unknown", "actor.definition.invalid", "actor.definition.invalid", "actor.definition.invalid", "actor.state.unknown"],
            problem.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()));

        Assert.Equal(200, await DefineAsync("idle", """{"current": ["invalid"]}""", "mv samx 3"));
        Assert.Equal(200, await DefineAsync("busy", """{"current": ["invalid"]}""", "log hello"));
        await _client.PostAsync(new Uri("actors/idle/off", UriKind.Relative), null, Cancel);
        await ChangeAsync("current", StateStatus.Valid, StateStatus.Invalid);
        await RunOfAsync("busy", 1);
        var idle = await _client.GetFromJsonAsync<JsonElement>("actors/idle", Cancel);
        Assert.False(idle.GetProperty("is_on").GetBoolean());
        Assert.False(idle.TryGetProperty("run", out _));
        await _client.DeleteAsync(new Uri("actors/idle", UriKind.Relative), Cancel);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await _client.GetAsync(new Uri("actors/idle", UriKind.Relative), Cancel)).StatusCode);
    }

    [Fact]
    public void A_condition_is_read_whole_or_refused_with_every_word()
    {
        var when = ActorCommands.ConditionOf(["current=valid,warning", "shutter=invalid"]);
        Assert.Equal([StateStatus.Valid, StateStatus.Warning], when["current"]);
        Assert.Equal(4, Assert.Throws<RefusedException>(() => ActorCommands.ConditionOf(["current", "a=good,3", "b=valid", "b=valid"])).Reasons.Count);
    }

    private async Task StopAsync()
    {
        _client?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
            _host = null;
        }
    }

    private Task ChangeAsync(string state, StateStatus from, StateStatus to) =>
        new StateStore(_host!.Services.GetRequiredService<LedgerStore>()).AppendAsync(
            "rest", state, new StateChanged("rest", state, from, to, $"{state} is {to}"), Why.BySystem("a test", state), Cancel);

    private async Task<int> DefineAsync(string name, string when, string text, double rest = 60)
    {
        using var content = new StringContent(
            $$$"""{"when": {{{when}}}, "script": "commands", "rest_seconds": {{{rest}}}, "request": {"queue": "actors", "parameters": {"text": "{{{text}}}"} } }""",
            System.Text.Encoding.UTF8,
            "application/json");
        using var answer = await _client.PutAsync(new Uri($"actors/{name}", UriKind.Relative), content, Cancel);
        return (int)answer.StatusCode;
    }

    // The actor's run once so many runs were asked for.
    private async Task<string> RunOfAsync(string name, int runs)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var actor = await _client.GetFromJsonAsync<JsonElement>($"actors/{name}", Cancel);
            var all = await _client.GetFromJsonAsync<JsonElement>("script-runs", Cancel);
            if (actor.TryGetProperty("run", out var run) && all.GetProperty("total").GetInt32() == runs
                && all.GetProperty("items")[0].GetProperty("id").GetString() == run.GetString())
            {
                return run.GetString()!;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), actor.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }
}

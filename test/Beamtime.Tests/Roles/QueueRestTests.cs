using System.Net.Http.Json;
using System.Text.Json;

namespace Beamtime.Tests.Roles;

/// <summary>Queues, alarms, lists, control and beamline states as any client uses them.</summary>
public sealed class QueueRestTests(RunningHost host) : IClassFixture<RunningHost>
{
    private const string Line = """{"scan": "line", "args": ["samx", "-5", "5"], "parameters": {"steps": "3"}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_locked_queue_holds_scans_that_are_moved_taken_out_and_run_once_it_is_released()
    {
        AssertProblem(await host.PostAsync("queues/primary/locks", """{"owner": "me", "reason": ""}"""), "scan.lock.invalid");
        var (status, locked) = await host.PostAsync("queues/primary/locks", """{"owner": "me", "reason": "sample change"}""");
        Assert.Equal((200, "locked"), (status, locked.GetProperty("state").GetString()));
        var first = await SubmitAsync(Line);
        var second = await SubmitAsync(Line);
        var third = await SubmitAsync(Line);
        Assert.Equal(200, (await host.PostAsync($"scans/{third}/move", """{"direction": "top"}""")).Status);
        Assert.Equal<IEnumerable<int>>([third, first, second], await NumbersAsync());
        Assert.Equal(202, (await host.PostAsync($"scans/{second}/abort", "{}")).Status);
        AssertProblem(await host.PostAsync($"scans/{first}/complete", "{}"), "scan.not_running");
        AssertProblem(await host.PostAsync($"scans/{first}/move", """{"direction": "to"}"""), "scan.move.invalid");
        var released = await host.Client.DeleteAsync(new Uri("queues/primary/locks/me", UriKind.Relative), Cancel);
        Assert.True(released.IsSuccessStatusCode);
        Assert.Equal("completed", (await host.EndOfAsync(third)).GetProperty("state").GetString());
        Assert.Equal("completed", (await host.EndOfAsync(first)).GetProperty("state").GetString());
        var (again, copy) = await host.PostAsync($"scans/{second}/restart", """{"reason": "after all"}""");
        Assert.Equal(202, again);
        Assert.Equal("completed", (await host.EndOfAsync(copy.GetProperty("number").GetInt32())).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_request_makes_its_queue_and_a_mistaken_name_is_refused()
    {
        var number = await SubmitAsync(Line.Replace("\"scan\": \"line\"", "\"scan\": \"line\", \"queue\": \"alignment\"", StringComparison.Ordinal));
        Assert.Equal("alignment", (await host.EndOfAsync(number)).GetProperty("queue").GetString());
        AssertProblem(await host.PostAsync("queues/alignmint/pause", "{}"), "scan.queue.unknown");
        AssertProblem(await host.PostAsync("queues/primary/pause", "{}"), "scan.queue.empty");
    }

    [Fact]
    public async Task An_alarm_is_raised_listed_and_acknowledged()
    {
        AssertProblem(await host.PostAsync("alarms", """{"severity": "major", "message": "", "scan": "999"}"""), "alarm.invalid");
        var (status, alarm) = await host.PostAsync("alarms", """{"severity": "warning", "message": "the hutch is warm"}""");
        Assert.Equal(201, status);
        var id = alarm.GetProperty("id").GetString();
        var open = await host.GetAsync("alarms?state=Open&severity=Warning");
        Assert.Contains(open.GetProperty("items").EnumerateArray(), a => a.GetProperty("id").GetString() == id);
        Assert.Equal(200, (await host.PostAsync($"alarms/{id}/acknowledge", """{"comment": "window open"}""")).Status);
        Assert.Equal("window open", (await host.GetAsync($"alarms/{id}")).GetProperty("comment").GetString());
    }

    [Fact]
    public async Task A_list_is_kept_and_submitted()
    {
        Assert.Equal(200, (await host.PostAsync("scan-lists/night/scans", Line)).Status);
        Assert.Equal(1, (await host.GetAsync("scan-lists/night")).GetProperty("items").GetArrayLength());
        var (_, outcome) = await host.PostAsync("scan-lists/night/submit", "{}");
        var number = outcome.GetProperty("numbers")[0].GetInt32();
        Assert.Equal("completed", (await host.EndOfAsync(number)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Control_is_taken_and_put_down()
    {
        var (_, taken) = await host.PostAsync("baton/take", """{"reason": "alignment"}""");
        Assert.Equal("alignment", taken.GetProperty("reason").GetString());
        Assert.Equal("completed", (await host.EndOfAsync(await SubmitAsync(Line))).GetProperty("state").GetString());
        Assert.Equal(200, (await host.PostAsync("baton/release", "{}")).Status);
        AssertProblem(await host.PostAsync("baton/release", "{}"), "scan.baton.free");
    }

    [Fact]
    public async Task A_state_is_defined_seen_and_demanded_by_the_interlock()
    {
        AssertProblem(await PutAsync("beamline/states/x", """{"kind": "within_limits", "address": "samq"}"""), "beamline.state.invalid");
        AssertProblem(await PutAsync("beamline/interlock", """{"is_enabled": true, "states": {"nowhere": []}}"""), "beamline.state.unknown");
        var defined = await PutAsync(
            "beamline/states/sample", """{"kind": "within_limits", "address": "samz", "low": -10, "high": 10, "tolerance": 0.5}""");
        Assert.Equal(200, defined.Status);
        await UntilAsync("valid", async () => (await host.GetAsync("beamline/states")).GetProperty("states")[0].GetProperty("status").GetString());
        Assert.Equal(200, (await PutAsync(
            "beamline/interlock", """{"is_enabled": true, "on_loss": "pause", "states": {"sample": ["invalid"]}}""")).Status);
        await UntilAsync("locked", StateAsync);
        using var reset = await host.Client.DeleteAsync(new Uri("beamline/interlock", UriKind.Relative), Cancel);
        Assert.True(reset.IsSuccessStatusCode);
        await UntilAsync("running", StateAsync);
        using var removed = await host.Client.DeleteAsync(new Uri("beamline/states/sample", UriKind.Relative), Cancel);
        Assert.True(removed.IsSuccessStatusCode);
        Assert.Equal(0, (await host.GetAsync("beamline/states")).GetProperty("states").GetArrayLength());

        async Task<string?> StateAsync() => (await host.GetAsync("queues/primary")).GetProperty("state").GetString();
    }

    private static void AssertProblem((int Status, JsonElement Answer) answer, string code) => Assert.True(
        answer.Status >= 400 && answer.Answer.GetProperty("type").GetString() == code, $"{answer.Status} {answer.Answer.GetRawText()}, expected {code}");

    private static async Task UntilAsync(string expected, Func<Task<string?>> actual)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await actual() is var now && now != expected)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"It is {now}, expected {expected}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    private async Task<int> SubmitAsync([System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json) =>
        (await host.PostAsync("scans", json)).Answer.GetProperty("number").GetInt32();

    private async Task<IEnumerable<int>> NumbersAsync() => (await host.GetAsync("queues/primary")).GetProperty("scans")
        .EnumerateArray().Select(s => s.GetProperty("number").GetInt32());

    private async Task<(int Status, JsonElement Answer)> PutAsync(
        string path, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await host.Client.PutAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }
}

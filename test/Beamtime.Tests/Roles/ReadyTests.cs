using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Roles;

/// <summary>Readiness and liveness of the program as it runs.</summary>
public sealed class ReadyTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_that_is_well_says_so_for_every_thing_it_depends_on()
    {
        // A worker and a scheduler announce themselves a moment after the start.
        var ready = await WaitAsync(r => r.GetProperty("state").GetString() == "ready");
        Assert.Equal(
            ["database", "loops", "jobs", "workers", "scheduler", "disk", "topics", "devices"], Checks(ready).Keys);
        Assert.All(Checks(ready).Values, c => Assert.NotEqual("", c.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Loops_say_when_they_came_round()
    {
        await WaitAsync(ready => ready.GetProperty("loops").EnumerateArray().Any(
            l => l.GetProperty("name").GetString() == "bundler" && l.TryGetProperty("last_beat", out _)));
    }

    [Fact]
    public async Task Without_its_database_it_takes_no_work_and_says_why_and_what_mends_it()
    {
        // Its loops have begun; an outage before that stops the start.
        var (_, scan) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "2", "exposure": "0"}}""");
        await host.EndOfAsync(scan.GetProperty("number").GetInt32());
        await using (await host.Host.Services.GetRequiredService<BeamtimeDatabase>().BeginOutageAsync(Cancel))
        {
            var ready = await WaitAsync(r => r.GetProperty("state").GetString() == "down");
            var check = Checks(ready)["database"];
            Assert.Equal("database.unreachable", check.GetProperty("code").GetString());
            Assert.NotEqual("", check.GetProperty("remedy").GetString());
            using var live = await host.Client.GetAsync(new Uri("live", UriKind.Relative), Cancel);
            Assert.Equal(200, (int)live.StatusCode);
            Assert.Contains("beamtime_database_up 0", await MetricsAsync(), StringComparison.Ordinal);
        }

        await WaitAsync(r => r.GetProperty("state").GetString() == "ready");
    }

    private async Task<string> MetricsAsync() => await host.Client.GetStringAsync(new Uri("metrics", UriKind.Relative), Cancel);

    private async Task<JsonElement> WaitAsync(Func<JsonElement, bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (status, ready) = await ReadyAsync();
            Assert.Equal(ready.GetProperty("state").GetString() == "down" ? 503 : 200, status);
            if (condition(ready))
            {
                return ready;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), ready.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }
    }

    private async Task<(int Status, JsonElement Ready)> ReadyAsync()
    {
        using var answer = await host.Client.GetAsync(new Uri("ready", UriKind.Relative), Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }

    private static Dictionary<string, JsonElement> Checks(JsonElement ready) =>
        ready.GetProperty("checks").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!);
}

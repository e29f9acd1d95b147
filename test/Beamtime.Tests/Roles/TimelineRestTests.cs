using System.Text.Json;

namespace Beamtime.Tests.Roles;

/// <summary>What happened to a scan, from the request to its copies, as one story over REST.</summary>
public sealed class TimelineRestTests(RunningHost host) : IClassFixture<RunningHost>
{
    [Fact]
    public async Task A_scan_is_told_from_the_request_to_its_verified_copy()
    {
        var (_, accepted) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "3"}, "metadata": {"title": "told"}}""");
        var number = accepted.GetProperty("number").GetInt32();
        await host.EndOfAsync(number);
        await SecuredAsync(number);

        var story = await host.GetAsync($"timeline/scan/{number}");
        var lines = story.GetProperty("items").EnumerateArray().ToArray();

        string?[] types = [.. lines.Select(line => line.GetProperty("type").GetString())];
        Assert.Equal(["scan.admitted", "scan.started"], types.Take(2));
        foreach (var type in new[]
        {
            "scan.ended", "recording.closed", "dataset.registered", "dataset.placed", "dataset.file_copied",
            "dataset.file_verified", "dataset.secured", "workflow.step_finished", "workflow.completed",
        })
        {
            Assert.Contains(type, types);
        }

        Assert.Single(lines.Select(line => line.GetProperty("correlation").GetString()).Distinct());
        Assert.Equal(lines.Length, story.GetProperty("total").GetInt64());
        var first = lines[0];
        Assert.Equal("accepted: line samx 0 1", first.GetProperty("line").GetString());
        Assert.Equal($"S{number:D5}", first.GetProperty("name").GetString());
        Assert.Equal("operator", first.GetProperty("who").GetProperty("name").GetString());
        Assert.All(
            lines.Where(line => line.GetProperty("type").GetString() == "dataset.file_copied"),
            line => Assert.Equal("bytes", line.GetProperty("details")[0].GetProperty("unit").GetString()));
        var registered = lines.Single(line => line.GetProperty("type").GetString() == "dataset.registered");
        Assert.Equal("recording", registered.GetProperty("cause").GetProperty("kind").GetString());

        // The same story by the name of the data set, by the bare id, and by its correlation.
        var id = first.GetProperty("id").GetString();
        foreach (var path in new[] { $"timeline/dataset/S{number:D5}", $"timeline/{id}", $"timeline?correlation={id}" })
        {
            Assert.Equal(lines.Length, (await host.GetAsync(path)).GetProperty("total").GetInt64());
        }

        var own = await host.GetAsync($"timeline/scan/S{number:D5}?related=false");
        Assert.All(own.GetProperty("items").EnumerateArray(), line => Assert.Equal("scan", line.GetProperty("kind").GetString()));
    }

    [Theory]
    [InlineData("timeline/scan/99999", 404, "ledger.entity.unknown")]
    [InlineData("timeline/nobody-knows", 404, "ledger.entity.unknown")]
    [InlineData("timeline/lantern/1", 404, "ledger.kind.unknown")]
    [InlineData("timeline?kinds=lantern", 422, "ledger.filter.invalid")]
    [InlineData("timeline?limit=0", 422, "ledger.filter.invalid")]
    [InlineData("timeline?since=yesterday", 400, "request.malformed")]
    public async Task A_question_that_cannot_be_answered_is_a_problem(string path, int status, string code)
    {
        using var answer = await host.Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal((status, code), ((int)answer.StatusCode, problem.GetProperty("type").GetString()));
    }

    private async Task SecuredAsync(int number)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var page = await host.GetAsync($"timeline/scan/{number}?kinds=dataset,workflow&limit=1000");
            var types = page.GetProperty("items").EnumerateArray().Select(line => line.GetProperty("line").GetString()).ToArray();
            if (types.Contains("workflow completed"))
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), string.Join('\n', types));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}

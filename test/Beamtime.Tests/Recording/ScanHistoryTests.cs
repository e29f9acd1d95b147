using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Tests.Roles;

namespace Beamtime.Tests.Recording;

/// <summary>The history of recorded scans and the names of their files, over REST.</summary>
public sealed class ScanHistoryTests(RunningHost host) : IClassFixture<RunningHost>
{
    [Fact]
    public async Task A_recorded_scan_is_found_with_the_shape_and_type_of_everything_in_its_file()
    {
        var number = await ScanAsync(
            """
            {"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "4"},
             "metadata": {"title": "a dark night", "sample_name": "quartz"},
             "file_suffix": "dark", "file_directory": "night/first", "account": "p12345"}
            """);
        var item = await RecordedAsync(number);

        Assert.EndsWith($"/rest/night/first/S{number:D5}_master_dark.h5", item.GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists(item.GetProperty("file").GetString()));
        Assert.Equal(
            ("line", "completed", 4, "quartz", "p12345"),
            (Text(item, "name"), Text(item, "end").ToLowerInvariant(), item.GetProperty("points").GetInt32(), Text(item, "sample"), Text(item, "account")));
        var contents = item.GetProperty("contents").EnumerateArray()
            .Select(s => $"{Text(s, "signal")} {s.GetProperty("shape").GetRawText()} {Text(s, "type")}").ToArray();
        Assert.Contains("samx [4] float64", contents);
        Assert.Contains("bpm4i [4] int64", contents);
        Assert.Contains("samz [] float64", contents);
        using (var file = H5File.Open(item.GetProperty("file").GetString()!))
        {
            Assert.Equal("operator", file.OpenDataset("/entry/user/name").ReadString());
            Assert.Equal("p12345", file.OpenDataset("/entry/experiment_identifier").ReadString());
        }

        foreach (var query in new[] { "text=NIGHT", "name=line", "device=bpm4i", "account=p12345", "end=Completed", "after=2020-01-01T00:00:00Z" })
        {
            Assert.Contains(await NumbersAsync(query), n => n == number);
        }

        foreach (var query in new[] { "text=day", "name=grid", "device=eiger", "account=p1", "end=Aborted", "before=2020-01-01T00:00:00Z" })
        {
            Assert.DoesNotContain(await NumbersAsync(query), n => n == number);
        }

        var page = await host.GetAsync($"scan-points/{number}?from=1&limit=2");
        Assert.Equal(4, page.GetProperty("total").GetInt32());
        Assert.Equal([1, 2], page.GetProperty("points").EnumerateArray().Select(p => p.GetProperty("id").GetInt32()));
        var samx = page.GetProperty("columns").EnumerateArray().Select(c => Text(c, "signal")).ToList().IndexOf("samx");
        Assert.Equal(1.0 / 3, page.GetProperty("points")[0].GetProperty("values")[samx].GetDouble(), 9);
        var second = await ScanAsync("""{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "2"}}""");
        await RecordedAsync(second);
        Assert.Equal([second], await NumbersAsync("limit=1"));
        Assert.Equal([number], await NumbersAsync("limit=1&offset=1"));
    }

    [Fact]
    public async Task Names_that_lead_elsewhere_are_refused_before_the_queue_with_every_reason()
    {
        var (status, answer) = await host.PostAsync(
            "scans",
            """
            {"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "4"},
             "file_suffix": "../x", "file_directory": "../../etc", "account": "a b"}
            """);
        Assert.Equal(422, status);
        Assert.Equal(
            3, answer.GetProperty("reasons").EnumerateArray().Count(r => r.GetProperty("code").GetString() == "scan.file.invalid"));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private async Task<int> ScanAsync([System.Diagnostics.CodeAnalysis.StringSyntax("json")] string request)
    {
        var (status, accepted) = await host.PostAsync("scans", request);
        Assert.True(status == 202, accepted.GetRawText());
        var number = accepted.GetProperty("number").GetInt32();
        await host.EndOfAsync(number);
        return number;
    }

    private async Task<JsonElement> RecordedAsync(int number)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await host.Client.GetAsync(new Uri($"scan-history/S{number:D5}", UriKind.Relative), deadline.Token);
            if (answer.IsSuccessStatusCode)
            {
                return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(deadline.Token)).RootElement;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }

    private async Task<int[]> NumbersAsync(string query) =>
        [.. (await host.GetAsync($"scan-history?{query}")).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("number").GetInt32())];
}

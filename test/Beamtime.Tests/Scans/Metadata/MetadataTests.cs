using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Tests.Roles;

namespace Beamtime.Tests.Scans.Metadata;

/// <summary>What goes with every scan, repeated scans and their points as a table: over REST, down to the file.</summary>
public sealed class MetadataTests(RunningHost host) : IClassFixture<RunningHost>
{
    private const string Line = """{"scan": "line", "args": ["samx", 0, 1], "parameters": {"steps": 3}""";

    [Fact]
    public async Task What_stands_goes_with_a_scan_into_its_record_its_file_and_its_repetition()
    {
        await ChangedAsync("set", """{"scope": "beamline", "values": {"comment": "beam is weak", "proposal": 7}}""");
        await ChangedAsync("set", """{"scope": "account", "account": "p1", "values": {"sample_name": "the account's"}}""");
        await ChangedAsync("set", """{"values": {"sample_name": "quartz"}}""");
        await ChangedAsync("enter", """{"context": "align", "values": {"stage": "coarse", "comment": ""}}""");
        var standing = await ChangedAsync("enter", """{"context": "fine", "values": {"stage": "fine"}}""");
        Assert.Equal(["", "", "align", "fine"], standing.GetProperty("contexts").EnumerateArray().Select(c => c.GetProperty("name").GetString()));

        var scan = await ScanAsync($$$"""{{{Line}}}, "account": "p1", "metadata": {"title": "one"}}""");
        var metadata = scan.GetProperty("request").GetProperty("metadata");
        Assert.Equal(
            [("proposal", "7"), ("sample_name", "quartz"), ("stage", "fine"), ("title", "one")],
            metadata.EnumerateObject().Select(p => (p.Name, p.Value.GetString()!)).Order());
        using (var file = H5File.Open(scan.GetProperty("file").GetString()!))
        {
            Assert.Equal("fine", file.OpenDataset("/entry/collection/metadata/stage").ReadString());
            Assert.Equal("quartz", file.OpenDataset("/entry/sample/name").ReadString());
        }

        Assert.Equal("coarse", Text(await ChangedAsync("leave", """{"context": "fine"}"""), "stage"));
        Assert.Equal("beam is weak", Text(await ChangedAsync("leave", """{}"""), "comment"));
        var (status, gone) = await host.PostAsync("scan-metadata/leave", """{"context": "fine"}""");
        Assert.Equal((404, "scan.context.unknown"), (status, gone.GetProperty("reasons")[0].GetProperty("code").GetString()));

        var number = scan.GetProperty("number").GetInt32();
        (status, var repeated) = await host.PostAsync($"scans/S{number:D5}/repeat", """{"times": 2}""");
        Assert.True(status == 202, repeated.GetRawText());
        foreach (var again in repeated.GetProperty("scans").EnumerateArray())
        {
            var over = await host.EndOfAsync(again.GetProperty("number").GetInt32());
            Assert.Equal("completed", over.GetProperty("state").GetString());
            Assert.Equal(metadata.GetRawText(), over.GetProperty("request").GetProperty("metadata").GetRawText());
            Assert.Equal("p1", over.GetProperty("request").GetProperty("account").GetString());
        }

        Assert.Empty(repeated.GetProperty("reasons").EnumerateArray());
    }

    [Fact]
    public async Task A_repetition_is_refused_with_every_reason_when_its_devices_are_gone()
    {
        var scan = await ScanAsync(Line + "}");
        var number = scan.GetProperty("number").GetInt32();
        // Its devices are let go just after its end is told.
        var (status, answer) = await host.PostAsync("device-configuration/update", """{"devices": {"samx": {"enabled": false}}}""");
        while (status == 409)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
            (status, answer) = await host.PostAsync("device-configuration/update", """{"devices": {"samx": {"enabled": false}}}""");
        }

        Assert.True(status < 300, answer.GetRawText());
        try
        {
            (status, answer) = await host.PostAsync($"scans/{number}/repeat", "{}");
            Assert.Equal(422, status);
            Assert.Contains("samx", answer.GetProperty("reasons")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        finally
        {
            await host.PostAsync("device-configuration/update", """{"devices": {"samx": {"enabled": true}}}""");
        }

        Assert.Equal(404, (await host.PostAsync("scans/99999/repeat", "{}")).Status);
        Assert.Equal(422, (await host.PostAsync($"scans/{number}/repeat", """{"times": 0}""")).Status);
    }

    [Fact]
    public async Task A_context_is_refused_with_every_reason()
    {
        var (status, answer) = await host.PostAsync(
            "scan-metadata/enter", """{"context": "a b", "values": {"a/b": "1"}, "until": "2020-01-01T00:00:00Z"}""");
        Assert.Equal(422, status);
        Assert.Equal(
            ["scan.context.invalid", "scan.context.invalid", "scan.metadata.key"],
            answer.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()).Order(StringComparer.Ordinal));
        (status, answer) = await host.PostAsync(
            "scan-metadata/set", $$$"""{"values": {"long": "{{{new string('x', 9000)}}}"}}""");
        Assert.Equal((422, "scan.metadata.large"), (status, answer.GetProperty("reasons")[0].GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Points_are_a_table_with_units_whose_rows_are_those_of_the_file()
    {
        var scan = await ScanAsync(Line + """, "metadata": {"title": "two\nlines"}}""");
        var number = scan.GetProperty("number").GetInt32();
        using var answer = await host.Client.GetAsync(new Uri($"scan-points/{number}/csv", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("text/csv", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal($"S{number:D5}.csv", answer.Content.Headers.ContentDisposition?.FileName);
        var lines = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\r\n");
        Assert.Contains("# metadata title: two lines", lines);
        var rows = lines.Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(',')).ToArray();
        Assert.Equal(4, rows.Length);
        Assert.Equal(["point", "timestamp [s]"], rows[0][..2]);
        var samx = Array.IndexOf(rows[0], "samx [mm]");
        Assert.Equal(["0", "0.5", "1"], rows[1..].Select(r => r[samx]));
        Assert.Equal(["0", "1", "2"], rows[1..].Select(r => r[0]));
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));

        var bare = await host.Client.GetStringAsync(new Uri($"scan-points/{number}/csv?comments=false", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.StartsWith("point,", bare, StringComparison.Ordinal);
    }

    private async Task<JsonElement> ChangedAsync(string verb, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string change)
    {
        var (status, answer) = await host.PostAsync($"scan-metadata/{verb}", change);
        Assert.True(status == 200, answer.GetRawText());
        return answer;
    }

    private static string? Text(JsonElement answer, string key) =>
        answer.GetProperty("values").TryGetProperty(key, out var value) ? value.GetString() : null;

    private async Task<JsonElement> ScanAsync([System.Diagnostics.CodeAnalysis.StringSyntax("json")] string request)
    {
        var (status, accepted) = await host.PostAsync("scans", request);
        Assert.True(status == 202, accepted.GetRawText());
        return await RecordedAsync(accepted.GetProperty("number").GetInt32());
    }

    private async Task<JsonElement> RecordedAsync(int number)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var scan = await host.GetAsync($"scans/{number}");
            if (scan.TryGetProperty("ended_at", out _) && scan.TryGetProperty("is_recorded", out var recorded) && recorded.GetBoolean())
            {
                return scan;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }
}

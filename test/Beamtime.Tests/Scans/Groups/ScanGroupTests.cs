using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Tests.Roles;

namespace Beamtime.Tests.Scans.Groups;

/// <summary>Whole scans that belong together: over REST, down to file and history.</summary>
public sealed class ScanGroupTests(RunningHost host) : IClassFixture<RunningHost>
{
    private const string Quick = """{"scan": "line", "args": ["samx", 0, 1], "parameters": {"steps": 2}}""";
    private const string Long = """{"scan": "line", "args": ["samz", 0, 40], "parameters": {"steps": 2}}""";

    [Fact]
    public async Task Scans_of_a_group_share_its_dataset_number_in_record_file_and_history()
    {
        var before = await EndedAsync(await AcceptAsync(Quick));
        await ChangedAsync("enter", """{"context": "series-7", "is_group": true, "values": {"sample_name": "quartz"}}""");
        var first = await EndedAsync(await AcceptAsync(Quick));
        // One inside it changes nothing of it.
        await ChangedAsync("enter", """{"context": "fine", "values": {"stage": "fine"}}""");
        var second = await EndedAsync(await AcceptAsync(Quick));
        await ChangedAsync("leave", """{"context": "series-7"}""");
        var after = await EndedAsync(await AcceptAsync(Quick));
        var again = await RepeatedAsync(first);

        var dataset = Dataset(before);
        Assert.Equal([dataset + 1, dataset + 1, dataset + 2, dataset + 3], ((JsonElement[])[first, second, after, again]).Select(Dataset));
        Assert.False(before.TryGetProperty("group", out _) || after.TryGetProperty("group", out _) || again.TryGetProperty("group", out _));
        var id = first.GetProperty("group").GetProperty("id").GetString();
        Assert.Equal(first.GetProperty("group").GetRawText(), second.GetProperty("group").GetRawText());
        using (var file = H5File.Open(second.GetProperty("file").GetString()!))
        {
            Assert.Equal(dataset + 1, file.OpenDataset("/entry/collection/metadata/bec/dataset_number").ReadScalar<long>());
            Assert.Equal("series-7", file.OpenDataset("/entry/collection/metadata/bec/scan_group_name").ReadString());
            Assert.Equal("quartz", file.OpenDataset("/entry/sample/name").ReadString());
        }

        int[] numbers = [Number(first), Number(second)];
        foreach (var query in new[] { $"group={id}", "group=series-7", $"dataset={dataset + 1}" })
        {
            var items = (await host.GetAsync($"scan-history?{query}")).GetProperty("items").EnumerateArray();
            Assert.Equal(numbers, items.Select(Number).Order());
        }

        var shown = await host.GetAsync("scan-groups/series-7");
        Assert.Equal(numbers, shown.GetProperty("scans").EnumerateArray().Select(Number));
        Assert.Equal(dataset + 1, Dataset(shown.GetProperty("group")));
        Assert.Contains((await host.GetAsync("scan-groups")).EnumerateArray(), g => g.GetProperty("id").GetString() == id);
        using var unknown = await host.Client.GetAsync(new Uri("scan-groups/nobody", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    [Fact]
    public async Task A_scan_of_a_group_goes_right_behind_those_that_wait()
    {
        // For all scans on an account: those of others come between.
        const string Mine = """{"scan": "line", "args": ["samx", 0, 1], "parameters": {"steps": 2}, "account": "p7"}""";
        var running = await AcceptAsync(Long);
        await ChangedAsync("enter", """{"scope": "account", "account": "p7", "context": "together", "is_group": true}""");
        var first = await AcceptAsync(Mine);
        var other = await AcceptAsync(Quick);
        var second = await AcceptAsync(Mine);
        await ChangedAsync("leave", """{"scope": "account", "account": "p7"}""");
        var later = await AcceptAsync(Mine);

        // A group of the same name is another one.
        await ChangedAsync("enter", """{"scope": "account", "account": "p7", "context": "together", "is_group": true}""");
        var third = await AcceptAsync(Mine);
        await ChangedAsync("leave", """{"scope": "account", "account": "p7"}""");

        var queue = (await host.GetAsync("queue")).GetProperty("items").EnumerateArray().Select(Number).ToArray();
        Assert.Equal([first, second, other, later, third], queue.SkipWhile(n => n != first));
        foreach (var number in queue.Reverse())
        {
            await host.PostAsync($"scans/{number}/abort", "{}");
        }

        Assert.Equal("aborted", (await host.EndOfAsync(running)).GetProperty("state").GetString());
    }

    private async Task ChangedAsync(string verb, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string change)
    {
        var (status, answer) = await host.PostAsync($"scan-metadata/{verb}", change);
        Assert.True(status == 200, answer.GetRawText());
    }

    private async Task<int> AcceptAsync([System.Diagnostics.CodeAnalysis.StringSyntax("json")] string request)
    {
        var (status, accepted) = await host.PostAsync("scans", request);
        Assert.True(status == 202, accepted.GetRawText());
        return Number(accepted);
    }

    private async Task<JsonElement> RepeatedAsync(JsonElement scan)
    {
        var (status, answer) = await host.PostAsync($"scans/{Number(scan)}/repeat", "{}");
        Assert.True(status == 202, answer.GetRawText());
        return await EndedAsync(Number(answer.GetProperty("scans")[0]));
    }

    // Its recording is in the history by then.
    private async Task<JsonElement> EndedAsync(int number)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
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

    private static int Number(JsonElement scan) => scan.GetProperty("number").GetInt32();

    private static int Dataset(JsonElement scan) => scan.GetProperty("dataset").GetInt32();
}

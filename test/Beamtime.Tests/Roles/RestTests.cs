using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Roles;

/// <summary>The whole program, spoken to as any client does.</summary>
public sealed class RestTests(RunningHost host) : IClassFixture<RunningHost>
{
    private const string Line =
        """
        {"scan": "line", "args": ["samx", "-5", "5"], "parameters": {"steps": "11"}, "metadata": {"title": "first light"}}
        """;

    [Fact]
    public void Every_route_names_its_permission() => Assert.Empty(RoutePermissions.Missing(host.Host.Routes));

    [Fact]
    public async Task A_line_is_scanned_and_its_file_lies_there()
    {
        var (status, accepted) = await host.PostAsync("scans", Line);
        Assert.Equal(202, status);
        var scan = await host.EndOfAsync(accepted.GetProperty("number").GetInt32());
        Assert.Equal("completed", scan.GetProperty("state").GetString());
        Assert.Equal(11, scan.GetProperty("points").GetInt32());
        Assert.Equal("first light", scan.GetProperty("request").GetProperty("metadata").GetProperty("title").GetString());
        var file = scan.GetProperty("file").GetString()!;
        await EventuallyAsync(() => File.Exists(file), file);
        var samx = await host.GetAsync("devices/samx");
        Assert.Equal(5, samx.GetProperty("signals")[0].GetProperty("value").GetDouble(), 6);
    }

    [Fact]
    public async Task A_scan_that_runs_is_aborted_over_REST()
    {
        var (_, accepted) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samz", "0", "50"], "parameters": {"steps": "3"}}""");
        var number = accepted.GetProperty("number").GetInt32();
        await EventuallyAsync(
            async () => (await host.GetAsync($"scans/{number}")).GetProperty("state").GetString() == "running", "running");
        var busy = await host.PostAsync("devices/samz/set", """{"value": 1}""");
        AssertProblem(busy, 409, "device.busy");
        var (status, _) = await host.PostAsync($"scans/{number}/abort", """{"reason": "wrong sample"}""");
        Assert.Equal(202, status);
        var scan = await host.EndOfAsync(number);
        Assert.Equal("aborted", scan.GetProperty("state").GetString());
        Assert.Contains("wrong sample", scan.GetProperty("reasons")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        AssertProblem(await host.PostAsync($"scans/{number}/abort", "{}"), 422, "scan.over");
        Assert.Equal(200, (await host.PostAsync("devices/samz/set", """{"value": 0}""")).Status);
    }

    [Theory]
    [InlineData("scans", """{"scan": "lien", "args": []}""", 404, "scan.name.unknown")]
    [InlineData("scans", """{"scan": "line", "args": ["samq", "0", "1"], "parameters": {"steps": "2"}}""", 404, "device.unknown")]
    [InlineData("scans", """{"scan": "line", "args": ["off", "0", "1"], "parameters": {"steps": "2"}}""", 422, "device.disabled")]
    [InlineData("scans", """{"scan": "line", "args": ["samx", "0", "51"], "parameters": {"steps": "2"}}""", 422, "scan.limit.exceeded")]
    [InlineData("scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"stepz": "2"}}""", 422, "scan.parameter.unknown")]
    [InlineData("scans", """{"scan": "line", "args": ["samx", "0", "1"], "paramters": {}}""", 400, "request.malformed")]
    [InlineData("scans", """{"args": []}""", 400, "request.malformed")]
    [InlineData("scans", """{"scan": "line", "args": null}""", 400, "request.malformed")]
    [InlineData("scans", """{"scan": null}""", 400, "request.malformed")]
    [InlineData("scans", """{"scan": "line", "args": [null, "0", "1"], "parameters": {"steps": "2"}}""", 422, "scan.parameter.invalid")]
    [InlineData("scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": null}}""", 422, "scan.parameter.invalid")]
    [InlineData("scans", "[", 400, "request.malformed")]
    [InlineData("scans/999/abort", "{}", 404, "scan.unknown")]
    [InlineData("devices/samq/set", """{"value": 1}""", 404, "device.unknown")]
    [InlineData("devices/samx/set", """{"value": 51}""", 422, "device.limit.exceeded")]
    [InlineData("devices/samx/set", """{"value": "far"}""", 422, "device.value.invalid")]
    [InlineData("devices/samx/set", """{"value": [1]}""", 422, "device.value.invalid")]
    [InlineData("devices/samx/set", """{"value": 1, "signal": "speed"}""", 422, "device.unable")]
    [InlineData("devices/samx/set", """{"valu": 1}""", 400, "request.malformed")]
    [InlineData("nowhere", "{}", 404, "route.unknown")]
    public async Task Bad_input_is_a_problem_document_and_nothing_is_half_done(string path, string json, int status, string code)
    {
        var before = (await host.GetAsync("scans")).GetProperty("total").GetInt64();
        AssertProblem(await host.PostAsync(path, json), status, code);
        Assert.Equal(before, (await host.GetAsync("scans")).GetProperty("total").GetInt64());
    }

    [Fact]
    public async Task Every_reason_stands_in_the_problem()
    {
        var (_, problem) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samx", "x", "51"], "parameters": {"steps": "0", "exposure": "-1"}}""");
        Assert.Equal(3, problem.GetProperty("reasons").GetArrayLength());
    }

    [Fact]
    public async Task A_second_program_on_the_same_data_folder_is_refused_and_the_first_goes_on()
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => host.StartAgainAsync());
        Assert.Equal("database.folder.locked", Assert.Single(refused.Reasons).Code);
        Assert.True((await host.GetAsync("status")).GetProperty("is_database_reachable").GetBoolean());
    }

    [Fact]
    public async Task A_device_is_listed_with_units_and_reasons()
    {
        var devices = await host.GetAsync("devices");
        Assert.Equal(["bpm4i", "off", "samx", "samz"], devices.EnumerateArray().Select(d => d.GetProperty("name").GetString()));
        Assert.Equal("device.disabled", devices[1].GetProperty("reason").GetProperty("code").GetString());
        Assert.Equal("mm", devices[2].GetProperty("signals")[0].GetProperty("unit").GetString());
    }

    private static void AssertProblem((int Status, JsonElement Answer) answer, int status, string code)
    {
        Assert.True(
            answer.Status == status && answer.Answer.GetProperty("type").GetString() == code,
            $"{answer.Status} {answer.Answer.GetRawText()}, expected {status} {code}");
        Assert.NotEqual("", answer.Answer.GetProperty("reasons")[0].GetProperty("remedy").GetString());
    }

    private static Task EventuallyAsync(Func<bool> condition, string what) =>
        EventuallyAsync(() => Task.FromResult(condition()), what);

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"{what}: not yet");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}

using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Drill;

/// <summary>One trace from a request over REST through questions, topics and jobs, with the roles in processes of their own.</summary>
public sealed class TraceRoadTests : IDisposable
{
    private const string Trace = "7d1f0a7f5be94f6a9d5d1c1e7b0c2a44";
    private static readonly string[] User =
        ["--user", "facility", "on", ">time", "~beamtime:*", "&beamtime:*", "+@all", "-@admin", "-@dangerous", "+info", "--user", "default", "off"];

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("trace-road");
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("grpc")]
    public async Task A_scan_asked_for_over_rest_is_one_trace_down_to_its_recording_over_encrypted_topics(string protocol)
    {
        await using var collector = await TraceCollector.StartAsync(Cancel);
        await using var redis = await RedisServer.StartTlsAsync(_authority, _authority.Issue("redis", ["localhost"]), User);
        await using var postgres = await FacilityPostgres.StartAsync(_folder["server"], Cancel);
        var (certificate, key) = _authority.Issue("roles", []);
        KillSite.Make(_folder["site"]);
        await File.AppendAllTextAsync(
            Path.Combine(_folder["site"], "beamtime.yaml"),
            $"topics:\n  ca_file: {_authority.CaFile}\n  certificate_file: {certificate}\n  key_file: {key}\n",
            Cancel);
        await File.WriteAllTextAsync(_folder["secret"], "a secret of the tests, which nobody needs to guess\n", Cancel);
        File.SetUnixFileMode(_folder["secret"], UnixFileMode.UserRead);
        Dictionary<string, string> variables = new()
        {
            ["DATABASE_URL"] = postgres.Url,
            ["REDIS_URL"] = redis.TlsUrl(login: "facility:time@"),
            ["BEAMTIME_SECRET_FILE"] = _folder["secret"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = protocol == "grpc" ? collector.GrpcAddress : collector.HttpAddress,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        };
        await using (var beamline = await RunAsync(variables, "scan-server,device-server,bundler,file-writer"))
        await using (var worker = await RunAsync(variables, "worker,scheduler"))
        await using (var api = await RunAsync(variables, "api"))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "scans")
            {
                Content = JsonContent.Create(KillSite.Scan("line", ["samx", "0", "1"], ("steps", "5"), ("exposure", "0.01"))),
            };
            request.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
            using var answer = await api.Http.SendAsync(request, Cancel);
            var scan = (await answer.Content.ReadFromJsonAsync<JsonNode>(Cancel))!;
            Assert.True(answer.IsSuccessStatusCode, scan.ToJsonString());
            await api.WaitAsync($"scans/{scan["number"]}", s => s["is_recorded"]?.GetValue<bool>() ?? false, Cancel);
            await api.WaitAsync("jobs", IsDone, Cancel);
        }

        // Each process has sent what it had when it stopped.
        var spans = collector.Spans.Where(s => s.Trace == Trace).ToList();
        var told = string.Join('\n', spans.Select(s => $"{s.Roles}: {s.Name} {s.Id} below {s.Parent}"));
        TestContext.Current.TestOutputHelper?.WriteLine(told);
        var asked = One("POST /api/v2/scans", "api");
        Assert.Equal("00f067aa0ba902b7", asked.Parent);
        var question = spans.Single(s => s.Name.StartsWith("ask ", StringComparison.Ordinal) && s.Parent == asked.Id);
        var answered = spans.Single(s => s.Name.StartsWith("answer ", StringComparison.Ordinal) && s.Parent == question.Id);
        Assert.Contains("scan-server", answered.Roles, StringComparison.Ordinal);
        var taken = One("scan line", "scan-server");
        Assert.Equal(answered.Id, taken.Parent);
        var recorded = One("recording", "file-writer");
        Assert.Equal(taken.Id, recorded.Parent);
        // What follows from the ledger is a trace of its own: the job, and its steps below it.
        var job = collector.Spans.First(s => s.Name == "job workflow.recording.v1" && s.Roles.Contains("worker", StringComparison.Ordinal));
        Assert.Contains(collector.Spans, s => s.Trace == job.Trace && s.Parent == job.Id && s.Name.StartsWith("step ", StringComparison.Ordinal));

        ReceivedSpan One(string name, string role)
        {
            Assert.True(spans.Count(s => s.Name == name && s.Roles.Contains(role, StringComparison.Ordinal)) == 1, $"{name}\n{told}");
            return spans.Single(s => s.Name == name);
        }
    }

    private static bool IsDone(JsonNode jobs) => jobs["items"] is JsonArray { Count: > 0 } items
        && items.All(job => job!["state"]!.GetValue<string>() == "succeeded");

    private Task<RunningProgram> RunAsync(Dictionary<string, string> variables, string roles) =>
        RunningProgram.RunAsync(_folder["site"], _folder["data"], variables, Cancel, "serve", "--roles", roles);
}

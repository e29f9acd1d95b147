using System.Net.Http.Headers;
using Beamtime.Core.Database;
using Beamtime.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Beamtime.Tests.Roles;

/// <summary>One id from a request down to what it sets off.</summary>
public sealed class CorrelationFlowTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_is_the_cause_of_the_entries_that_it_makes()
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        using var content = new StringContent(
            """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "2", "exposure": "0"}}""",
            MediaTypeHeaderValue.Parse("application/json"));
        using var request = new HttpRequestMessage(HttpMethod.Post, "scans") { Content = content };
        request.Headers.Add("X-Correlation-Id", id);
        using var answer = await host.Client.SendAsync(request, Cancel);
        Assert.Equal(id, Assert.Single(answer.Headers.GetValues("X-Correlation-Id")));
        Assert.Equal(1L, await CountAsync("select count(*) from entries where kind = 'scan' and cause = $1", id));
    }

    [Fact]
    public async Task A_request_without_an_id_is_given_one_that_a_job_can_belong_to()
    {
        using var answer = await host.Client.GetAsync(new Uri("status", UriKind.Relative), Cancel);
        Assert.Equal(7, Guid.Parse(Assert.Single(answer.Headers.GetValues("X-Correlation-Id"))).Version);
    }

    [Fact]
    public async Task A_request_is_a_span_of_its_callers_trace()
    {
        using var spans = new GatheredSpans();
        using var request = new HttpRequestMessage(HttpMethod.Get, "status");
        request.Headers.Add("traceparent", spans.TraceParent);
        using var answer = await host.Client.SendAsync(request, Cancel);
        var span = await spans.WaitForAsync(s => s.DisplayName == "GET /api/v2/status", Cancel);
        Assert.Equal(spans.Root, span.ParentSpanId);
        Assert.Equal(200, span.GetTagItem("http.response.status_code"));
    }

    [Fact]
    public async Task The_recording_of_a_scan_hangs_below_the_scan_by_the_message_that_opens_it()
    {
        using var spans = new GatheredSpans(isEvery: true);
        var (_, scan) = await host.PostAsync(
            "scans", """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "2", "exposure": "0"}}""");
        var number = scan.GetProperty("number").GetInt32();
        var taken = await spans.WaitForAsync(
            s => s.DisplayName == "scan line" && s.GetTagItem("beamtime.scan.number") is int n && n == number, Cancel);
        var recording = await spans.WaitForAsync(s => s.DisplayName == "recording" && s.ParentSpanId == taken.SpanId, Cancel);
        Assert.Equal(taken.TraceId, recording.TraceId);
    }

    private async Task<long> CountAsync(string sql, string id)
    {
        await using var ask = host.Host.Services.GetRequiredService<BeamtimeDatabase>().Source.CreateCommand(sql);
        ask.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        return (long)(await ask.ExecuteScalarAsync(Cancel))!;
    }
}

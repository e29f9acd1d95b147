using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Beamtime.Core.Database;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Roles;

/// <summary>A request with a key is carried out once, through the whole program.</summary>
public sealed class IdempotencyRestTests(RunningHost host) : IClassFixture<RunningHost>
{
    private const string Line = """{"scan": "line", "args": ["samx", "0", "1"], "parameters": {"steps": "2"}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_asked_for_twice_is_admitted_once()
    {
        var before = await TotalAsync();
        var first = await SendAsync("scans", Line, "a");
        var second = await SendAsync("scans", Line, "a");

        Assert.Equal((202, false), (first.Status, first.IsReplayed));
        Assert.Equal((202, true), (second.Status, second.IsReplayed));
        Assert.Equal(first.Answer.GetRawText(), second.Answer.GetRawText());
        Assert.Equal(first.Location, second.Location);
        Assert.Equal(before + 1, await TotalAsync());
    }

    [Fact]
    public async Task Another_request_under_the_key_is_refused()
    {
        await SendAsync("scans", Line, "b");
        var other = await SendAsync("scans", Line.Replace("\"2\"", "\"3\"", StringComparison.Ordinal), "b");
        Assert.Equal((422, "request.key.reused"), (other.Status, other.Answer.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_refused_request_may_be_mended_and_sent_again()
    {
        var refused = await SendAsync("scans", """{"scan": "lien", "args": []}""", "c");
        Assert.Equal(404, refused.Status);
        Assert.Equal(202, (await SendAsync("scans", Line, "c")).Status);
    }

    [Theory]
    [InlineData("d-before", false)]
    [InlineData("d-after", true)]
    public async Task After_a_crash_a_scan_is_found_by_its_key_or_admitted(string key, bool wasAdmitted)
    {
        var first = await SendAsync("scans", Line, key);
        var before = await TotalAsync();
        // As a program leaves it that dies before it has answered, with its effect or without.
        await ExecuteAsync(
            "update idempotency_keys set answered_at = null, status = null, lease_until = lease_clock()"
            + (wasAdmitted ? "" : ", claim = gen_random_uuid()") + $" where key = '{key}'");

        var again = await SendAsync("scans", Line, key);

        Assert.Equal((202, false), (again.Status, again.IsReplayed));
        Assert.Equal(before + (wasAdmitted ? 0 : 1), await TotalAsync());
        Assert.Equal(wasAdmitted, again.Answer.GetProperty("id").GetString() == first.Answer.GetProperty("id").GetString());
    }

    [Fact]
    public async Task What_cannot_be_found_by_its_key_is_uncertain_after_a_crash_and_waits_while_it_runs()
    {
        var number = (await SendAsync("scans", Line, "e")).Answer.GetProperty("number").GetInt32();
        await host.EndOfAsync(number);
        await SendAsync("scans", """{"scan": "line", "args": ["samz", "0", "50"], "parameters": {"steps": "3"}}""", "e-2");
        var long_scan = (await SendAsync("scans", """{"scan": "line", "args": ["samz", "0", "50"], "parameters": {"steps": "3"}}""", "e-2")).Answer.GetProperty("number").GetInt32();
        Assert.Equal(202, (await SendAsync($"scans/{long_scan}/abort", "{}", "e-abort")).Status);
        await ExecuteAsync("update idempotency_keys set answered_at = null, status = null, lease_until = lease_clock() + interval '1 minute' where key = 'e-abort'");
        var running = await SendAsync($"scans/{long_scan}/abort", "{}", "e-abort");
        Assert.Equal((409, "request.key.running"), (running.Status, running.Answer.GetProperty("type").GetString()));

        await ExecuteAsync("update idempotency_keys set lease_until = lease_clock() where key = 'e-abort'");
        var uncertain = await SendAsync($"scans/{long_scan}/abort", "{}", "e-abort");
        Assert.Equal((422, "request.key.uncertain"), (uncertain.Status, uncertain.Answer.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_stop_needs_no_record_of_its_key_and_a_bad_key_is_refused()
    {
        // A scan of another test may hold the device; that is no matter of the key either.
        Assert.NotEqual(422, (await SendAsync("devices/samx/set", """{"value": 1}""", "f")).Status);
        var other = await SendAsync("devices/samx/set", """{"value": 2}""", "f");
        Assert.True(other is { Status: 200 or 409, IsReplayed: false }, other.Answer.GetRawText());
        Assert.Equal(
            "request.key.invalid",
            (await SendAsync("scans", Line, new string('x', 201))).Answer.GetProperty("type").GetString());
    }

    private async Task<long> TotalAsync() => (await host.GetAsync("scans")).GetProperty("total").GetInt64();

    private async Task<(int Status, bool IsReplayed, string? Location, JsonElement Answer)> SendAsync(
        string path, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json, string key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await host.Client.SendAsync(request, Cancel);
        return (
            (int)answer.StatusCode,
            answer.Headers.Contains("Idempotency-Replayed"),
            answer.Headers.Location?.ToString(),
            await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = host.Host.Services.GetRequiredService<BeamtimeDatabase>().Owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text;
using Beamtime.Core.Access;
using Beamtime.Core.Access.SignIns;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Access;

/// <summary>The edge of a small server: permissions, strict bodies, problems.</summary>
public sealed class EdgeTests : IAsyncLifetime
{
    private static readonly ErrorCode Locked = new("door.locked", "It is locked.", "Unlock it.");
    private static readonly ErrorCode Unknown = new("door.unknown", "There is none.", "Name another.");
    private static readonly ErrorCode Jammed = new("door.jammed", "It is jammed.", "Wait.", RetryClass.Later);

    private WebApplication _app = null!;
    private HttpClient _http = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System).AddAccess(new AccessOptions { MaxRequestBody = 2048 });
        _app = builder.Build();
        _app.UseAccess();
        RouteGroupBuilder doors = _app.MapGroup("/doors");
        doors.RequirePermission("doors.read");
        doors.MapGet("/who", (Caller caller) => Results.Text(caller.Who.ToString()));
        doors.MapPost("/open", (OpenDoor open) => Results.Text(open.DoorName)).RequirePermission("doors.open");
        doors.MapGet("/refused", () => new Refused<int>([Locked.Because("a"), Jammed.Because("b")]).Answer(n => Results.Ok(n)));
        doors.MapGet("/unknown", IResult () => throw new RefusedException(Unknown.Because("no door z")));
        doors.MapGet("/jammed", IResult () => throw Jammed.Fault("door 3 is jammed"));
        doors.MapGet("/bug", IResult () => throw new InvalidOperationException("the inner workings"));
        doors.MapGet("/outage", IResult () => throw new Npgsql.NpgsqlException("the inner workings", new IOException("reset")));
        doors.MapGet("/number/{n:int}", (int n, int more) => n + more);
        _app.MapGet("/open-to-nobody", () => "x");
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", _app.Services.GetRequiredService<LocalSignIn>().Key);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Whoever_has_the_key_of_this_machine_is_the_operator() =>
        Assert.Equal(Beamtime.Core.Ledger.PersonId.LocalOperator.ToString(), await _http.GetStringAsync(new Uri("/doors/who", UriKind.Relative), TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("/doors/refused", 422, "door.locked", RetryClass.Never, 2)]
    [InlineData("/doors/unknown", 404, "door.unknown", RetryClass.Never, 1)]
    [InlineData("/doors/jammed", 503, "door.jammed", RetryClass.Later, 1)]
    [InlineData("/doors/outage", 503, "database.unreachable", RetryClass.Later, 1)]
    [InlineData("/doors/bug", 500, "internal.bug", RetryClass.Never, 1)]
    [InlineData("/doors/number/1?more=x", 400, "request.malformed", RetryClass.Never, 1)]
    [InlineData("/doors/open", 405, "route.method.refused", RetryClass.Never, 1)]
    [InlineData("/nowhere", 404, "route.unknown", RetryClass.Never, 1)]
    [InlineData("/open-to-nobody", 500, "route.permission.missing", RetryClass.Never, 1)]
    public async Task What_fails_is_answered_with_a_problem(string path, int status, string code, RetryClass retry, int reasons)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Add(ProblemWriter.CorrelationHeader, "my-request.7");
        Problem problem = await SendAsync(request);
        Assert.Equal((status, code, retry), (problem.Status, problem.Type, problem.Retry));
        Assert.Equal(reasons, problem.Reasons.Count);
        Assert.Equal("my-request.7", problem.CorrelationId);
        Assert.All(problem.Reasons, r => Assert.NotEmpty(r.Remedy));
        Assert.DoesNotContain("inner workings", problem.ToString() + string.Concat(problem.Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"door_name": "a", "colour": "red"}""", "colour")]
    [InlineData("""{"door_name": "a", "door_name": "b"}""", "door_name")]
    [InlineData("""{}""", "door_name")]
    [InlineData("""{"door_name": null}""", "door_name")]
    [InlineData("""{"door_name": """, "")]
    [InlineData("""{"door_name": "a", "times": "3"}""", "times")]
    public async Task A_body_that_is_not_exactly_as_described_is_refused(string body, string named)
    {
        using HttpRequestMessage request = Post(body, "application/json");
        Problem problem = await SendAsync(request);
        Assert.Equal((400, "request.malformed"), (problem.Status, problem.Type));
        Assert.Contains(named, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_another_type_or_too_large_is_refused()
    {
        using HttpRequestMessage text = Post("a", "text/plain");
        Assert.Equal("request.media_type.refused", (await SendAsync(text)).Type);
        using HttpRequestMessage large = Post($$"""{"door_name": "{{new string('x', 4000)}}"}""", "application/json");
        Problem problem = await SendAsync(large);
        Assert.Equal((413, "request.too_large"), (problem.Status, problem.Type));
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    public async Task A_page_of_another_site_is_not_the_operator(string header, string value)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/doors/who");
        request.Headers.Add(header, value);
        Problem problem = await SendAsync(request);
        Assert.Equal((403, "access.origin.refused"), (problem.Status, problem.Type));
    }

    [Fact]
    public async Task A_page_of_our_own_is_the_operator()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/doors/who");
        request.Headers.Add("Origin", "http://localhost:5173");
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public void A_route_without_permission_is_found() =>
        Assert.Equal(["GET /open-to-nobody"], RoutePermissions.Missing(_app.Services.GetRequiredService<EndpointDataSource>()));

    [Fact]
    public void Permissions_include_what_was_granted_only()
    {
        Permissions some = Permissions.Of("scans.read");
        Assert.True(some.Include("scans.read"));
        Assert.True(some.Include(Permissions.Anyone));
        Assert.False(some.Include("scans.submit"));
        Assert.True(Permissions.All.Include("scans.submit"));
        Assert.Throws<ArgumentException>(() => Permissions.Of("Scans Submit"));
    }

    private static HttpRequestMessage Post(string body, string type) =>
        new(HttpMethod.Post, "/doors/open") { Content = new StringContent(body, Encoding.UTF8, type) };

    private async Task<Problem> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(Problem.MediaType, response.Content.Headers.ContentType?.MediaType);
        Problem problem = (await response.Content.ReadFromJsonAsync(
            ProblemJson.Default.Problem, TestContext.Current.CancellationToken))!;
        Assert.Equal((int)response.StatusCode, problem.Status);
        Assert.Equal(problem.CorrelationId, response.Headers.GetValues(ProblemWriter.CorrelationHeader).Single());
        return problem;
    }

    private sealed record OpenDoor(string DoorName, int Times = 1);
}

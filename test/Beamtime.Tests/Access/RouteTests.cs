using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Topics;
using Beamtime.Tests.Roles;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Access;

/// <summary>Every route of the whole program: closed without a token, and to a token that lacks its permission.</summary>
public sealed class RouteTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_permission_that_a_route_names_stands_in_the_book() => Assert.Empty(
        PermissionReference.Routes(host.Host.Routes)
            .Where(r => r.Permission != Permissions.Anyone && PermissionBook.All.All(p => p.Name != r.Permission))
            .Select(r => $"{r.Route} needs {r.Permission}, which PermissionBook does not have"));

    [Fact]
    public void Every_permission_that_a_topic_names_stands_in_the_book()
    {
        var topics = host.Host.Services.GetRequiredService<TopicHub>().Permissions;
        Assert.NotEmpty(topics);
        Assert.All(topics, topic => Assert.Contains(PermissionBook.All, p => p.Name == topic.Value));
    }

    [Fact]
    public async Task Every_route_is_closed_without_a_token_and_to_one_that_lacks_its_permission()
    {
        using var http = new HttpClient { BaseAddress = host.Host.Address };
        var (reader, keeper) = (await KeyAsync("status.read"), await KeyAsync("account.read"));
        List<string> open = [];
        var routes = PermissionReference.Routes(host.Host.Routes);
        Assert.True(routes.Count > 30, $"{routes.Count} routes");
        foreach (var (route, permission) in routes)
        {
            var (method, path) = route.Split(' ') is [var m, var p] ? (new HttpMethod(m), Filled(p)) : throw new InvalidOperationException(route);
            var nobody = await StatusAsync(http, method, path, null);
            var lacking = await StatusAsync(http, method, path, permission == "status.read" ? keeper : reader);
            var expected = permission == Permissions.Anyone ? (false, false) : (true, true);
            if ((nobody == HttpStatusCode.Unauthorized, lacking == HttpStatusCode.Forbidden) != expected
                && !(permission == Permissions.Anyone && path.Contains("/auth/", StringComparison.Ordinal)))
            {
                open.Add($"{route} ({permission}): {nobody} without a token, {lacking} with one that lacks it");
            }
        }

        Assert.Empty(open);
    }

    [Fact]
    public async Task The_account_that_runs_the_program_finds_its_key_and_nobody_else_may_read_it()
    {
        var key = LocalSignIn.Find(host.Host.Address)!;
        Assert.Equal(host.Host.Services.GetRequiredService<LocalSignIn>().Key, key);
        Assert.Null(LocalSignIn.Find(new Uri("http://198.51.100.7:8750")));
        var folder = Core.Database.ClusterFolder.DefaultRuntimeFolder();
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(folder, $"sign-in-{host.Host.Address.Port}")));
        using var http = new HttpClient { BaseAddress = new Uri(host.Host.Address, "/api/v2/") };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        var me = await http.GetFromJsonAsync<JsonElement>("auth/me", Cancel);
        Assert.Equal("operator", me.GetProperty("username").GetString());
    }

    [Fact]
    public async Task Another_account_on_the_machine_is_told_to_sign_in()
    {
        using var http = new HttpClient { BaseAddress = new Uri(host.Host.Address, "/api/v2/") };
        using var answer = await http.GetAsync(new Uri("scans", UriKind.Relative), Cancel);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal((HttpStatusCode.Unauthorized, "access.sign_in.needed"), (answer.StatusCode, problem.GetProperty("type").GetString()));
        Assert.Contains("beamtime login", problem.GetProperty("reasons")[0].GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_left_by_a_program_that_is_gone_counts_nothing()
    {
        var folder = Core.Database.ClusterFolder.DefaultRuntimeFolder();
        var path = Path.Combine(folder, "sign-in-1");
        File.WriteAllText(path, $"{Environment.ProcessId}\n1\nbl_left\n");
        Assert.Null(LocalSignIn.Find(new Uri("http://127.0.0.1:1")));
        File.WriteAllText(path, "999999999\n1\nbl_left\n");
        Assert.Null(LocalSignIn.Find(new Uri("http://localhost:1")));
        File.Delete(path);
    }

    private static string Filled(string pattern) => string.Join('/', pattern.Split('/').Select(
        part => !part.StartsWith('{') ? part : part.Contains("guid", StringComparison.Ordinal) ? Guid.Empty.ToString() : "1"))
        .Replace("/1/openapi.json", "/v2/openapi.json", StringComparison.Ordinal);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, HttpMethod method, string path, string? token)
    {
        using HttpRequestMessage request = new(method, path);
        if (method != HttpMethod.Get)
        {
            request.Content = JsonContent.Create(new { });
        }

        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        return answer.StatusCode;
    }

    private async Task<string> KeyAsync(string scope)
    {
        var (status, made) = await host.PostAsync("keys", $$"""{"name": "{{scope}}", "scopes": ["{{scope}}"]}""");
        Assert.True(status == 201, made.ToString());
        return made.GetProperty("text").GetString()!;
    }
}

using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Access;

/// <summary>One process that serves requests, with users, on a database that others may serve too.</summary>
internal sealed class AccessServer : IAsyncDisposable
{
    public const string Password = "seven tall dark trees";
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watch;

    private AccessServer(WebApplication app)
    {
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single() + "/api/v2/") };
        _watch = Get<AccessWatch>().RunAsync(_stop.Token);
    }

    public HttpClient Http { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<AccessServer> StartAsync(
        BeamtimeDatabase database, TimeProvider time, string secret = "a key that is as long as a master key must be")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        AccessOptions options = new() { PasswordIterations = 1000, JwtSecret = secret };
        var key = await new MasterKeySource(options, database, time).OpenAsync(Cancel);
        builder.Services
            .AddSingleton(database)
            .AddSingleton(time)
            .AddSingleton<LedgerStore>()
            .AddAccess(options)
            .AddUsers(options, key);
        var app = builder.Build();
        app.UseAccess();
        var routes = app.MapGroup("/api/v2");
        routes.MapAccess();
        routes.MapGet("/scans", () => "scans").RequirePermission("scans.read");
        routes.MapPost("/scans", () => "submitted").RequirePermission("scans.submit");
        await app.StartAsync(Cancel);
        return new AccessServer(app);
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Makes a user.</summary>
    public Task<User> AddAsync(string username, params string[] roles) => Get<UserRegister>().CreateAsync(
        new NewUser { Username = username, Password = Password, Roles = roles }, Why.BySystem("for a test", "test"), Cancel);

    public async Task<SignInTokens> SignInAsync(string username, params string[]? scopes)
    {
        var (status, answer) = await PostAsync(
            "auth/login", new { username, password = Password, scopes = scopes is { Length: > 0 } ? scopes : null });
        Assert.True(status == 200, answer.ToString());
        return answer.Deserialize<SignInTokens>(Beamtime.Cli.BeamtimeClient.Json)!;
    }

    public Task<(int Status, JsonElement Answer)> RefreshAsync(string token) =>
        PostAsync("auth/refresh", new { refresh_token = token });

    /// <summary>The status of a request for scans, and its code where it was refused.</summary>
    public async Task<(int Status, string? Code)> ScansAsync(string? token, HttpMethod? method = null)
    {
        var (status, answer) = await SendAsync(method ?? HttpMethod.Get, "scans", token, null);
        return (status, status == 200 ? null : answer.GetProperty("type").GetString());
    }

    public Task<(int Status, JsonElement Answer)> PostAsync(string path, object body, string? token = null) =>
        SendAsync(HttpMethod.Post, path, token, JsonContent.Create(body));

    public Task<(int Status, JsonElement Answer)> GetAsync(string path, string token) =>
        SendAsync(HttpMethod.Get, path, token, null);

    public async Task<(int Status, JsonElement Answer)> SendAsync(HttpMethod method, string path, string? token, HttpContent? body)
    {
        using HttpRequestMessage request = new(method, path) { Content = body };
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        using var response = await Http.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return ((int)response.StatusCode, text.StartsWith('{') || text.StartsWith('[')
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : JsonSerializer.SerializeToElement(text));
    }

    /// <summary>Everything that the ledger holds, as one text.</summary>
    public async Task<string> LedgerAsync()
    {
        StringBuilder text = new();
        await using var all = Get<BeamtimeDatabase>().Source.CreateCommand(
            "select kind, id, type, who, why, data::text from entries order by position");
        await using var reader = await all.ExecuteReaderAsync(Cancel);
        while (await reader.ReadAsync(Cancel))
        {
            text.AppendLine($"{reader.GetString(0)} {reader.GetString(1)} {reader.GetString(2)} {reader.GetGuid(3)} {reader.GetString(4)} {reader.GetString(5)}");
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watch.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
        Http.Dispose();
        await _app.DisposeAsync();
    }
}

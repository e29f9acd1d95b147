using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Roles;
using Beamtime.Tests.Roles;

namespace Beamtime.Tests.Support;

/// <summary>Speaks REST to a host as the operator of this machine, and waits for scans.</summary>
internal sealed class HostClient(BeamtimeHost host) : IAsyncDisposable
{
    private readonly HttpClient _client = RunningHost.SignedIn(host);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Task<JsonElement> GetAsync(string path) => _client.GetFromJsonAsync<JsonElement>(path, Cancel);

    public async Task<(int Status, JsonElement Answer)> PostAsync(
        string path, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }

    /// <summary>Asks for a scan and waits until it is over.</summary>
    public async Task<JsonElement> ScanAsync([System.Diagnostics.CodeAnalysis.StringSyntax("json")] string request)
    {
        var (status, accepted) = await PostAsync("scans", request);
        Assert.True(status == 202, accepted.GetRawText());
        JsonElement scan = default;
        await UntilAsync(
            async () => (scan = await GetAsync($"scans/{accepted.GetProperty("number").GetInt32()}")).TryGetProperty("ended_at", out _),
            "the end of the scan");
        return scan;
    }

    public static Task UntilAsync(Func<bool> isSo, string what) => UntilAsync(() => Task.FromResult(isSo()), what);

    public static async Task UntilAsync(Func<Task<bool>> isSo, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), what);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }
}

using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Roles;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>How far the devices of a running scan are, over REST.</summary>
public sealed class ScanAdvancesTests
{
    private const string Devices =
        """
        flyer:
          deviceClass: simulated.flyer
          readoutPriority: on_request
          enabled: true
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_tells_how_far_its_flyer_is_until_it_is_over()
    {
        using var folder = TemporaryFolder.Create("advances");
        await using var host = await BeamtimeHost.StartAsync(
            RunningHost.Launch(RunningHost.WriteSite(folder["site"], Devices), folder["data"]), CancellationToken.None);
        using var client = RunningHost.SignedIn(host);
        using var accepted = await client.PostAsJsonAsync(
            "scans", new { scan = "round_fly", args = new[] { "flyer", "1", "2", "5", "20" }, parameters = new { exp_time = 0.02 } }, Cancel);
        Assert.True(accepted.IsSuccessStatusCode, await accepted.Content.ReadAsStringAsync(Cancel));

        // 300 points, of which the flyer tells five times a second.
        JsonElement advances = default;
        await UntilAsync(async () => (await ScanAsync(client)).TryGetProperty("advances", out advances));
        var told = Assert.Single(advances.EnumerateArray());
        Assert.Equal(("flyer", 300.0), (told.GetProperty("device").GetString(), told.GetProperty("most").GetDouble()));
        Assert.InRange(told.GetProperty("value").GetDouble(), 1, 300);

        using var ended = await client.PostAsJsonAsync("scans/1/abort", new { }, Cancel);
        await UntilAsync(async () => (await ScanAsync(client)).TryGetProperty("ended_at", out _));
        Assert.False((await ScanAsync(client)).TryGetProperty("advances", out _));
    }

    private static Task<JsonElement> ScanAsync(HttpClient client) => client.GetFromJsonAsync<JsonElement>("scans/1", Cancel);

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }
}

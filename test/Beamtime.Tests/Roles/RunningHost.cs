using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Core.Access.SignIns;
using Beamtime.Roles;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Beamtime.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Roles;

/// <summary>The program whole, on a site and a data folder of its own and a free port, for the tests of one class.</summary>
public sealed class RunningHost : IAsyncLifetime
{
    private const string Devices =
        """
        samx:
          deviceClass: simulated.positioner
          deviceConfig: {delay: 0, limits: [-50, 50], tolerance: 0, egu: mm}
          readoutPriority: baseline
          enabled: true
        samz:
          deviceClass: simulated.positioner
          deviceConfig: {delay: 1, limits: [-50, 50], tolerance: 0, velocity: 0.1, egu: mm}
          readoutPriority: baseline
          enabled: true
        off:
          deviceClass: simulated.positioner
          readoutPriority: baseline
          enabled: false
        bpm4i:
          deviceClass: simulated.monitor
          readoutPriority: monitored
          enabled: true
        """;

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("host");
    private BeamtimeHost? _host;

    internal BeamtimeHost Host => _host!;

    public string Data => _folder["data"];

    public HttpClient Client { get; private set; } = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What a program would be started with.</summary>
    internal static HostLaunch Launch(string site, string data, int port = 0)
    {
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        return HostLaunch.Read(
            site,
            configFile: null,
            [$"database.data_folder={data}", $"api.port={port}", "recording.minimum_free=0"],
            plugins) with
        {
            ConfigureLogging = logging => logging.ClearProviders(),
        };
    }

    /// <summary>Writes a site and gives its folder.</summary>
    internal static string WriteSite(string folder, string devices)
    {
        Directory.CreateDirectory(folder);
        var secret = Path.Combine(folder, "secret");
        File.WriteAllText(secret, "a secret of the tests, which nobody needs to guess\n");
        File.WriteAllText(
            Path.Combine(folder, "beamtime.yaml"), $"scans:\n  beamline: rest\naccess:\n  secret_file: {secret}\n");
        File.WriteAllText(Path.Combine(folder, "devices.yaml"), devices);
        return folder;
    }

    public async ValueTask InitializeAsync()
    {
        _host = await BeamtimeHost.StartAsync(Launch(WriteSite(_folder["site"], Devices), Data), CancellationToken.None);
        Client = SignedIn(_host);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>A client of a host, signed in as the operator of this machine.</summary>
    internal static HttpClient SignedIn(BeamtimeHost host) => new()
    {
        BaseAddress = new Uri(host.Address, "/api/v2/"),
        DefaultRequestHeaders =
        {
            Authorization = new("Bearer", host.Services.GetRequiredService<LocalSignIn>().Key),
        },
    };

    /// <summary>Starts a second program on this one's site and data folder.</summary>
    internal Task<BeamtimeHost> StartAgainAsync() => BeamtimeHost.StartAsync(Launch(_folder["site"], Data), Cancel);

    public async Task<JsonElement> GetAsync(string path) =>
        await Client.GetFromJsonAsync<JsonElement>(path, Cancel);

    public async Task<(int Status, JsonElement Answer)> PostAsync(
        string path, [System.Diagnostics.CodeAnalysis.StringSyntax("json")] string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel));
    }

    /// <summary>Waits until a scan is over and gives its last answer.</summary>
    public async Task<JsonElement> EndOfAsync(int number)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var scan = await GetAsync($"scans/{number}");
            if (scan.TryGetProperty("ended_at", out _))
            {
                return scan;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), scan.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }
}

using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Beamtime.Control.Scans;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Database;

namespace Beamtime.Bench.Scans;

/// <summary>The program with each role of the scan road in a process of its own, over a Redis server of their own.</summary>
internal sealed class RoleProcesses : IAsyncDisposable
{
    private static readonly string[] Sets = ["api,scheduler,worker", "scan-server", "device-server", "bundler", "file-writer"];
    private readonly List<Process> _roles = [];
    private readonly RedisProcess _redis;
    private HttpClient? _client;

    private RoleProcesses(RedisProcess redis) => _redis = redis;

    private HttpClient Client => _client ?? throw new InvalidOperationException("Not started.");

    /// <summary>Starts all of them and waits until each is ready.</summary>
    /// <param name="room">Gives the folder.</param>
    /// <param name="database">Their database.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<RoleProcesses> StartAsync(BenchRoom room, BeamtimeDatabase database, CancellationToken cancel)
    {
        var roles = new RoleProcesses(await RedisProcess.StartAsync(room.NewFolder("redis"), cancel));
        try
        {
            var folder = room.NewFolder("roles");
            var site = Directory.CreateDirectory(Path.Combine(folder, "site")).FullName;
            await BenchBeamline.WriteSiteAsync(site, BenchBeamline.DevicesOf(1), cancel);
            var secret = Path.Combine(folder, "secret");
            await File.WriteAllBytesAsync(secret, RandomNumberGenerator.GetBytes(32), cancel);
            File.SetUnixFileMode(secret, UnixFileMode.UserRead);
            var addresses = await Task.WhenAll(Sets.Select(set => roles.RunAsync(
                set,
                site,
                Path.Combine(folder, "data"),
                new Dictionary<string, string>
                {
                    ["DATABASE_URL"] = database.Cluster!.Folder.Connection(ClusterFolder.Owner, ClusterFolder.Owner).ConnectionString,
                    ["REDIS_URL"] = roles._redis.Url,
                    ["BEAMTIME_SECRET_FILE"] = secret,
                },
                cancel)));
            roles._client = new HttpClient { BaseAddress = new Uri(addresses[0], new Uri("/api/v2/", UriKind.Relative)) };
            roles._client.DefaultRequestHeaders.Authorization = new("Bearer", LocalSignIn.Find(addresses[0]));
            return roles;
        }
        catch
        {
            await roles.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a line scan until it is complete.</summary>
    /// <param name="points">Points.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Time from the request.</returns>
    public async Task<TimeSpan> ScanAsync(int points, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        using var answer = await Client.PostAsJsonAsync("scans", BenchBeamline.Line(points), ScanJson.Default.ScanRequest, cancel);
        answer.EnsureSuccessStatusCode();
        var id = (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!["id"]!.GetValue<string>();
        while (true)
        {
            var scan = (await Client.GetFromJsonAsync<JsonNode>($"scans/{id}", cancel))!;
            switch (scan["state"]!.GetValue<string>())
            {
                case "completed":
                    return Stopwatch.GetElapsedTime(start);
                case "pending" or "running":
                    await Task.Delay(TimeSpan.FromMilliseconds(5), BenchRoom.Time, cancel);
                    break;
                default:
                    throw new InvalidOperationException($"The scan ended: {scan.ToJsonString()}");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        foreach (var role in _roles)
        {
            Posix.Signal(role.Id, Posix.SignalTerminate);
        }

        foreach (var role in _roles)
        {
            await role.WaitForExitAsync(CancellationToken.None);
            role.Dispose();
        }

        await _redis.DisposeAsync();
    }

    private async Task<Uri> RunAsync(
        string set, string site, string data, Dictionary<string, string> variables, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(
            BenchRoom.Executable, ["serve", "--roles", set, "--site", site, "--data", data, "--port", "0", "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        _roles.Add(process);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            if (line.StartsWith("{\"ready\":true", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync(cancel);
                return new Uri(JsonNode.Parse(line)!["address"]!.GetValue<string>());
            }
        }

        throw new InvalidOperationException($"The role {set} ended: {await errors}");
    }
}

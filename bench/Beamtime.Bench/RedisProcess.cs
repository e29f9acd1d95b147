using System.Diagnostics;

namespace Beamtime.Bench;

/// <summary>A redis-server on a Unix socket that keeps nothing; gone with what was measured.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Process _server;

    private RedisProcess(Process server, string socket) => (_server, Socket) = (server, socket);

    /// <summary>Its socket.</summary>
    public string Socket { get; }

    /// <summary>Its URL.</summary>
    public string Url => $"unix://{Socket}";

    /// <summary>Starts it and waits until it takes connections.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<RedisProcess> StartAsync(string folder, CancellationToken cancel)
    {
        var socket = Path.Combine(folder, "s");
        var server = Process.Start(new ProcessStartInfo(
            "redis-server",
            ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder])
        {
            RedirectStandardOutput = true,
        })!;
        while (await server.StandardOutput.ReadLineAsync(cancel) is { } line
            && !line.Contains("eady to accept", StringComparison.Ordinal))
        {
        }

        return new RedisProcess(server, socket);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _server.Kill();
        await _server.WaitForExitAsync(CancellationToken.None);
        _server.Dispose();
    }
}

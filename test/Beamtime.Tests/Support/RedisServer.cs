using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Beamtime.Core.Database;

namespace Beamtime.Tests.Support;

/// <summary>A redis-server of a test's own: on loopback and on a Unix socket, keeping nothing on disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "redis-server";
    private static readonly ClusterAccount Account = new(Environment.UserName, null);
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("redis");
    private readonly string[] _more;
    private TiedProcess? _process;

    private RedisServer(string[] more) => _more = more;

    public int Port { get; private set; }

    /// <summary>The port on which TLS is spoken; 0 where it is not.</summary>
    public int TlsPort { get; private set; }

    public string Folder => _folder.Path;

    public string SocketPath => _folder["redis.sock"];

    public string TcpUrl => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}/0");

    public string TlsUrl(string host = "localhost", string login = "") =>
        string.Create(CultureInfo.InvariantCulture, $"rediss://{login}{host}:{TlsPort}/0");

    public string SocketUrl => $"unix://{SocketPath}";

    /// <summary>Skips the test where there is no redis-server, unless the run demands everything.</summary>
    public static void Demand()
    {
        var isThere = (Core.Settings.EnvironmentVariables.OfProcess()["PATH"] ?? "").Split(':')
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, Program)));
        if (!isThere)
        {
            Assert.SkipUnless(
                Core.Settings.EnvironmentVariables.OfProcess()["CI"] == "true", $"{Program} is not installed; see packaging/setup.sh");
            Assert.Fail($"{Program} is not installed; see packaging/setup.sh");
        }
    }

    public static async Task<RedisServer> StartAsync(params string[] more)
    {
        Demand();
        var server = new RedisServer(more) { Port = FreePort() };
        await server.RestartAsync();
        return server;
    }

    /// <summary>One that speaks TLS as well, on a port of its own.</summary>
    /// <param name="authority">Signs the server's certificate, and those that are demanded of clients.</param>
    /// <param name="server">The server's certificate and key.</param>
    /// <param name="more">Further words of the command line.</param>
    public static async Task<RedisServer> StartTlsAsync(
        TestAuthority authority, (string Certificate, string Key) server, params string[] more)
    {
        Demand();
        var tls = FreePort();
        var started = new RedisServer(
        [
            "--tls-port", tls.ToString(CultureInfo.InvariantCulture), "--tls-cert-file", server.Certificate,
            "--tls-key-file", server.Key, "--tls-ca-cert-file", authority.CaFile, .. more,
        ])
        {
            Port = FreePort(),
            TlsPort = tls,
        };
        await started.RestartAsync();
        return started;
    }

    /// <summary>Starts it again on the same port and socket, empty.</summary>
    public async Task RestartAsync()
    {
        var ready = new TaskCompletionSource();
        List<string> said = [];
        _process = await TiedProcess.StartAsync(
            Account,
            [
                Program, "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture),
                "--unixsocket", SocketPath, "--unixsocketperm", "700", "--dir", _folder.Path,
                "--save", "", "--appendonly", "no", .. _more,
            ],
            line =>
            {
                lock (said)
                {
                    said.Add(line);
                }

                if (line.Contains("eady to accept connections", StringComparison.Ordinal))
                {
                    ready.TrySetResult();
                }
            });
        if (await Task.WhenAny(ready.Task.Soon(), _process.Exited) == _process.Exited)
        {
            Assert.Fail(string.Join('\n', said));
        }

        await ready.Task.Soon();
    }

    /// <summary>Ends it as a crash would; what it held is gone.</summary>
    public async Task KillAsync()
    {
        _process!.Signal(Posix.SignalKill);
        await _process.Exited.Soon();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Net;
using System.Net.Sockets;

namespace Beamtime.Tests.Support;

/// <summary>Stands between a client and a server on loopback and cuts every connection after a random number of bytes.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _target;
    private readonly Random _random;
    private readonly (int Least, int Most) _bytes;
    private readonly Task _accepting;
    private int _cuts;

    public CuttingProxy(int target, int seed, int least, int most)
    {
        _target = target;
        _random = new Random(seed);
        _bytes = (least, most);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections cut so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>False lets connections live from now on.</summary>
    public bool IsCutting { get; set; } = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            _ = PassAsync(client, _random.Next(_bytes.Least, _bytes.Most), _random.Next(_bytes.Least, _bytes.Most));
        }
    }

    private async Task PassAsync(TcpClient client, int there, int back)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                client.NoDelay = server.NoDelay = true;
                await Task.WhenAny(
                    CopyAsync(client.GetStream(), server.GetStream(), there),
                    CopyAsync(server.GetStream(), client.GetStream(), back));
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // The server is being killed and started again meanwhile.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, int limit)
    {
        var buffer = new byte[4096];
        try
        {
            while (true)
            {
                var count = await from.ReadAsync(buffer, _stop.Token);
                if (count == 0)
                {
                    return;
                }

                var passed = IsCutting ? Math.Min(count, limit) : count;
                await to.WriteAsync(buffer.AsMemory(0, passed), _stop.Token);
                limit -= passed;
                if (IsCutting && limit <= 0)
                {
                    Interlocked.Increment(ref _cuts);
                    return;
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side was cut.
        }
    }
}

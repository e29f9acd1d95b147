using System.Globalization;
using System.Net.Sockets;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>Opens connections to Redis: socket, TLS, login, database.</summary>
/// <param name="options">Time limits and certificates.</param>
/// <param name="time">The clock.</param>
/// <exception cref="RefusedException"><c>redis.url</c>, <c>redis.tls.files</c>.</exception>
internal sealed class RedisDialer(TopicOptions options, TimeProvider time)
{
    private readonly RedisTls _tls = new(options, EndpointOf(options));

    /// <summary>Where Redis is.</summary>
    public RedisEndpoint Endpoint { get; } = EndpointOf(options);

    /// <summary>When the certificate that Redis showed last ends; null before the first, and without TLS.</summary>
    public DateTimeOffset? CertificateEnds => _tls.PeerEnds;

    /// <summary>A connection that is logged in.</summary>
    /// <param name="onPush">Told what Redis says without being asked; must not throw.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="FaultException">One of the codes <c>redis.…</c>.</exception>
    public async Task<RedisConnection> ConnectAsync(Action<RespValue>? onPush, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        RedisConnection? connection = null;
        try
        {
            connection = new RedisConnection(
                Endpoint.ToString(), await OpenAsync(limit.Token, either.Token), onPush ?? (_ => { }), options.ReplyTimeout, ReplyLimit, time);
            connection.Start();
            await GreetAsync(connection, either.Token);
            var opened = connection;
            connection = null;
            return opened;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw RedisErrors.Unreachable.Fault($"{Endpoint} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s.");
        }
        catch (FaultException fault) when (_tls.WhyEnded(fault) is { } why)
        {
            throw why;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            throw RedisErrors.Unreachable.Fault($"{Endpoint}: {error.Message}", error);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private static RedisEndpoint EndpointOf(TopicOptions options)
    {
        var endpoint = RedisEndpoint.Parse(options.Url ?? throw new ArgumentException("topics.url is not set.", nameof(options)));
        return RedisTls.Contradictions(options, endpoint) is { Count: > 0 } reasons ? throw new RefusedException(reasons) : endpoint;
    }

    // A batch of the smallest number of messages must fit.
    private int ReplyLimit => Math.Max(64 * 1024 * 1024, RedisEntries.FewestAtOnce * (options.LargestMessage + 1024));

    private async Task<Stream> OpenAsync(CancellationToken late, CancellationToken cancel)
    {
        var socket = Endpoint.SocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Stream? stream = null;
        try
        {
            if (Endpoint.SocketPath is { } path)
            {
                await socket.ConnectAsync(Address(path), cancel);
            }
            else
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                await socket.ConnectAsync(Endpoint.Host!, Endpoint.Port, cancel);
            }

            stream = new NetworkStream(socket, ownsSocket: true);
            var opened = Endpoint.IsEncrypted ? stream = await _tls.EncryptAsync(stream, late, cancel) : stream;
            stream = null;
            return opened;
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            else if (!socket.Connected)
            {
                socket.Dispose();
            }
        }
    }

    private static UnixDomainSocketEndPoint Address(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw RedisErrors.Url.Fault($"The path of the Unix socket has more than 107 bytes: {path}");
        }
    }

    private async Task GreetAsync(RedisConnection connection, CancellationToken cancel)
    {
        var hello = Endpoint.Password is null
            ? RedisCommands.Of("HELLO", "3", "SETNAME", "beamtime")
            : RedisCommands.Of("HELLO", "3", "AUTH", Endpoint.User ?? "default", Endpoint.Password, "SETNAME", "beamtime");
        if (Endpoint.Database != 0)
        {
            hello.Add("SELECT", Endpoint.Database.ToString(CultureInfo.InvariantCulture));
        }

        var replies = await connection.SendAsync(hello, cancel);
        if (replies[0].Kind == RespKind.Error && replies[0].ToString().StartsWith("ERR unknown command", StringComparison.Ordinal))
        {
            throw RedisErrors.Version.Fault($"{Endpoint} does not know HELLO.");
        }

        foreach (var reply in replies)
        {
            reply.OrThrow();
        }

        var version = replies[0].Field("version"u8).ToString();
        if (!Version.TryParse(version, out var parsed) || parsed < RedisCheck.OldestVersion)
        {
            throw RedisErrors.Version.Fault($"{Endpoint} has version {version}; {RedisCheck.OldestVersion} is the oldest that will do.");
        }
    }
}

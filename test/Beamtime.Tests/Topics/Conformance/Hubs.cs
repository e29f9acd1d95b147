using System.Text.Json.Serialization;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Redis;
using Beamtime.Core.Topics.Spool;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Topics.Conformance;

/// <summary>The hubs that must behave alike.</summary>
internal static class Hubs
{
    public const string Local = "local";
    public const string LocalEncoding = "local, encoding";
    public const string Tcp = "Redis over TCP";
    public const string UnixSocket = "Redis over a Unix socket";
    public const string Tls = "Redis over TLS, as a user";
    public const string UserSocket = "Redis over a Unix socket, as a user";
    private static int _number;

    public static TheoryData<string> All { get; } = [Local, LocalEncoding, Tcp, UnixSocket, Tls, UserSocket];

    /// <summary>A name that no other test has.</summary>
    public static string Name() => $"t{Environment.ProcessId}-{Interlocked.Increment(ref _number)}.test";

    public static async Task<TopicHub> OpenAsync(string kind, TimeProvider time) => kind switch
    {
        Local => new LocalTopics(time),
        LocalEncoding => new LocalTopics(time, isEncoding: true),
        Tcp => Redis((await SharedRedis.ServerAsync()).TcpUrl, time),
        UnixSocket => Redis((await SharedRedis.ServerAsync()).SocketUrl, time),
        Tls => Redis(await SharedRedis.OverTlsAsync(), time),
        UserSocket => Redis(await SharedRedis.SocketUrlOfUserAsync(), time),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such hub"),
    };

    public static RedisTopics Redis(string url, TimeProvider time, TopicOptions? options = null, RoleSpool? spool = null) =>
        Redis((options ?? new TopicOptions()) with { Url = url }, time, spool);

    public static RedisTopics Redis(TopicOptions options, TimeProvider time, RoleSpool? spool = null) => new(
        options, SharedRedis.NextEpochAsync, time, NullLogger.Instance, seed: 1)
    {
        Spool = spool,
    };

    public static TopicDeclaration<string> Topic(string name, int capacity, params string[] consumers) =>
        new(name, capacity, TestJson.Default.String, "scans.read", consumers);

    public static RequestDeclaration<int, string> Requests(string name, int capacity) =>
        new(name, capacity, TestJson.Default.Int32, TestJson.Default.String, "scans.submit");

    /// <summary>Reads until so many messages came.</summary>
    public static async Task<List<string>> ReadAsync(
        this Subscription<string> subscription, TopicSignal signal, int count, CancellationToken cancel)
    {
        List<string> read = [];
        var batch = new string[64];
        while (read.Count < count)
        {
            var got = subscription.Read(batch.AsSpan(0, Math.Min(64, count - read.Count)));
            read.AddRange(batch.AsSpan(0, got));
            if (got == 0)
            {
                await signal.WaitAsync(cancel).AsTask().Soon();
            }
        }

        return read;
    }
}

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
internal sealed partial class TestJson : JsonSerializerContext;

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
    private static int _number;

    public static TheoryData<string> All { get; } = [Local, LocalEncoding, Tcp, UnixSocket];

    /// <summary>A name that no other test has.</summary>
    public static string Name() => $"t{Environment.ProcessId}-{Interlocked.Increment(ref _number)}.test";

    public static async Task<TopicHub> OpenAsync(string kind, TimeProvider time) => kind switch
    {
        Local => new LocalTopics(time),
        LocalEncoding => new LocalTopics(time, isEncoding: true),
        Tcp => Redis((await SharedRedis.ServerAsync()).TcpUrl, time),
        _ => Redis((await SharedRedis.ServerAsync()).SocketUrl, time),
    };

    public static RedisTopics Redis(string url, TimeProvider time, TopicOptions? options = null, RoleSpool? spool = null) => new(
        (options ?? new TopicOptions()) with { Url = url }, SharedRedis.NextEpochAsync, time, NullLogger.Instance, seed: 1)
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

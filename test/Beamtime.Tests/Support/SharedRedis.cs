using Beamtime.Core.Topics;
using Beamtime.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedRedis))]

namespace Beamtime.Tests.Support;

/// <summary>One redis-server for the tests that neither stop it nor empty it; names of topics keep them apart.</summary>
public sealed class SharedRedis : IAsyncDisposable
{
    private const string Login = "facility:time%3A%40%2F%25@";
    private static readonly Lock StartLock = new();
    private static readonly Lazy<TestAuthority> Authority = new(() => new TestAuthority());
    private static Task<RedisServer>? _server;
    private static long _epoch;

    internal static Task<RedisServer> ServerAsync()
    {
        lock (StartLock)
        {
            return _server ??= StartAsync();
        }
    }

    /// <summary>Speaks with it over TLS: a client's certificate, and a user with what topics need and no more.</summary>
    internal static async Task<TopicOptions> OverTlsAsync()
    {
        var server = await ServerAsync();
        var (certificate, key) = Authority.Value.Issue($"client-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}", []);
        return new TopicOptions
        {
            Url = server.TlsUrl(login: Login),
            CaFile = Authority.Value.CaFile,
            CertificateFile = certificate,
            KeyFile = key,
        };
    }

    /// <summary>Speaks with it over its socket as that user.</summary>
    internal static async Task<string> SocketUrlOfUserAsync() => $"unix://{Login}{(await ServerAsync()).SocketPath}?db=0";

    /// <summary>An epoch higher than all before, as the database's sequence gives it.</summary>
    internal static ValueTask<long> NextEpochAsync(CancellationToken cancel) => ValueTask.FromResult(Interlocked.Increment(ref _epoch));

    private static Task<RedisServer> StartAsync() => RedisServer.StartTlsAsync(
        Authority.Value,
        Authority.Value.Issue("redis", ["localhost"]),
        "--user", "facility", "on", ">time:@/%", "~beamtime:*", "&beamtime:*", "+@all", "-@admin", "-@dangerous", "+info");

    public async ValueTask DisposeAsync()
    {
        Task<RedisServer>? server;
        lock (StartLock)
        {
            server = _server;
        }

        if (server is { IsCompletedSuccessfully: true })
        {
            await (await server).DisposeAsync();
            Authority.Value.Dispose();
        }
    }
}

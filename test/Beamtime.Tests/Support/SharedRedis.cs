using Beamtime.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedRedis))]

namespace Beamtime.Tests.Support;

/// <summary>One redis-server for the tests that neither stop it nor empty it; names of topics keep them apart.</summary>
public sealed class SharedRedis : IAsyncDisposable
{
    private static readonly Lock StartLock = new();
    private static Task<RedisServer>? _server;
    private static long _epoch;

    internal static Task<RedisServer> ServerAsync()
    {
        lock (StartLock)
        {
            return _server ??= RedisServer.StartAsync();
        }
    }

    /// <summary>An epoch higher than all before, as the database's sequence gives it.</summary>
    internal static ValueTask<long> NextEpochAsync(CancellationToken cancel) => ValueTask.FromResult(Interlocked.Increment(ref _epoch));

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
        }
    }
}

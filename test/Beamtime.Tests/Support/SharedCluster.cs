using Beamtime.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedCluster))]

namespace Beamtime.Tests.Support;

/// <summary>Ends the cluster of <see cref="TestDatabase"/> with the last test, so that no thread keeps the process.</summary>
public sealed class SharedCluster : IAsyncDisposable
{
    public ValueTask DisposeAsync() => TestDatabase.EndAsync();
}

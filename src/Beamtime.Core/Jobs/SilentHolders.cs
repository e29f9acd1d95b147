namespace Beamtime.Core.Jobs;

/// <summary>A job that is held for longer than any lease that is known here is long.</summary>
/// <param name="Id">The job.</param>
/// <param name="Fence">The fence it is held under.</param>
/// <param name="Until">Until when, by the database's clock.</param>
/// <param name="HeardAt">When its worker was last heard of, by that clock; null where nobody knows it.</param>
internal sealed record FarLease(JobId Id, long Fence, DateTime Until, DateTime? HeardAt);

/// <summary>
/// Finds dead holders that a clock set far back lets live on: their leases end in a future that no lease reaches. Whoever
/// lives extends its leases and is heard of, which changes what is seen; what has not changed for longer than the longest
/// lease, by the watcher's own clock, is silent.
/// </summary>
/// <param name="longest">The longest lease of the kinds that are known here.</param>
/// <param name="time">The watcher's clock.</param>
internal sealed class SilentHolders(TimeSpan longest, TimeProvider time)
{
    private Dictionary<FarLease, long> _since = [];

    /// <summary>The longest lease of the kinds that are known here.</summary>
    public TimeSpan Longest => longest;

    /// <summary>Looks at what is held too far, and tells which of it has been silent for too long.</summary>
    /// <param name="held">All of it.</param>
    public IReadOnlyList<FarLease> Look(IReadOnlyList<FarLease> held)
    {
        var now = time.GetTimestamp();
        _since = held.ToDictionary(lease => lease, lease => _since.GetValueOrDefault(lease, now));
        return [.. held.Where(lease => time.GetElapsedTime(_since[lease], now) > longest)];
    }
}

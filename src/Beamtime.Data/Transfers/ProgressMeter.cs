namespace Beamtime.Data.Transfers;

/// <summary>Reports progress at most five times a second, and the end in any case. Used by one thread.</summary>
/// <param name="of">Bytes in all.</param>
/// <param name="progress">Hears of it, or null.</param>
/// <param name="time">The clock.</param>
internal sealed class ProgressMeter(long of, IProgress<TransferProgress>? progress, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _last;
    private long _bytes;

    /// <summary>Counts further bytes.</summary>
    /// <param name="bytes">Bytes since the last call.</param>
    public void Add(long bytes)
    {
        _bytes += bytes;
        if (progress is null)
        {
            return;
        }

        var elapsed = time.GetElapsedTime(_start);
        if (elapsed - _last >= Interval || _bytes >= of)
        {
            _last = elapsed;
            progress.Report(new TransferProgress(_bytes, of, elapsed > TimeSpan.Zero ? _bytes / elapsed.TotalSeconds : 0));
        }
    }
}

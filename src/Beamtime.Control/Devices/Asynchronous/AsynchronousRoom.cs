namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>
/// Bounds the bytes of asynchronous data of one device that wait in memory, and keeps them away from a full disk.
/// </summary>
/// <param name="bytes">Bytes that may wait; a piece larger than that waits until it is alone.</param>
/// <param name="reserve">Bytes that stay free on the disk; 0 not to look.</param>
internal sealed class AsynchronousRoom(long bytes, long reserve)
{
    // A look at the disk costs a system call; between two of them this much may be written.
    private const long LookAfter = 16 << 20;
    private readonly Lock _gate = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Room)> _waiting = new();
    private long _used;
    private long _untilLook;

    /// <summary>Bytes that wait now.</summary>
    public long Used
    {
        get
        {
            lock (_gate)
            {
                return _used;
            }
        }
    }

    /// <summary>Takes room for a piece; waits, in the order of the calls, until there is some.</summary>
    /// <param name="size">Bytes of the piece.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask TakeAsync(long size, CancellationToken cancel)
    {
        TaskCompletionSource room;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(size))
            {
                _used += size;
                return;
            }

            room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((size, room));
        }

        await using var giveUp = cancel.Register(() => room.TrySetCanceled(cancel));
        await room.Task;
    }

    /// <summary>Gives room back.</summary>
    /// <param name="size">Bytes of the piece.</param>
    public void Give(long size)
    {
        lock (_gate)
        {
            _used -= size;
            while (_waiting.TryPeek(out var next) && (next.Room.Task.IsCompleted || Fits(next.Bytes)))
            {
                _waiting.Dequeue();
                // One that gave up meanwhile takes no room.
                if (next.Room.TrySetResult())
                {
                    _used += next.Bytes;
                }
            }
        }
    }

    /// <summary>Refuses to write when the disk would be too full; looks from time to time.</summary>
    /// <param name="path">The file, or a folder on its disk.</param>
    /// <param name="size">What is going to be written.</param>
    /// <exception cref="IOException">Too little is free.</exception>
    public void Demand(string path, long size)
    {
        if (reserve == 0 || Interlocked.Add(ref _untilLook, -size) > 0)
        {
            return;
        }

        Interlocked.Exchange(ref _untilLook, LookAfter);
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(path)!;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < size + LookAfter + reserve)
        {
            throw new IOException(
                $"No space left on device: {free >> 10} KiB are free in {folder}, {(size + LookAfter + reserve) >> 10} KiB are needed.");
        }
    }

    private bool Fits(long size) => _used == 0 || _used + size <= bytes;
}

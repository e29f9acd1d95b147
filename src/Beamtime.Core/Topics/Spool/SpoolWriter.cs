using Beamtime.Sdk.Errors;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Core.Topics.Spool;

/// <summary>
/// The thread that brings a spool's records to the disk: what gathered while it worked goes with the next write and
/// the next sync. What could not be written stays in memory, in its place, and is tried again.
/// </summary>
internal sealed class SpoolWriter : IAsyncDisposable
{
    private static readonly TimeSpan SyncInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);
    private readonly string _folder;
    private readonly SpoolDisk _disk;
    private readonly Action<FaultException?> _done;
    private readonly AutoResetEvent _wake = new(false);
    private readonly AutoResetEvent _urgent = new(false);
    private readonly ManualResetEvent _stopping = new(false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Of all, under the lock.
    private readonly Lock _gate = new();
    private List<Chunk> _gathered = [];
    private List<TaskCompletionSource> _waiting = [];
    private long _unsynced;

    // Of the thread alone.
    private SafeFileHandle? _file;
    private SpoolSegment? _open;

    /// <summary>A writer that begins at once.</summary>
    /// <param name="folder">The spool's folder.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="done">Told after each sync, with what went wrong or null; must not throw.</param>
    public SpoolWriter(string folder, SpoolDisk disk, Action<FaultException?> done)
    {
        _folder = folder;
        _disk = disk;
        _done = done;
        new Thread(Run) { IsBackground = true, Name = "spool " + Path.GetFileName(folder) }.Start();
    }

    /// <summary>Bytes that do not lie on the disk yet.</summary>
    public long Unsynced
    {
        get
        {
            lock (_gate)
            {
                return _unsynced;
            }
        }
    }

    /// <summary>Room for a record at the end of a segment; filled by the caller under the caller's lock.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="size">The record's bytes.</param>
    /// <param name="fill">Writes it.</param>
    public void Gather(SpoolSegment segment, int size, SpanAction fill)
    {
        lock (_gate)
        {
            var chunk = _gathered.Count > 0 && _gathered[^1].Segment == segment ? _gathered[^1] : null;
            if (chunk is null)
            {
                _gathered.Add(chunk = new Chunk(segment, segment.Length));
            }

            fill(chunk.Reserve(size));
            segment.Length += size;
            _unsynced += size;
        }

        _wake.Set();
    }

    /// <summary>Everything gathered so far lies on the disk.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task SyncedAsync(CancellationToken cancel)
    {
        var synced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_unsynced == 0)
            {
                return Task.CompletedTask;
            }

            _waiting.Add(synced);
        }

        _wake.Set();
        _urgent.Set();
        return synced.Task.WaitAsync(cancel);
    }

    /// <summary>Writes what gathered, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping.Set();
        _wake.Set();
        await _ended.Task;
        _file?.Dispose();
        _wake.Dispose();
        _urgent.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        List<Chunk> chunks = [];
        while (true)
        {
            _wake.WaitOne(chunks.Count > 0 ? RetryPause : Timeout.InfiniteTimeSpan);
            var isLast = _stopping.WaitOne(TimeSpan.Zero);
            List<TaskCompletionSource> waiting;
            lock (_gate)
            {
                chunks.AddRange(_gathered);
                _gathered = [];
                (waiting, _waiting) = (_waiting, []);
            }

            var trouble = TryWrite(chunks);
            if (trouble is null)
            {
                lock (_gate)
                {
                    _unsynced -= chunks.Sum(c => (long)c.Length);
                    foreach (var chunk in chunks)
                    {
                        chunk.Segment.Synced = chunk.At + chunk.Length;
                    }
                }

                chunks.Clear();
            }

            _done(trouble);
            foreach (var synced in waiting)
            {
                if (trouble is null)
                {
                    synced.TrySetResult();
                }
                else if (isLast)
                {
                    synced.TrySetException(trouble);
                }
                else
                {
                    lock (_gate)
                    {
                        _waiting.Add(synced);
                    }
                }
            }

            if (isLast)
            {
                _ended.SetResult();
                return;
            }

            if (trouble is null)
            {
                // Lets more gather, unless somebody waits.
                WaitHandle.WaitAny([_stopping, _urgent], SyncInterval);
            }
        }
    }

    private FaultException? TryWrite(List<Chunk> chunks)
    {
        try
        {
            foreach (var chunk in chunks)
            {
                if (_open != chunk.Segment)
                {
                    Leave();
                    _file = _disk.Open(chunk.Segment.Path);
                    _open = chunk.Segment;
                    _disk.SyncNames(_folder);
                }

                _disk.Write(_file!, chunk.Bytes, chunk.At);
            }

            if (_file is not null && chunks.Count > 0)
            {
                _disk.Sync(_file);
            }

            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return SpoolErrors.DiskFailed.Fault($"{_folder}: {error.Message}", error);
        }
    }

    private void Leave()
    {
        if (_file is not null)
        {
            _disk.Sync(_file);
            _file.Dispose();
            (_file, _open) = (null, null);
        }
    }

    /// <summary>Fills the room of a record.</summary>
    /// <param name="record">The room.</param>
    internal delegate void SpanAction(Span<byte> record);

    private sealed class Chunk(SpoolSegment segment, long at)
    {
        private byte[] _bytes = new byte[4096];

        public SpoolSegment Segment => segment;

        public long At => at;

        public int Length { get; private set; }

        public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

        public Span<byte> Reserve(int size)
        {
            if (Length + size > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + size));
            }

            Length += size;
            return _bytes.AsSpan(Length - size, size);
        }
    }
}

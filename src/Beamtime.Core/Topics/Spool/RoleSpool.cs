using System.Text;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Spool;

/// <summary>
/// What one role has said and its receivers have not yet acknowledged, in append-only files on this host's disk. A
/// thread of its own writes what gathered and syncs it, so that one sync serves many; whoever must know that a
/// record lies on the disk waits for it. A torn end is cut when the spool is opened. A file goes when every
/// record in it was dropped; what was dropped may come back after a crash, since receivers know ids.
/// </summary>
internal sealed partial class RoleSpool : IAsyncDisposable
{
    private const double NearlyFullShare = 0.8;
    private const int MostUnsynced = 8 * 1024 * 1024;
    private readonly string _folder;
    private readonly long _capacity;
    private readonly long _segmentSize;
    private readonly SpoolDisk _disk;
    private readonly SpoolWriter _writer;
    private readonly ILogger _logger;

    // Of all, under the lock.
    private readonly Lock _gate = new();
    private readonly LinkedList<SpoolSegment> _segments = new();
    private readonly Dictionary<string, SpoolStream> _streams = new(StringComparer.Ordinal);
    private readonly List<TaskCompletionSource> _waitingForRoom = [];
    private SpoolSegment? _active;
    private SpoolPlace? _place;
    private bool _isDisposed;
    private long _bytes;
    private FaultException? _trouble;

    private RoleSpool(string folder, long capacity, SpoolDisk disk, ILogger logger)
    {
        _folder = folder;
        _capacity = capacity;
        _segmentSize = Math.Clamp(capacity / 32, 64 * 1024, 16 * 1024 * 1024);
        _disk = disk;
        _logger = logger;
        Load();
        _writer = new SpoolWriter(folder, disk, Written);
    }

    /// <summary>Told when there is room again; must not throw or wait.</summary>
    public event Action? Freed;

    /// <summary>Bytes that it holds.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>True while nothing more can be added.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return !HasRoom();
            }
        }
    }

    /// <summary>True when no further scan may begin: four fifths are used, or the disk takes nothing.</summary>
    public bool IsNearlyFull
    {
        get
        {
            lock (_gate)
            {
                return _bytes >= _capacity * NearlyFullShare || _trouble is not null;
            }
        }
    }

    /// <summary>Why nothing more can be written; null while all is well.</summary>
    public FaultException? Trouble
    {
        get
        {
            lock (_gate)
            {
                return _trouble;
            }
        }
    }

    /// <summary>Opens a spool; cuts off what the last write left torn.</summary>
    /// <param name="folder">Its folder, this role's alone.</param>
    /// <param name="capacity">Bytes that it may hold.</param>
    /// <param name="logger">Takes what it meets.</param>
    /// <param name="disk">The disk.</param>
    /// <exception cref="FaultException"><c>spool.damaged</c>.</exception>
    public static RoleSpool Open(string folder, long capacity, ILogger logger, SpoolDisk? disk = null)
    {
        Directory.CreateDirectory(folder);
        return new RoleSpool(folder, capacity, disk ?? new SpoolDisk(), logger);
    }

    /// <summary>Opens a spool that has its place among those of this host.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="capacity">Bytes that it may hold.</param>
    /// <param name="logger">Takes what it meets.</param>
    /// <param name="place">Its place; given back with it.</param>
    /// <exception cref="FaultException"><c>spool.damaged</c>.</exception>
    public static RoleSpool Open(string folder, long capacity, ILogger logger, SpoolPlace place) =>
        new(folder, capacity, new SpoolDisk(), logger) { _place = place };

    /// <summary>Brings here what a stream has left in spools that no process has; before it is looked at.</summary>
    /// <param name="stream">A stream that this process writes.</param>
    /// <param name="cancel">Gives up.</param>
    public Task TakeOverAsync(string stream, CancellationToken cancel) =>
        _place?.Shelf?.TakeOverAsync(this, _folder, stream, cancel) ?? Task.CompletedTask;

    /// <summary>Adds what a stream had in another spool, which is newer.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="end">How far it is there.</param>
    /// <param name="records">What of it is still needed there.</param>
    public void TakeOver(string stream, (long Next, long Tag) end, IReadOnlyList<SpoolRecord> records)
    {
        lock (_gate)
        {
            var known = Stream(stream);
            if (known.Tag != end.Tag || known.Next == 0)
            {
                known.Begin(end.Tag, records.Count > 0 ? records[0].Sequence : end.Next);
            }

            foreach (var record in records)
            {
                Add(record);
            }

            // Also where nothing is left of it: its sequence goes on.
            known.Next = end.Next;
            Begin();
        }
    }

    /// <summary>Forgets a stream, which another spool has now.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>True when it knows of no other.</returns>
    public async Task<bool> ForgetAsync(string stream, CancellationToken cancel)
    {
        bool isEmpty;
        lock (_gate)
        {
            if (_streams.Remove(stream, out var known))
            {
                Begin();
                Gather(
                    SpoolFormat.Mark,
                    known.Name,
                    new SpoolRecord(stream, SpoolFormat.Forgotten, Guid.Empty, known.Tag, BitConverter.GetBytes(known.Next)));
            }

            isEmpty = _streams.Count == 0;
        }

        await SyncedAsync(cancel);
        return isEmpty;
    }

    /// <summary>Offset after the last record that a stream ever had; null for a stream that had none.</summary>
    public (long Next, long Tag)? End(string stream)
    {
        lock (_gate)
        {
            return _streams.TryGetValue(stream, out var known) ? (known.Next, known.Tag) : null;
        }
    }

    /// <summary>Adds a record unless the spool is full; it is on the disk after <see cref="SyncedAsync"/>.</summary>
    /// <param name="record">The record; one that the stream has already is accepted and not added.</param>
    /// <returns>False when it is full, or the disk has taken nothing for so long that the memory is.</returns>
    public bool TryAppend(SpoolRecord record)
    {
        lock (_gate)
        {
            if (!HasRoom())
            {
                return false;
            }

            Add(record);
            return true;
        }
    }

    /// <summary>Adds a record; waits while the spool is full.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask AppendAsync(SpoolRecord record, CancellationToken cancel)
    {
        while (!TryAppend(record))
        {
            await RoomAsync(cancel);
        }
    }

    /// <summary>Waits until something more can be added.</summary>
    /// <param name="cancel">Gives up.</param>
    public Task RoomAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                return Task.CompletedTask;
            }

            var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waitingForRoom.Add(room);
            return room.Task.WaitAsync(cancel);
        }
    }

    /// <summary>Everything added so far lies on the disk; waits while the disk takes nothing.</summary>
    /// <param name="cancel">Ends the wait; the records stay.</param>
    public Task SyncedAsync(CancellationToken cancel) => _writer.SyncedAsync(cancel);

    /// <summary>What a stream holds is no longer needed before a sequence.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="before">The first still needed.</param>
    public void Drop(string stream, long before)
    {
        lock (_gate)
        {
            if (!_streams.TryGetValue(stream, out var known) || before <= known.Kept)
            {
                return;
            }

            known.Kept = Math.Min(before, known.Next);
            RemoveDropped();
        }

        TellFreed();
    }

    /// <summary>Adds a record even where the spool is full: what was said before somebody could be made to wait.</summary>
    /// <param name="record">The record.</param>
    public void AppendAnyway(SpoolRecord record)
    {
        lock (_gate)
        {
            Add(record);
        }
    }

    /// <summary>The records of a stream that are still needed, in order.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<SpoolRecord>> ReadAsync(string stream, int most, CancellationToken cancel)
    {
        await SyncedAsync(cancel);
        List<SpoolRecord> records = [];
        string[] segments;
        long kept, tag;
        lock (_gate)
        {
            if (!_streams.TryGetValue(stream, out var known))
            {
                return [];
            }

            (kept, tag) = (known.Kept, known.Tag);
            segments = [.. _segments.Where(s => IsNeeded(s, stream)).Select(s => s.Path)];
        }

        foreach (var path in segments)
        {
            foreach (var (kind, record) in SpoolSegment.Read(path, out _, out _))
            {
                if (kind == SpoolFormat.Record && record.Stream == stream && record.Tag == tag && record.Sequence >= kept && records.Count < most)
                {
                    records.Add(record);
                }
            }

            if (records.Count == most)
            {
                break;
            }
        }

        return records;
    }

    /// <summary>Writes what gathered, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _writer.DisposeAsync();
        _place?.Held.Dispose();
    }

    private void Load()
    {
        foreach (var (segment, records, cut) in SpoolSegment.LoadAll(_folder, _disk))
        {
            foreach (var (kind, record) in records)
            {
                Take(segment, kind, record);
            }

            if (cut > 0)
            {
                LogCut(segment.Path, cut);
            }

            _bytes += segment.Length;
            _segments.AddLast(segment);
        }

        // What was torn stays behind; new records go to a new file.
        RemoveDropped();
    }

    private void Take(SpoolSegment segment, byte kind, SpoolRecord record)
    {
        if (kind == SpoolFormat.Mark && record.Sequence == SpoolFormat.Forgotten)
        {
            _streams.Remove(record.Stream);
            return;
        }

        var known = Stream(record.Stream);
        if (record.Tag != known.Tag)
        {
            known.Begin(record.Tag, record.Sequence);
        }

        if (kind == SpoolFormat.Mark)
        {
            known.Kept = Math.Max(known.Kept, record.Sequence);
            known.Next = Math.Max(known.Next, BitConverter.ToInt64(record.Body.Span));
            return;
        }

        known.Next = Math.Max(known.Next, record.Sequence + 1);
        segment.Last[record.Stream] = (record.Tag, record.Sequence);
    }

    private SpoolStream Stream(string name)
    {
        if (!_streams.TryGetValue(name, out var known))
        {
            _streams[name] = known = new SpoolStream(Encoding.UTF8.GetBytes(name));
        }

        return known;
    }

    // Under the lock.
    private void Add(SpoolRecord record)
    {
        var known = Stream(record.Stream);
        if (record.Tag != known.Tag)
        {
            known.Begin(record.Tag, record.Sequence);
        }

        if (record.Sequence < known.Next)
        {
            return;
        }

        if (_active is null || _active.Length >= _segmentSize)
        {
            Begin();
        }

        known.Next = record.Sequence + 1;
        _active!.Last[record.Stream] = (record.Tag, record.Sequence);
        Gather(SpoolFormat.Record, known.Name, record);
    }

    // A segment begins with how far each stream is dropped, since the segments before it may go.
    private void Begin()
    {
        _active = new SpoolSegment(_folder, (_segments.Last?.Value.Number ?? 0) + 1);
        _segments.AddLast(_active);
        foreach (var (name, stream) in _streams)
        {
            Gather(SpoolFormat.Mark, stream.Name, new SpoolRecord(name, stream.Kept, Guid.Empty, stream.Tag, BitConverter.GetBytes(stream.Next)));
        }
    }

    private void Gather(byte kind, byte[] name, SpoolRecord record)
    {
        var size = SpoolFormat.SizeOf(name.Length, record.Body.Length);
        _writer.Gather(
            _active!, size, into => SpoolFormat.Write(into, kind, name, record.Sequence, record.Id, record.Tag, record.Body.Span));
        _bytes += size;
    }

    private bool HasRoom() => _bytes < _capacity && _writer.Unsynced < MostUnsynced;

    // Called by the writer; must not throw.
    private void Written(FaultException? trouble)
    {
        lock (_gate)
        {
            if (trouble is not null && _trouble is null)
            {
                LogTrouble(trouble.Message);
            }

            _trouble = trouble;
            if (trouble is null)
            {
                RemoveDropped();
            }
        }

        TellFreed();
    }

    private void TellFreed()
    {
        TaskCompletionSource[] waiting;
        lock (_gate)
        {
            if (!HasRoom())
            {
                return;
            }

            waiting = [.. _waitingForRoom];
            _waitingForRoom.Clear();
        }

        foreach (var room in waiting)
        {
            room.TrySetResult();
        }

        Freed?.Invoke();
    }

    // Under the lock. The last segment stays: it says how far the streams are.
    private void RemoveDropped()
    {
        for (var node = _segments.First; node is not null && node != _segments.Last;)
        {
            var next = node.Next;
            var isNeeded = node.Value.Synced < node.Value.Length
                || node.Value.Last.Keys.Any(stream => IsNeeded(node.Value, stream));
            if (!isNeeded && TryDelete(node.Value))
            {
                _segments.Remove(node);
                _bytes -= node.Value.Length;
            }

            node = next;
        }
    }

    private bool IsNeeded(SpoolSegment segment, string stream) =>
        _streams.TryGetValue(stream, out var known) && segment.Last.TryGetValue(stream, out var last)
        && last.Tag == known.Tag && last.Sequence >= known.Kept;

    // What could not be removed is tried again with the next one; until then it counts.
    private bool TryDelete(SpoolSegment segment)
    {
        var trouble = _disk.TryDelete(segment.Path);
        if (trouble is not null)
        {
            LogNotRemoved(segment.Path, trouble);
        }

        return trouble is null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The end of {Path} was torn; {Bytes} bytes are cut off")]
    private partial void LogCut(string path, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The spool waits for its disk: {Reason}")]
    private partial void LogTrouble(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} could not be removed: {Reason}")]
    private partial void LogNotRemoved(string path, string reason);
}

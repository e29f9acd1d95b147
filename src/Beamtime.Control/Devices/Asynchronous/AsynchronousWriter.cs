using System.Threading.Channels;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>
/// Writes the asynchronous data of one device and one scan into a file of their own, which others read while it grows.
/// What waits is bounded by its bytes; a device that is faster than the disk waits. A fault ends this file alone.
/// </summary>
internal sealed partial class AsynchronousWriter : AsynchronousSink
{
    private const int MostPieces = 4096;
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(200);

    // Files that the library could not write: closing them could take the program along.
    private static readonly Lock AbandonedGate = new();
    private static readonly List<H5File> Abandoned = [];

    private readonly string _device;
    private readonly Dictionary<AsynchronousSignal, AsynchronousColumn?> _columns;
    private readonly Action<AsynchronousIndex> _tell;
    private readonly AsynchronousRoom _room;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<AsynchronousPiece> _pieces = Channel.CreateBounded<AsynchronousPiece>(
        new BoundedChannelOptions(MostPieces) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly Dictionary<AsynchronousSignal, Counter> _counters;

    // The writing loop's own.
    private readonly H5File _file;
    private readonly H5Dataset _state;
    private readonly string _path;
    private readonly Task _writing;
    private long _flushedAt;
    private long _taken;
    private long _flushed;
    private bool _isDirty;

    private volatile bool _isOver;
    private volatile Reason? _fault;

    private AsynchronousWriter(
        string device, ScanSetup scan, H5File file, string path, AsynchronousFile description,
        IReadOnlyList<AsynchronousSignal> signals, AsynchronousRoom room, Action<AsynchronousIndex> tell,
        H5Compression compression, TimeProvider time, ILogger log)
    {
        (_device, _file, _path, _room, _tell, _time, _log) = (device, file, path, room, tell, time, log);
        Scan = scan.Scan;
        Description = description;
        using (var entry = file.CreateGroup("/entry"))
        {
            entry.Attributes.Write("NX_class", "NXentry");
            entry.Attributes.Write("device", device);
        }

        _columns = signals.ToDictionary(
            signal => signal, signal => signal.IsSaved ? AsynchronousColumn.Create(file, signal, compression) : null);
        _counters = signals.ToDictionary(signal => signal, _ => new Counter());
        _state = file.CreateScalar(AsynchronousLayout.State, AsynchronousLayout.Writing);
        file.StartSwmrWrite();
        file.Flush();
        _flushedAt = time.GetTimestamp();
        _writing = WriteAsync();
    }

    /// <summary>The file and its signals, for those who make the scan's file.</summary>
    public AsynchronousFile Description { get; }

    /// <summary>Pieces that readers can see.</summary>
    public long Flushed => Interlocked.Read(ref _flushed);

    /// <inheritdoc/>
    public override Guid Scan { get; }

    /// <inheritdoc/>
    public override bool IsOpen => !_isOver && _fault is null;

    /// <summary>Makes the file of a device for a scan, ready for data and readers.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="signals">Its asynchronous signals.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="room">Bounds what waits.</param>
    /// <param name="tell">Takes how far signals are.</param>
    /// <param name="compression">How large rows are compressed where their signal does not say.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="FaultException"><c>device.async.unfit</c> or <c>device.async.failed</c>.</exception>
    public static AsynchronousWriter Create(
        string device, IReadOnlyList<AsynchronousSignal> signals, ScanSetup scan, AsynchronousRoom room,
        Action<AsynchronousIndex> tell, H5Compression compression, TimeProvider time, ILogger log)
    {
        if (signals.Select(AsynchronousLayout.Mistake).OfType<string>().ToList() is { Count: > 0 } mistakes)
        {
            throw AsynchronousErrors.Unfit.Fault($"{device}: {string.Join("; ", mistakes)}.");
        }

        var name = $"{scan.FilePrefix}_{device}{AsynchronousLayout.Ending}";
        var path = Path.Combine(scan.Folder, name);
        H5File? file = null;
        try
        {
            room.Demand(scan.Folder, 0);
            file = H5File.Create(path, H5FileOptions.Swmr);
            return new AsynchronousWriter(
                device, scan, file, path, new AsynchronousFile(name, [.. signals.Where(s => s.IsSaved)]), signals, room, tell, compression,
                time, log);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Abandon(file);
            throw AsynchronousErrors.Failed.Fault($"{device}: {path} cannot be made: {error.Message}", error);
        }
    }

    /// <summary>Writes what waits, closes the file and syncs it; nothing is taken any more.</summary>
    /// <returns>Why the file is not whole; null when it is.</returns>
    public async Task<Reason?> EndAsync()
    {
        _isOver = true;
        _pieces.Writer.TryComplete();
        await _writing;
        return _fault;
    }

    /// <inheritdoc/>
    protected override async ValueTask<long> PutAsync(AsynchronousPiece piece, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(piece);
        try
        {
            Admit(piece);
            await _room.TakeAsync(piece.Bytes.Length, cancel);
        }
        catch
        {
            piece.Dispose();
            throw;
        }

        var bytes = piece.Bytes.Length;
        try
        {
            await _pieces.Writer.WriteAsync(piece, cancel);
            return _counters[piece.Signal].Next();
        }
        catch (Exception error)
        {
            piece.Dispose();
            _room.Give(bytes);
            if (error is ChannelClosedException)
            {
                throw Closed();
            }

            throw;
        }
    }

    private void Admit(AsynchronousPiece piece)
    {
        if (!IsOpen)
        {
            throw Closed();
        }

        if (!_columns.TryGetValue(piece.Signal, out var column))
        {
            throw AsynchronousErrors.Unfit.Fault($"{_device} has no asynchronous signal '{piece.Signal.Name}'.");
        }

        if (column?.Refusal(piece) is { } refusal)
        {
            throw AsynchronousErrors.Unfit.Fault($"{_device}: {refusal}.");
        }
    }

    private FaultException Closed() => _fault is { } fault
        ? new FaultException(fault)
        : AsynchronousErrors.Over.Fault($"{_device} gave data after its scan had released it.");

    // Never throws for the file: what happens is the fault that the next call and the end tell.
    private async Task WriteAsync()
    {
        await Task.Yield();
        while (await HasMoreAsync())
        {
            while (_pieces.Reader.TryRead(out var piece))
            {
                Take(piece);
                if (_time.GetElapsedTime(_flushedAt) >= FlushInterval)
                {
                    Flush();
                }
            }
        }

        Close();
    }

    // What came is visible to readers after the pause between flushes, also when nothing follows it.
    private async Task<bool> HasMoreAsync()
    {
        var more = _pieces.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        if (_isDirty && !more.IsCompleted)
        {
            using var pause = new CancellationTokenSource();
            var rest = FlushInterval - _time.GetElapsedTime(_flushedAt);
            await Task.WhenAny(more, Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, _time, pause.Token));
            await pause.CancelAsync();
            if (!more.IsCompleted)
            {
                Flush();
            }
        }

        return await more;
    }

    private void Take(AsynchronousPiece piece)
    {
        var bytes = piece.Bytes.Length;
        using (piece)
        {
            if (_fault is null && _columns[piece.Signal] is { } column)
            {
                Try(() =>
                {
                    _room.Demand(_path, bytes);
                    column.Write(piece);
                });
                _isDirty = true;
            }
            else if (_fault is null)
            {
                _tell(new AsynchronousIndex(Scan, _device, piece.Signal.Name, _counters[piece.Signal].Count, [], piece.At));
            }
        }

        _taken++;
        _room.Give(bytes);
    }

    private void Flush()
    {
        if (!_isDirty || _fault is not null)
        {
            return;
        }

        _isDirty = false;
        _flushedAt = _time.GetTimestamp();
        Try(() =>
        {
            foreach (var column in _columns.Values)
            {
                column?.Flush();
            }

            _file.Flush();
            Interlocked.Exchange(ref _flushed, _taken);
        });
        foreach (var column in _columns.Values.OfType<AsynchronousColumn>().Where(c => c.IsDirty))
        {
            column.IsDirty = false;
            _tell(new AsynchronousIndex(Scan, _device, column.Signal.Name, column.Pieces, column.Shape, column.At));
        }
    }

    private void Close()
    {
        _isDirty = true;
        Flush();
        if (_columns.Values.OfType<AsynchronousColumn>().Sum(c => c.Cut) is > 0 and var cut)
        {
            LogCut(_log, _device, cut);
        }

        Try(() =>
        {
            _state.Write<int>([AsynchronousLayout.Complete]);
            _file.Close();
            using var handle = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        });
    }

    private void Try(Action work)
    {
        if (_fault is not null)
        {
            return;
        }

        try
        {
            work();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _fault = AsynchronousErrors.Failed.Because($"{_device}: {_path} cannot be written: {error.Message}");
            Abandon(_file);
            LogFailed(_log, error, _device, _path);
        }
    }

    private static void Abandon(H5File? file)
    {
        if (file is not null)
        {
            lock (AbandonedGate)
            {
                Abandoned.Add(file);
            }
        }
    }

    private sealed class Counter
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public long Next() => Interlocked.Increment(ref _count) - 1;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} gave {Cut} asynchronous values that did not fit; they were left out")]
    private static partial void LogCut(ILogger logger, string device, long cut);

    [LoggerMessage(Level = LogLevel.Error, Message = "Asynchronous data of {Device} cannot be written into {Path} any more")]
    private static partial void LogFailed(ILogger logger, Exception error, string device, string path);
}

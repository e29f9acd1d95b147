using System.Buffers;
using System.Runtime.InteropServices;

namespace Beamtime.Sdk.Devices;

/// <summary>A device that gives data at its own pace while a scan has it staged.</summary>
public interface IAsynchronous : IStaged
{
    /// <summary>Its asynchronous signals. Fixed once connected.</summary>
    IReadOnlyList<AsynchronousSignal> AsynchronousSignals { get; }

    /// <summary>
    /// Hands over where the data of a scan go, before <see cref="IStaged.StageAsync"/>; another sink for every scan. What
    /// is given to it until the end of <see cref="ICompleting.CompleteAsync"/> and <see cref="IStaged.UnstageAsync"/> is
    /// kept; behind that it is refused.
    /// </summary>
    /// <param name="sink">Takes the data of one scan.</param>
    void Begin(AsynchronousSink sink);
}

/// <summary>
/// Takes the asynchronous data of one device and one scan. May be used from any thread; pieces of one signal keep the order
/// of the calls. What is given is copied before the task ends, so the caller may use its memory again. What waits to be
/// written is bounded: where the disk is slower than the device, a task ends only when there is room.
/// </summary>
/// <remarks>
/// Every method fails with a <see cref="Beamtime.Sdk.Errors.FaultException"/>: <c>device.async.over</c> when the scan has
/// ended, <c>device.async.unfit</c> for a piece that does not fit what its signal states, <c>device.async.failed</c> when the
/// file can no longer be written. None of them ends the data of other devices.
/// </remarks>
public abstract class AsynchronousSink
{
    /// <summary>The scan.</summary>
    public abstract Guid Scan { get; }

    /// <summary>False once the scan is over or the file failed: what is given then is refused.</summary>
    public abstract bool IsOpen { get; }

    /// <summary>
    /// Adds to a signal with <see cref="AsynchronousUpdate.Add"/>: any number of values where its shape has one axis, else
    /// one row.
    /// </summary>
    /// <typeparam name="T">The type of the signal's element.</typeparam>
    /// <param name="signal">One of the device's signals.</param>
    /// <param name="values">Values, or one row in row-major order.</param>
    /// <param name="at">When they were taken, UTC.</param>
    /// <param name="cancel">Gives up waiting for room; nothing was added then.</param>
    /// <returns>How many pieces the signal had before this one.</returns>
    public ValueTask<long> AddAsync<T>(
        AsynchronousSignal signal, ReadOnlyMemory<T> values, DateTimeOffset at, CancellationToken cancel)
        where T : unmanaged =>
        PutAsync(Piece(signal, AsynchronousUpdate.Add, row: -1, rows: 1, [], values.Span, at), cancel);

    /// <summary>Adds several whole rows at once to a signal with two axes or more.</summary>
    /// <typeparam name="T">The type of the signal's element.</typeparam>
    /// <param name="signal">One of the device's signals, without an open axis but the first.</param>
    /// <param name="rows">How many rows, ≥ 1.</param>
    /// <param name="values">Exactly that many rows in row-major order.</param>
    /// <param name="at">When they were taken, UTC.</param>
    /// <param name="cancel">Gives up waiting for room; nothing was added then.</param>
    /// <returns>How many pieces the signal had before this one.</returns>
    public ValueTask<long> AddRowsAsync<T>(
        AsynchronousSignal signal, int rows, ReadOnlyMemory<T> values, DateTimeOffset at, CancellationToken cancel)
        where T : unmanaged =>
        PutAsync(Piece(signal, AsynchronousUpdate.Add, row: -1, rows, [], values.Span, at), cancel);

    /// <summary>Adds to one row of a signal with <see cref="AsynchronousUpdate.AddSlice"/>, behind what the row has.</summary>
    /// <typeparam name="T">The type of the signal's element.</typeparam>
    /// <param name="signal">One of the device's signals; its shape has two axes.</param>
    /// <param name="row">
    /// The row, from 0; -1 for a new one. Rows of any length can only be begun in their order and added to at their last.
    /// </param>
    /// <param name="values">The values; what is beyond the row's length is cut and counted.</param>
    /// <param name="at">When they were taken, UTC.</param>
    /// <param name="cancel">Gives up waiting for room; nothing was added then.</param>
    /// <returns>How many pieces the signal had before this one.</returns>
    public ValueTask<long> AddSliceAsync<T>(
        AsynchronousSignal signal, long row, ReadOnlyMemory<T> values, DateTimeOffset at, CancellationToken cancel)
        where T : unmanaged =>
        PutAsync(Piece(signal, AsynchronousUpdate.AddSlice, row, rows: 1, [], values.Span, at), cancel);

    /// <summary>Replaces the value of a signal with <see cref="AsynchronousUpdate.Replace"/>.</summary>
    /// <typeparam name="T">The type of the signal's element.</typeparam>
    /// <param name="signal">One of the device's signals.</param>
    /// <param name="shape">The shape of the value; empty for a single one.</param>
    /// <param name="values">The values in row-major order.</param>
    /// <param name="at">When they were taken, UTC.</param>
    /// <param name="cancel">Gives up waiting for room; nothing was replaced then.</param>
    /// <returns>How many pieces the signal had before this one.</returns>
    public ValueTask<long> ReplaceAsync<T>(
        AsynchronousSignal signal,
        IReadOnlyList<int> shape,
        ReadOnlyMemory<T> values,
        DateTimeOffset at,
        CancellationToken cancel)
        where T : unmanaged =>
        PutAsync(Piece(signal, AsynchronousUpdate.Replace, row: -1, rows: 1, shape, values.Span, at), cancel);

    /// <summary>Takes a piece over; its memory belongs to the sink, which gives it back by disposing the piece.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="cancel">Gives up waiting for room.</param>
    /// <returns>How many pieces the signal had before this one.</returns>
    protected abstract ValueTask<long> PutAsync(AsynchronousPiece piece, CancellationToken cancel);

    private static AsynchronousPiece Piece<T>(
        AsynchronousSignal signal,
        AsynchronousUpdate update,
        long row,
        int rows,
        IReadOnlyList<int> shape,
        ReadOnlySpan<T> values,
        DateTimeOffset at)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(signal);
        var bytes = MemoryMarshal.AsBytes(values);
        var memory = ArrayPool<byte>.Shared.Rent(Math.Max(1, bytes.Length));
        bytes.CopyTo(memory);
        return new AsynchronousPiece(memory, bytes.Length)
        {
            Signal = signal,
            Update = update,
            Row = row,
            Rows = rows,
            Shape = shape,
            Element = AsynchronousPiece.ElementOf<T>(),
            At = at,
        };
    }
}

/// <summary>What a device gave in one call. Disposing it gives its memory back.</summary>
/// <param name="memory">Rented from the shared pool.</param>
/// <param name="length">Bytes of it that count.</param>
public sealed class AsynchronousPiece(byte[] memory, int length) : IDisposable
{
    private byte[]? _memory = memory;

    /// <summary>The signal.</summary>
    public required AsynchronousSignal Signal { get; init; }

    /// <summary>What was asked for.</summary>
    public required AsynchronousUpdate Update { get; init; }

    /// <summary>The row of a slice; -1 for a new one.</summary>
    public required long Row { get; init; }

    /// <summary>Rows in the piece, for those that are added.</summary>
    public required int Rows { get; init; }

    /// <summary>The shape of a value that replaces another.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>What the values are made of.</summary>
    public required AsynchronousElement Element { get; init; }

    /// <summary>When they were taken, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The values in row-major order, as bytes in this machine's order.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory.AsMemory(0, length);
        }
    }

    /// <summary>The element that a type of this language is.</summary>
    /// <typeparam name="T">A type of numbers.</typeparam>
    /// <exception cref="NotSupportedException">None of <see cref="AsynchronousElement"/>.</exception>
    public static AsynchronousElement ElementOf<T>()
        where T : unmanaged => default(T) switch
        {
            double => AsynchronousElement.Float64,
            float => AsynchronousElement.Float32,
            sbyte => AsynchronousElement.Int8,
            byte => AsynchronousElement.UInt8,
            short => AsynchronousElement.Int16,
            ushort => AsynchronousElement.UInt16,
            int => AsynchronousElement.Int32,
            uint => AsynchronousElement.UInt32,
            long => AsynchronousElement.Int64,
            ulong => AsynchronousElement.UInt64,
            _ => throw new NotSupportedException($"{typeof(T).Name} is no element of an asynchronous signal."),
        };

    /// <summary>Gives the memory back; once, however often it is called.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _memory, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>Values one behind the other, or rows of one shape: an extendable data set.</summary>
internal sealed class AddedColumn<T> : AsynchronousColumn
    where T : unmanaged
{
    private const int ChunkBytes = 1 << 18;
    private readonly T _missing;
    private readonly H5Dataset _set;
    private readonly int _rowLength;
    private readonly long[] _rowShape;
    private readonly long _most;
    private readonly bool _isRowAChunk;
    private readonly T[] _padded;
    private readonly H5Compression _compression;
    private readonly byte[] _compressed;
    private long _rows;

    /// <summary>Makes the data set.</summary>
    /// <param name="group">The signal's group.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="missing">What stands for a value that did not come.</param>
    /// <param name="compression">How large rows are compressed.</param>
    public AddedColumn(H5Group group, AsynchronousSignal signal, T missing, H5Compression compression)
        : base(group, signal)
    {
        _missing = missing;
        _rowShape = AsynchronousLayout.RowShape(signal);
        _rowLength = checked((int)_rowShape.Aggregate(1L, (product, axis) => product * axis));
        _most = signal.MaxShape[0] ?? long.MaxValue;
        var chunk = Math.Clamp(ChunkBytes / ((long)_rowLength * Unsafe.SizeOf<T>()), 1, Math.Min(8192, _most));
        _isRowAChunk = chunk == 1;
        _padded = _rowShape.Length > 0 ? new T[_rowLength] : [];
        var rowBytes = checked(_rowLength * Unsafe.SizeOf<T>());
        _compression = _isRowAChunk ? compression : H5Compression.None;
        _compressed = _compression == H5Compression.None ? [] : new byte[_compression.LongestOf(rowBytes)];
        _set = group.CreateExtendable(
            "value",
            _rowShape,
            new H5DatasetOptions<T>
            {
                Chunk = [chunk, .. _rowShape], Fill = missing, Filters = _compression.FiltersOf(Unsafe.SizeOf<T>(), rowBytes),
            });
        Describe(_set);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> Shape => [_rows, .. _rowShape];

    private protected override string? RefusalOf(AsynchronousPiece piece) =>
        piece.Rows < 1 || (piece.Rows > 1 && piece.Bytes.Length != (long)piece.Rows * _rowLength * Unsafe.SizeOf<T>())
            ? $"{Signal.Name} was given {piece.Bytes.Length / Unsafe.SizeOf<T>()} values for {piece.Rows} rows of {_rowLength}"
            : null;

    private protected override void Put(AsynchronousPiece piece)
    {
        var values = ValuesOf<T>(piece);
        if (_rowShape.Length == 0)
        {
            Append(values);
        }
        else if (piece.Rows > 1)
        {
            Append(values);
        }
        else if (values.Length == _rowLength)
        {
            Append(values);
        }
        else
        {
            var count = Math.Min(values.Length, _rowLength);
            values[..count].CopyTo(_padded);
            _padded.AsSpan(count).Fill(_missing);
            Cut += values.Length - count;
            Append(_padded);
        }
    }

    private void Append(ReadOnlySpan<T> rows)
    {
        var count = rows.Length / _rowLength;
        var room = (int)Math.Min(count, _most - _rows);
        Cut += (long)(count - room) * _rowLength;
        rows = rows[..(room * _rowLength)];
        if (_isRowAChunk)
        {
            // Past the library's cache: a row is a whole chunk as it lies in the file.
            for (var i = 0; i < room; i++)
            {
                AppendChunk(MemoryMarshal.AsBytes(rows.Slice(i * _rowLength, _rowLength)));
            }
        }
        else if (room > 0)
        {
            _set.Append(rows);
        }

        _rows += room;
    }

    private void AppendChunk(ReadOnlySpan<byte> row)
    {
        if (_compression == H5Compression.None)
        {
            _set.AppendChunk(row);
            return;
        }

        var size = _compression.Compress(row, Unsafe.SizeOf<T>(), _compressed, Environment.ProcessorCount);
        _set.AppendChunk(_compressed.AsSpan(0, size));
    }
}

using System.Runtime.CompilerServices;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>Rows of one length that come in slices: a table into whose rows the slices go one behind the other.</summary>
internal sealed class SlicedColumn<T> : AsynchronousColumn
    where T : unmanaged
{
    private const int ChunkBytes = 1 << 16;
    private const int MostRowsAhead = 1_000_000;
    private readonly H5Dataset _set;
    private readonly H5Dataset _lengths;
    private readonly int _rowLength;
    private readonly long _most;
    private readonly List<int> _filled = [];

    /// <summary>Makes the data sets.</summary>
    /// <param name="group">The signal's group.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="missing">What stands for a value that did not come.</param>
    public SlicedColumn(H5Group group, AsynchronousSignal signal, T missing)
        : base(group, signal)
    {
        _rowLength = signal.MaxShape[1]!.Value;
        _most = Math.Min(signal.MaxShape[0] ?? int.MaxValue, int.MaxValue);
        var chunk = Math.Clamp(ChunkBytes / ((long)_rowLength * Unsafe.SizeOf<T>()), 1, 1024);
        _set = group.CreateExtendable("value", [_rowLength], new H5DatasetOptions<T> { Chunk = [chunk, _rowLength], Fill = missing });
        Describe(_set);
        _lengths = group.CreateExtendable("row_length", [], new H5DatasetOptions<long> { Chunk = [512] });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> Shape => [_filled.Count, _rowLength];

    private protected override string? RefusalOf(AsynchronousPiece piece) => piece.Row switch
    {
        < -1 => $"{Signal.Name} has no row {piece.Row}",
        var row when row >= _most => $"{Signal.Name} has {_most} rows at most, not a row {row}",
        _ => null,
    };

    private protected override void Put(AsynchronousPiece piece)
    {
        var values = ValuesOf<T>(piece);
        var row = piece.Row < 0 ? _filled.Count : piece.Row;
        if (row >= _most || row > _filled.Count + MostRowsAhead)
        {
            Cut += values.Length;
            return;
        }

        if (row >= _filled.Count)
        {
            _set.Resize([row + 1, _rowLength]);
            _lengths.Append<long>(new long[row + 1 - _filled.Count]);
            while (_filled.Count <= row)
            {
                _filled.Add(0);
            }
        }

        var at = _filled[(int)row];
        var count = Math.Min(values.Length, _rowLength - at);
        Cut += values.Length - count;
        if (count > 0)
        {
            _set.WriteSlice([row, at], [1, count], values[..count]);
            _filled[(int)row] = at + count;
            _lengths.WriteSlice<long>([row], [1], [at + count]);
        }
    }
}

using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>
/// Rows of any length: all values one behind the other and the length of each row beside them, because a file that is read
/// while it grows cannot hold rows of variable length.
/// </summary>
internal sealed class OpenRowsColumn<T> : AsynchronousColumn
    where T : unmanaged
{
    private readonly H5Dataset _set;
    private readonly H5Dataset _lengths;
    private readonly long _most;
    private long _rows;
    private long _lastLength;

    /// <summary>Makes the data sets.</summary>
    /// <param name="group">The signal's group.</param>
    /// <param name="signal">The signal.</param>
    public OpenRowsColumn(H5Group group, AsynchronousSignal signal)
        : base(group, signal)
    {
        _most = signal.MaxShape[0] ?? long.MaxValue;
        _set = group.CreateExtendable("value", [], new H5DatasetOptions<T> { Chunk = [8192] });
        Describe(_set);
        _lengths = group.CreateExtendable("row_length", [], new H5DatasetOptions<long> { Chunk = [512] });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> Shape => [_rows];

    private protected override string? RefusalOf(AsynchronousPiece piece) =>
        piece.Rows != 1 ? $"{Signal.Name} has rows of any length, which are added one by one" : null;

    private protected override void Put(AsynchronousPiece piece)
    {
        var values = ValuesOf<T>(piece);
        var isNew = piece.Update == AsynchronousUpdate.Add || piece.Row < 0 || piece.Row == _rows;
        if ((isNew && _rows >= _most) || (!isNew && piece.Row != _rows - 1))
        {
            Cut += values.Length;
            return;
        }

        // The values first: after a crash the lengths say how many of them are whole rows.
        _set.Append(values);
        if (isNew)
        {
            _lengths.Append<long>([values.Length]);
            (_rows, _lastLength) = (_rows + 1, values.Length);
        }
        else
        {
            _lastLength += values.Length;
            _lengths.WriteSlice<long>([_rows - 1], [1], [_lastLength]);
        }
    }
}

using System.Runtime.CompilerServices;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>A value of which only the last counts: kept in memory and put into the file at each flush.</summary>
internal sealed class ReplacedColumn<T> : AsynchronousColumn
    where T : unmanaged
{
    private readonly H5Dataset _set;
    private readonly H5Dataset _shapes;
    private readonly int _axes;
    private T[] _last = [];
    private int[]? _shape;
    private long _written;
    private bool _isWaiting;

    /// <summary>Makes the data sets.</summary>
    /// <param name="group">The signal's group.</param>
    /// <param name="signal">The signal.</param>
    public ReplacedColumn(H5Group group, AsynchronousSignal signal)
        : base(group, signal)
    {
        _axes = signal.MaxShape.Count;
        _set = group.CreateExtendable("value", [], new H5DatasetOptions<T> { Chunk = [8192] });
        Describe(_set);
        // A row of the axes' lengths; at least one column, because a row cannot be empty.
        _shapes = group.CreateExtendable("shape", [Math.Max(1, _axes)], new H5DatasetOptions<long> { Chunk = [1, Math.Max(1, _axes)] });
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> Shape => _shape is null ? [0] : [.. _shape.Select(axis => (long)axis)];

    /// <inheritdoc/>
    public override void Flush()
    {
        if (!_isWaiting || _shape is null)
        {
            return;
        }

        _isWaiting = false;
        if (_last.Length > _written)
        {
            _set.Resize([_last.Length]);
            _written = _last.Length;
        }

        if (_last.Length > 0)
        {
            _set.WriteSlice<T>([0], [_last.Length], _last);
        }

        long[] row = _axes == 0 ? [1] : [.. _shape.Select(axis => (long)axis)];
        if (_shapes.RowCount == 0)
        {
            _shapes.Append<long>(row);
        }
        else
        {
            _shapes.WriteSlice<long>([0, 0], [1, row.Length], row);
        }
    }

    private protected override string? RefusalOf(AsynchronousPiece piece)
    {
        var shape = piece.Shape;
        if (shape.Count != _axes)
        {
            return $"{Signal.Name} is stated with {_axes} axes, not {shape.Count}";
        }

        for (var i = 0; i < _axes; i++)
        {
            if (shape[i] < 0 || shape[i] > (Signal.MaxShape[i] ?? int.MaxValue))
            {
                return $"{Signal.Name}: axis {i} is {shape[i]}, at most {Signal.MaxShape[i]} is stated";
            }
        }

        var count = shape.Aggregate(1L, (product, axis) => product * axis);
        return count * Unsafe.SizeOf<T>() != piece.Bytes.Length
            ? $"{Signal.Name} was given {piece.Bytes.Length / Unsafe.SizeOf<T>()} values for a shape of {count}"
            : null;
    }

    private protected override void Put(AsynchronousPiece piece)
    {
        _last = ValuesOf<T>(piece).ToArray();
        _shape = [.. piece.Shape];
        _isWaiting = true;
    }
}

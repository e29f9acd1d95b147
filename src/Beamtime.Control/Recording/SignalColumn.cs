using System.Text;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Recording;

/// <summary>
/// Readings of one signal on their way to the live file: rows are put one by one into reused memory and appended in one
/// call. What is missing, or does not fit the signal, becomes the fill value.
/// </summary>
internal abstract class SignalColumn
{
    /// <summary>What stands for a missing whole number: the type's maximum.</summary>
    public const long MissingInteger = long.MaxValue;

    /// <summary>What stands for a missing truth value: the type's maximum.</summary>
    public const byte MissingBoolean = byte.MaxValue;

    private readonly double[] _timestamps;
    private H5Dataset? _timestampSet;

    private protected SignalColumn(Signal signal, int rows)
    {
        Signal = signal;
        _timestamps = new double[rows];
    }

    /// <summary>The signal.</summary>
    public Signal Signal { get; }

    /// <summary>Values so far that did not fit the signal's type, shape or length.</summary>
    public long Unfit { get; private protected set; }

    /// <summary>The column for a signal.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="rows">Rows that are put before an append, at most.</param>
    public static SignalColumn For(Signal signal, int rows) => signal.Type switch
    {
        SignalType.Integer => new IntegerColumn(signal, rows),
        SignalType.Boolean => new BooleanColumn(signal, rows),
        SignalType.Text => new TextColumn(signal, rows),
        SignalType.FloatArray => new ArrayColumn(signal, rows),
        _ => new FloatColumn(signal, rows),
    };

    /// <summary>Bytes that a row of a signal takes in memory and in the file.</summary>
    /// <param name="signal">The signal.</param>
    public static int RowBytes(Signal signal) => sizeof(double) + signal.Type switch
    {
        SignalType.Boolean => 1,
        SignalType.Text => Signal.MaxTextBytes,
        SignalType.FloatArray => sizeof(double) * ArrayColumn.Length(signal),
        _ => sizeof(double),
    };

    /// <summary>Makes the signal's data sets; before readers follow.</summary>
    /// <param name="group">The signal's group.</param>
    /// <param name="chunkRows">Rows of a chunk.</param>
    public void Create(H5Group group, int chunkRows)
    {
        var values = CreateValues(group, chunkRows);
        if (Signal.Unit is { } unit)
        {
            values.Attributes.Write("units", unit);
        }

        _timestampSet = group.CreateExtendable(
            "timestamp", [], new H5DatasetOptions<double> { Chunk = [chunkRows], Fill = double.NaN });
    }

    /// <summary>Puts a reading.</summary>
    /// <param name="row">Row since the last append.</param>
    /// <param name="reading">The reading.</param>
    /// <returns>False when it is missing or does not fit.</returns>
    public bool Put(int row, in Reading reading)
    {
        if (!reading.Value.IsMissing && TryPut(row, reading.Value))
        {
            _timestamps[row] = Seconds(reading.Timestamp);
            return true;
        }

        Unfit += reading.Value.IsMissing ? 0 : 1;
        PutMissing(row);
        return false;
    }

    /// <summary>Puts a gap.</summary>
    /// <param name="row">Row since the last append.</param>
    public void PutMissing(int row)
    {
        _timestamps[row] = double.NaN;
        PutFill(row);
    }

    /// <summary>Appends what was put.</summary>
    /// <param name="rows">How many rows.</param>
    public void Append(int rows)
    {
        AppendValues(rows);
        _timestampSet!.Append<double>(_timestamps.AsSpan(0, rows));
    }

    /// <summary>Seconds since 1970, UTC.</summary>
    /// <param name="at">The instant.</param>
    public static double Seconds(DateTimeOffset at) =>
        (at.UtcTicks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond;

    private protected abstract H5Dataset CreateValues(H5Group group, int chunkRows);

    private protected abstract bool TryPut(int row, in Value value);

    private protected abstract void PutFill(int row);

    private protected abstract void AppendValues(int rows);

    private sealed class FloatColumn(Signal signal, int rows) : SignalColumn(signal, rows)
    {
        private readonly double[] _values = new double[rows];
        private H5Dataset? _set;

        private protected override H5Dataset CreateValues(H5Group group, int chunkRows) => _set = group.CreateExtendable(
            "value", [], new H5DatasetOptions<double> { Chunk = [chunkRows], Fill = double.NaN });

        private protected override bool TryPut(int row, in Value value)
        {
            if (value.Type is SignalType.Text or SignalType.FloatArray)
            {
                return false;
            }

            _values[row] = value.AsDouble();
            return true;
        }

        private protected override void PutFill(int row) => _values[row] = double.NaN;

        private protected override void AppendValues(int rows) => _set!.Append<double>(_values.AsSpan(0, rows));
    }

    private sealed class IntegerColumn(Signal signal, int rows) : SignalColumn(signal, rows)
    {
        private readonly long[] _values = new long[rows];
        private H5Dataset? _set;

        private protected override H5Dataset CreateValues(H5Group group, int chunkRows) => _set = group.CreateExtendable(
            "value", [], new H5DatasetOptions<long> { Chunk = [chunkRows], Fill = MissingInteger });

        private protected override bool TryPut(int row, in Value value)
        {
            if (value.Type is SignalType.Text or SignalType.FloatArray
                || (value.Type is SignalType.Float && (!double.IsInteger(value.AsDouble()) || Math.Abs(value.AsDouble()) > 9e18)))
            {
                return false;
            }

            _values[row] = value.AsInteger();
            return true;
        }

        private protected override void PutFill(int row) => _values[row] = MissingInteger;

        private protected override void AppendValues(int rows) => _set!.Append<long>(_values.AsSpan(0, rows));
    }

    private sealed class BooleanColumn(Signal signal, int rows) : SignalColumn(signal, rows)
    {
        private readonly byte[] _values = new byte[rows];
        private H5Dataset? _set;

        private protected override H5Dataset CreateValues(H5Group group, int chunkRows) => _set = group.CreateExtendable(
            "value", [], new H5DatasetOptions<byte> { Chunk = [chunkRows], Fill = MissingBoolean });

        private protected override bool TryPut(int row, in Value value)
        {
            if (value.Type is SignalType.Text or SignalType.FloatArray || value.AsDouble() is not (0 or 1))
            {
                return false;
            }

            _values[row] = value.AsDouble() == 1 ? (byte)1 : (byte)0;
            return true;
        }

        private protected override void PutFill(int row) => _values[row] = MissingBoolean;

        private protected override void AppendValues(int rows) => _set!.Append<byte>(_values.AsSpan(0, rows));
    }

    private sealed class TextColumn(Signal signal, int rows) : SignalColumn(signal, rows)
    {
        private readonly byte[] _values = new byte[rows * Signal.MaxTextBytes];
        private H5Dataset? _set;

        private protected override H5Dataset CreateValues(H5Group group, int chunkRows) => _set =
            group.CreateExtendableTexts("value", Signal.MaxTextBytes, Math.Min(chunkRows, 256));

        private protected override bool TryPut(int row, in Value value)
        {
            var text = value.Type == SignalType.Text ? value.AsText() : value.ToString();
            var room = _values.AsSpan(row * Signal.MaxTextBytes, Signal.MaxTextBytes);
            if (!Encoding.UTF8.TryGetBytes(text, room, out var written))
            {
                // Cut between two characters; what does not fit is counted.
                Encoding.UTF8.GetEncoder().Convert(text, room, flush: true, out _, out written, out _);
                Unfit++;
            }

            room[written..].Clear();
            // A text in the file ends at its first NUL.
            room[..written].Replace((byte)0, (byte)' ');
            return true;
        }

        private protected override void PutFill(int row) =>
            _values.AsSpan(row * Signal.MaxTextBytes, Signal.MaxTextBytes).Clear();

        private protected override void AppendValues(int rows) =>
            _set!.AppendTextRows(_values.AsSpan(0, rows * Signal.MaxTextBytes));
    }

    private sealed class ArrayColumn(Signal signal, int rows) : SignalColumn(signal, rows)
    {
        private const int LargestChunkBytes = 1 << 20;
        private readonly double[] _values = new double[rows * Length(signal)];
        private readonly int _length = Length(signal);
        private H5Dataset? _set;

        public static int Length(Signal signal) => Math.Max(1, signal.Shape.Aggregate(1, (product, axis) => product * axis));

        private protected override H5Dataset CreateValues(H5Group group, int chunkRows)
        {
            long[] shape = [.. Signal.Shape.Select(axis => (long)axis)];
            long[] row = shape.Length == 0 ? [1] : shape;
            var chunk = Math.Clamp(LargestChunkBytes / (_length * sizeof(double)), 1, chunkRows);
            return _set = group.CreateExtendable(
                "value", row, new H5DatasetOptions<double> { Chunk = [chunk, .. row], Fill = double.NaN });
        }

        private protected override bool TryPut(int row, in Value value)
        {
            if (value.Type != SignalType.FloatArray || value.AsArray().Length != _length)
            {
                return false;
            }

            value.AsArray().CopyTo(_values.AsSpan(row * _length));
            return true;
        }

        private protected override void PutFill(int row) => _values.AsSpan(row * _length, _length).Fill(double.NaN);

        private protected override void AppendValues(int rows) => _set!.Append<double>(_values.AsSpan(0, rows * _length));
    }
}

using System.Runtime.InteropServices;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>One asynchronous signal on its way to its file. One loop uses it.</summary>
internal abstract class AsynchronousColumn
{
    private readonly H5Dataset _timestamps;
    private readonly H5Dataset _cut;
    private long _cutCount;

    private protected AsynchronousColumn(H5Group group, AsynchronousSignal signal)
    {
        Signal = signal;
        _timestamps = group.CreateExtendable("timestamp", [], new H5DatasetOptions<double> { Chunk = [512], Fill = double.NaN });
        _timestamps.Attributes.Write("units", "s");
        _cut = group.CreateScalar("cut", 0L);
    }

    /// <summary>The signal.</summary>
    public AsynchronousSignal Signal { get; }

    /// <summary>Pieces taken so far.</summary>
    public long Pieces { get; private set; }

    /// <summary>When the last one was taken, UTC.</summary>
    public DateTimeOffset At { get; private set; }

    /// <summary>True when something came since it was asked for last.</summary>
    public bool IsDirty { get; set; }

    /// <summary>The shape that can be read.</summary>
    public abstract IReadOnlyList<long> Shape { get; }

    /// <summary>Values left out so far.</summary>
    public long Cut
    {
        get => _cutCount;
        private protected set => _cutCount = value;
    }

    /// <summary>Makes a signal's data sets, before readers follow.</summary>
    /// <param name="file">The file.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="otherwise">How it is compressed where it does not say.</param>
    public static AsynchronousColumn Create(H5File file, AsynchronousSignal signal, H5Compression otherwise)
    {
        var compression = signal.Compression is { } name ? H5Compression.Find(name)! : otherwise;
        using var group = file.CreateGroup(AsynchronousLayout.Group(signal.Name));
        return signal.Element switch
        {
            AsynchronousElement.Float64 => For(double.NaN),
            AsynchronousElement.Float32 => For(float.NaN),
            AsynchronousElement.Int8 => For(sbyte.MaxValue),
            AsynchronousElement.UInt8 => For(byte.MaxValue),
            AsynchronousElement.Int16 => For(short.MaxValue),
            AsynchronousElement.UInt16 => For(ushort.MaxValue),
            AsynchronousElement.Int32 => For(int.MaxValue),
            AsynchronousElement.UInt32 => For(uint.MaxValue),
            AsynchronousElement.Int64 => For(long.MaxValue),
            AsynchronousElement.UInt64 => For(ulong.MaxValue),
            var other => throw AsynchronousErrors.Unfit.Fault($"{signal.Name} states the element {other}."),
        };

        AsynchronousColumn For<T>(T missing)
            where T : unmanaged => signal.Update switch
            {
                AsynchronousUpdate.Replace => new ReplacedColumn<T>(group, signal),
                _ when AsynchronousLayout.HasOpenRows(signal) => new OpenRowsColumn<T>(group, signal),
                AsynchronousUpdate.AddSlice => new SlicedColumn<T>(group, signal, missing),
                _ => new AddedColumn<T>(group, signal, missing, compression),
            };
    }

    /// <summary>Why a piece cannot be taken; null when it can.</summary>
    /// <param name="piece">The piece.</param>
    public string? Refusal(AsynchronousPiece piece) => piece switch
    {
        _ when piece.Update != Signal.Update => $"{Signal.Name} is stated with {Signal.Update}, not {piece.Update}",
        _ when piece.Element != Signal.Element => $"{Signal.Name} is stated with {Signal.Element}, not {piece.Element}",
        _ => RefusalOf(piece),
    };

    /// <summary>Writes a piece.</summary>
    /// <param name="piece">The piece; its memory may be used again afterwards.</param>
    public void Write(AsynchronousPiece piece)
    {
        var cut = _cutCount;
        Put(piece);
        _timestamps.Append<double>([(piece.At.UtcTicks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond]);
        if (_cutCount != cut)
        {
            _cut.Write<long>([_cutCount]);
        }

        Pieces++;
        At = piece.At;
        IsDirty = true;
    }

    /// <summary>Puts what waits in memory into the file.</summary>
    public virtual void Flush()
    {
    }

    private protected abstract string? RefusalOf(AsynchronousPiece piece);

    private protected abstract void Put(AsynchronousPiece piece);

    private protected void Describe(H5Dataset values)
    {
        if (Signal.Unit is { } unit)
        {
            values.Attributes.Write("units", unit);
        }

        if (Signal.Description.Length > 0)
        {
            values.Attributes.Write("description", Signal.Description);
        }
    }

    private protected static ReadOnlySpan<T> ValuesOf<T>(AsynchronousPiece piece)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(piece.Bytes.Span);
}

namespace Beamtime.Hdf5.Native;

/// <summary>How a data set is cut into chunks, and access to one as it lies in the file.</summary>
internal sealed unsafe class Chunking
{
    private readonly long[] _shape;
    private readonly int _filterCount;
    private readonly int _elementSize;
    private readonly string _path;

    /// <summary>Reads it from the creation list of a data set.</summary>
    public Chunking(long creation, int rank, H5ElementType element, string path)
    {
        _path = path;
        _filterCount = H5P.GetFilterCount(creation);
        _elementSize = Math.Max(1, element.Size);
        int layout = H5P.GetLayout(creation);
        IsVirtual = layout == H5P.LayoutVirtual;
        _shape = new long[layout == H5P.LayoutChunked ? rank : 0];
        fixed (long* lengths = _shape)
        {
            if (IsChunked)
            {
                Errors.Check(H5P.GetChunk(creation, rank, lengths), "read the chunk of", path);
            }
        }
    }

    /// <summary>The shape of a chunk; empty where there are none.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Whether the data set has no data of its own.</summary>
    public bool IsVirtual { get; }

    public bool IsChunked => _shape.Length > 0;

    /// <summary>Refuses bytes that cannot be a chunk.</summary>
    public void RequireData(ReadOnlySpan<byte> data, uint skippedFilters)
    {
        RequireChunks();
        uint all = _filterCount >= 32 ? uint.MaxValue : (1u << _filterCount) - 1;
        long plain = Slice.Length(_shape) * _elementSize;
        bool isPlain = (skippedFilters & all) == all;
        if (data.IsEmpty || (isPlain && data.Length != plain))
        {
            throw new ArgumentException($"A chunk of '{_path}' has {plain} bytes, not {data.Length}.", nameof(data));
        }
    }

    /// <summary>Refuses what is not the first element of a chunk inside the data set.</summary>
    public void RequireStart(ReadOnlySpan<long> shape, ReadOnlySpan<long> offset)
    {
        RequireChunks();
        Span<long> one = stackalloc long[shape.Length];
        one.Fill(1);
        Slice.RequireInside(shape, offset, one, _path);
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (offset[axis] % _shape[axis] != 0)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(offset), $"{Slice.Describe(offset)} is not the start of a chunk of '{_path}'.");
            }
        }
    }

    /// <summary>Refuses to append a chunk where it would not begin and end with a row.</summary>
    public void RequireRows(ReadOnlySpan<long> shape)
    {
        bool isWholeRows = shape[0] % _shape[0] == 0;
        for (int axis = 1; axis < shape.Length; axis++)
        {
            isWholeRows &= _shape[axis] >= shape[axis];
        }

        if (!isWholeRows)
        {
            throw new InvalidOperationException($"A chunk of '{_path}' does not begin and end with a row at its end.");
        }
    }

    public static int Write(long dataset, ReadOnlySpan<long> offset, ReadOnlySpan<byte> data, uint skippedFilters)
    {
        fixed (long* start = offset)
        fixed (byte* first = data)
        {
            return H5D.WriteChunk(dataset, H5P.Default, skippedFilters, start, (nuint)data.Length, first);
        }
    }

    public byte[] Read(long dataset, ReadOnlySpan<long> offset, out uint skippedFilters)
    {
        ulong size;
        uint skipped = 0;
        fixed (long* start = offset)
        {
            Errors.Check(H5D.GetChunkSize(dataset, start, &size), "look for a chunk of", _path);
            byte[] data = new byte[checked((int)size)];
            fixed (byte* first = data)
            {
                if (size > 0)
                {
                    Errors.Check(H5D.ReadChunk(dataset, H5P.Default, start, &skipped, first), "read a chunk of", _path);
                }
            }

            skippedFilters = skipped;
            return data;
        }
    }

    private void RequireChunks()
    {
        if (!IsChunked)
        {
            throw new Hdf5Exception(Hdf5Error.WrongKind, $"'{_path}' has no chunks.");
        }
    }
}

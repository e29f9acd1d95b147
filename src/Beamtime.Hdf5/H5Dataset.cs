using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>
/// A data set: elements of one type in a shape. Elements are read and written as the type they have in the file, and
/// nothing is converted silently, save the order of bytes.
/// </summary>
public sealed unsafe class H5Dataset : H5Object
{
    private readonly bool _hasElements;
    private Chunking? _chunks;
    private ObjectHandle? _appended;
    private long _appendedRows;

    internal H5Dataset(H5File file, long id, string path)
        : base(file, id, path)
    {
        using Temporary type = new(H5D.GetElementType(id), "read the type of a data set");
        ElementType = StoredType.Read(type.Id);
        using Temporary space = new(H5D.GetSpace(id), "read the shape of a data set");
        Rank = Errors.Check(H5S.GetRank(space.Id), "read the rank of", path);
        _hasElements = H5S.GetKind(space.Id) != H5S.Null;
    }

    /// <summary>A data set just made, of which everything is known: asking libhdf5 costs as much as making it.</summary>
    internal H5Dataset(H5File file, long id, string path, H5ElementType type, int rank)
        : base(file, id, path)
    {
        ElementType = type;
        Rank = rank;
        _hasElements = true;
    }

    /// <summary>The type of the elements.</summary>
    public H5ElementType ElementType { get; }

    /// <summary>The number of axes; 0 for a single element.</summary>
    public int Rank { get; }

    /// <summary>The shape of a chunk; empty where the data set is not chunked.</summary>
    public ReadOnlySpan<long> Chunk => Chunks.Shape;

    /// <summary>Whether it shows blocks of other data sets; see <see cref="ReadVirtualSources"/>.</summary>
    public bool IsVirtual => Chunks.IsVirtual;

    /// <summary>The length of each axis at this moment.</summary>
    public long[] Shape
    {
        get
        {
            using Lock.Scope scope = Library.Enter();
            long[] shape = new long[Rank];
            ReadShape(Id, shape, []);
            return shape;
        }
    }

    /// <summary>The length to which each axis may grow; -1 where it has no bound.</summary>
    public long[] MaxShape
    {
        get
        {
            using Lock.Scope scope = Library.Enter();
            long[] limits = new long[Rank];
            ReadShape(Id, stackalloc long[Rank], limits);
            return limits;
        }
    }

    /// <summary>The length of axis 0 at this moment; 1 for a single element.</summary>
    public long RowCount
    {
        get
        {
            using Lock.Scope scope = Library.Enter();
            Span<long> shape = stackalloc long[Rank];
            ReadShape(Id, shape, []);
            return Rank == 0 ? 1 : shape[0];
        }
    }

    /// <summary>Adds rows at the end of axis 0.</summary>
    /// <param name="rows">Whole rows, one behind the other. Any number; many at once cost little more than one.</param>
    /// <exception cref="Hdf5Exception">Another element type, a shape that cannot grow, or a failed write.</exception>
    public void Append<T>(ReadOnlySpan<T> rows)
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        Element<T>.Require(ElementType, Path);
        RequireRows();
        Span<long> shape = stackalloc long[Rank], limits = stackalloc long[Rank], count = stackalloc long[Rank];
        Span<long> offset = stackalloc long[Rank];
        using Temporary space = OpenSpace(id, shape, limits);
        long rowLength = Slice.Length(shape[1..]);
        if (rowLength == 0 || rows.Length % rowLength != 0)
        {
            throw new ArgumentException($"{rows.Length} elements are not rows of '{Path}'.", nameof(rows));
        }

        if (rows.IsEmpty)
        {
            return;
        }

        shape.CopyTo(count);
        count[0] = rows.Length / rowLength;
        offset.Clear();
        offset[0] = shape[0];
        Grow(id, shape, limits, count[0]);
        Extend(space.Id, shape, limits);
        H5S.Select(space.Id, offset, count);
        long memory = SpaceOfRows(count);
        fixed (T* data = rows)
        {
            if (H5D.Write(id, Element<T>.Memory, memory, space.Id, H5P.Default, data) < 0)
            {
                throw Shrink(id, shape, offset[0]);
            }
        }
    }

    /// <summary>
    /// Adds one chunk at the end of axis 0, as its bytes lie in the file: already filtered where the data set has
    /// filters. Needs chunks of whole rows, and a number of rows that fills chunks.
    /// </summary>
    /// <param name="data">The bytes.</param>
    /// <param name="skippedFilters">A bit for each filter of the data set that was not applied.</param>
    public void AppendChunk(ReadOnlySpan<byte> data, uint skippedFilters = 0)
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        RequireRows();
        Chunks.RequireData(data, skippedFilters);
        Span<long> shape = stackalloc long[Rank], limits = stackalloc long[Rank], offset = stackalloc long[Rank];
        using Temporary space = OpenSpace(id, shape, limits);
        Chunks.RequireRows(shape);
        offset.Clear();
        offset[0] = shape[0];
        Grow(id, shape, limits, Chunk[0]);
        if (Chunking.Write(id, offset, data, skippedFilters) < 0)
        {
            throw Shrink(id, shape, offset[0]);
        }
    }

    /// <summary>Writes one chunk as its bytes lie in the file.</summary>
    /// <param name="offset">Its first element, a multiple of the chunk's shape and inside the data set.</param>
    /// <param name="data">The bytes, filtered where the data set has filters.</param>
    /// <param name="skippedFilters">A bit for each filter of the data set that was not applied.</param>
    public void WriteChunk(ReadOnlySpan<long> offset, ReadOnlySpan<byte> data, uint skippedFilters = 0)
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        Chunks.RequireData(data, skippedFilters);
        RequireChunkStart(id, offset);
        Errors.Check(Chunking.Write(id, offset, data, skippedFilters), "write a chunk of", Path);
    }

    /// <summary>Reads one chunk as its bytes lie in the file.</summary>
    /// <param name="offset">Its first element, a multiple of the chunk's shape and inside the data set.</param>
    /// <param name="skippedFilters">A bit for each filter that was not applied when it was written.</param>
    public byte[] ReadChunk(ReadOnlySpan<long> offset, out uint skippedFilters)
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        RequireChunkStart(id, offset);
        return Chunks.Read(id, offset, out skippedFilters);
    }

    /// <summary>Changes the shape, within <see cref="MaxShape"/>; what falls outside is lost.</summary>
    public void Resize(ReadOnlySpan<long> shape)
    {
        using Lock.Scope scope = Library.Enter();
        Span<long> present = stackalloc long[Rank], limits = stackalloc long[Rank];
        long id = Id;
        ReadShape(id, present, limits);
        ArgumentOutOfRangeException.ThrowIfNotEqual(shape.Length, Rank, nameof(shape));
        for (int axis = 0; axis < Rank; axis++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(shape[axis], nameof(shape));
            if (limits[axis] != H5S.Unlimited && shape[axis] > limits[axis])
            {
                throw new ArgumentOutOfRangeException(
                    nameof(shape), $"'{Path}' grows to {Slice.Describe(limits)} at most, not {Slice.Describe(shape)}.");
            }

            if (shape[axis] < present[axis])
            {
                RequireNoSwmr("shrink a data set");
            }
        }

        fixed (long* dims = shape)
        {
            Errors.Check(H5D.SetExtent(id, dims), "resize", Path);
        }
    }

    /// <summary>Writes all elements.</summary>
    /// <param name="values">As many as the shape holds, the last axis fastest.</param>
    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        Element<T>.Require(ElementType, Path);
        RequireLength(id, values.Length);
        fixed (T* data = values)
        {
            if (!values.IsEmpty)
            {
                Errors.Check(H5D.Write(id, Element<T>.Memory, H5S.All, H5S.All, H5P.Default, data), "write", Path);
            }
        }
    }

    /// <summary>Writes a block.</summary>
    /// <param name="offset">Its first element, one number per axis.</param>
    /// <param name="count">Its size, one number per axis.</param>
    /// <param name="values">As many as the block holds, the last axis fastest.</param>
    /// <exception cref="ArgumentOutOfRangeException">The block is not inside the data set.</exception>
    public void WriteSlice<T>(ReadOnlySpan<long> offset, ReadOnlySpan<long> count, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        fixed (T* data = values)
        {
            using Lock.Scope scope = Library.Enter();
            Move<T>(offset, count, data, values.Length, isWrite: true);
        }
    }

    /// <summary>Reads all elements.</summary>
    /// <exception cref="Hdf5Exception">Another element type, or more elements than an array holds.</exception>
    public T[] Read<T>()
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        Element<T>.Require(ElementType, Path);
        T[] values = new T[CountElements(id)];
        fixed (T* data = values)
        {
            if (values.Length > 0)
            {
                Errors.Check(H5D.Read(id, Element<T>.Memory, H5S.All, H5S.All, H5P.Default, data), "read", Path);
            }
        }

        return values;
    }

    /// <summary>Reads a block into memory that the caller has.</summary>
    /// <param name="offset">Its first element, one number per axis.</param>
    /// <param name="count">Its size, one number per axis.</param>
    /// <param name="values">Room for exactly the block, the last axis fastest.</param>
    /// <exception cref="ArgumentOutOfRangeException">The block is not inside the data set.</exception>
    public void ReadSlice<T>(ReadOnlySpan<long> offset, ReadOnlySpan<long> count, Span<T> values)
        where T : unmanaged
    {
        fixed (T* data = values)
        {
            using Lock.Scope scope = Library.Enter();
            Move<T>(offset, count, data, values.Length, isWrite: false);
        }
    }

    /// <summary>Reads the only element.</summary>
    public T ReadScalar<T>()
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        Element<T>.Require(ElementType, Path);
        RequireLength(id, 1);
        T value;
        Errors.Check(H5D.Read(id, Element<T>.Memory, H5S.All, H5S.All, H5P.Default, &value), "read", Path);
        return value;
    }

    /// <summary>Reads the only text.</summary>
    public string ReadString()
    {
        using Lock.Scope scope = Library.Enter();
        RequireLength(Id, 1);
        return ReadStrings()[0];
    }

    /// <summary>Reads all texts.</summary>
    public string[] ReadStrings()
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        using Temporary type = new(H5D.GetElementType(id), "read the type of a data set");
        using Temporary space = new(H5D.GetSpace(id), "read the shape of a data set");
        int count = CountElements(id);
        return Text.Read(ElementType, type.Id, space.Id, count, Path, (memory, data) => Errors.Check(
            H5D.Read(id, memory, H5S.All, H5S.All, H5P.TextTransfer, (void*)data), "read", Path));
    }

    /// <summary>Makes a SWMR reader see what its writer has flushed since.</summary>
    public void Refresh()
    {
        using Lock.Scope scope = Library.Enter();
        Errors.Check(H5D.Refresh(Id), "refresh", Path);
    }

    /// <summary>The blocks that a virtual data set shows.</summary>
    public IReadOnlyList<H5VirtualSource> ReadVirtualSources()
    {
        using Lock.Scope scope = Library.Enter();
        return VirtualSources.Read(Id, Path, IsVirtual);
    }

    /// <summary>
    /// The sources that cannot be read, with the reason. A read of the data set itself gives fill values for them,
    /// without a failure.
    /// </summary>
    public IReadOnlyList<H5MissingSource> FindMissingSources()
    {
        using Lock.Scope scope = Library.Enter();
        return VirtualSources.FindMissing(VirtualSources.Read(Id, Path, IsVirtual), this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing && _appended is not null)
        {
            using Lock.Scope scope = Library.Enter();
            File.Release(_appended);
            _appended.Dispose();
        }

        base.Dispose(isDisposing);
    }

    private Chunking Chunks
    {
        get
        {
            using Lock.Scope scope = Library.Enter();
            if (_chunks is null)
            {
                using Temporary creation = new(H5D.GetCreation(Id), "read the layout of a data set");
                _chunks = new Chunking(creation.Id, Rank, ElementType, Path);
            }

            return _chunks;
        }
    }

    private void ReadShape(long id, Span<long> shape, Span<long> limits) => OpenSpace(id, shape, limits).Dispose();

    private Temporary OpenSpace(long id, Span<long> shape, Span<long> limits)
    {
        Temporary space = new(H5D.GetSpace(id), "read the shape of a data set");
        fixed (long* dims = shape, bounds = limits)
        {
            Errors.Check(H5S.GetShape(space.Id, dims, limits.IsEmpty ? null : bounds), "read the shape of", Path);
        }

        return space;
    }

    private int CountElements(long id)
    {
        Span<long> shape = stackalloc long[Rank];
        ReadShape(id, shape, []);
        long length = _hasElements ? Slice.Length(shape) : 0;
        return length <= Array.MaxLength
            ? (int)length
            : throw new Hdf5Exception(
                Hdf5Error.WrongKind, $"'{Path}' of shape {Slice.Describe(shape)} is too large to read at once.");
    }

    private void RequireLength(long id, int length)
    {
        Span<long> shape = stackalloc long[Rank];
        ReadShape(id, shape, []);
        if (!_hasElements || Slice.Length(shape) != length)
        {
            throw new ArgumentException($"'{Path}' of shape {Slice.Describe(shape)} does not hold {length} elements.");
        }
    }

    /// <summary>The space of appended rows in memory, kept from one append to the next.</summary>
    private long SpaceOfRows(ReadOnlySpan<long> count)
    {
        if (_appended is null)
        {
            fixed (long* dims = count)
            {
                long space = H5S.CreateSimple(count.Length, dims, null);
                _appended = new ObjectHandle(Errors.Check(space, "make a data space"));
                File.Adopt(_appended);
            }
        }
        else if (_appendedRows != count[0])
        {
            Extend(_appended.Id, count, count);
        }

        _appendedRows = count[0];
        return _appended.Id;
    }

    private void RequireRows()
    {
        if (!Chunks.IsChunked)
        {
            throw new Hdf5Exception(Hdf5Error.WrongKind, $"'{Path}' is not extendable.");
        }
    }

    private void RequireChunkStart(long id, ReadOnlySpan<long> offset)
    {
        Span<long> shape = stackalloc long[Rank];
        ReadShape(id, shape, []);
        Chunks.RequireStart(shape, offset);
    }

    private void Grow(long id, Span<long> shape, ReadOnlySpan<long> limits, long rows)
    {
        shape[0] = checked(shape[0] + rows);
        if (limits[0] != H5S.Unlimited && shape[0] > limits[0])
        {
            throw new Hdf5Exception(Hdf5Error.WrongKind, $"'{Path}' cannot grow beyond {limits[0]} rows.");
        }

        fixed (long* dims = shape)
        {
            Errors.Check(H5D.SetExtent(id, dims), "extend", Path);
        }
    }

    private Hdf5Exception Shrink(long id, Span<long> shape, long rows)
    {
        Hdf5Exception failure = Errors.Take(Hdf5Error.Library, "append to", Path);
        shape[0] = rows;
        fixed (long* dims = shape)
        {
            if (!File.IsSwmrWriter)
            {
                // The failure to be told is the one above; without this the rows would read as fill values.
                _ = H5D.SetExtent(id, dims);
            }
        }

        return failure;
    }

    private void Move<T>(ReadOnlySpan<long> offset, ReadOnlySpan<long> count, void* data, int length, bool isWrite)
        where T : unmanaged
    {
        long id = Id;
        Element<T>.Require(ElementType, Path);
        Span<long> shape = stackalloc long[Rank];
        using Temporary space = OpenSpace(id, shape, []);
        Slice.RequireInside(shape, offset, count, Path);
        if (Slice.Length(count) != length)
        {
            throw new ArgumentException($"A slice of size {Slice.Describe(count)} does not have {length} elements.");
        }

        if (length == 0)
        {
            return;
        }

        if (Rank > 0)
        {
            H5S.Select(space.Id, offset, count);
        }

        using Temporary memory = H5S.Simple(count);
        int result = isWrite
            ? H5D.Write(id, Element<T>.Memory, memory.Id, space.Id, H5P.Default, data)
            : H5D.Read(id, Element<T>.Memory, memory.Id, space.Id, H5P.Default, data);
        Errors.Check(result, isWrite ? "write a slice of" : "read a slice of", Path);
    }

    private static void Extend(long space, ReadOnlySpan<long> shape, ReadOnlySpan<long> limits)
    {
        fixed (long* dims = shape, bounds = limits)
        {
            Errors.Check(H5S.SetExtent(space, shape.Length, dims, bounds), "extend a data space");
        }
    }
}

using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>
/// Columns of texts of a fixed length, moved as their padded bytes: without an object per text, and so that they may
/// grow under SWMR, where texts of variable length may not.
/// </summary>
public static unsafe class H5TextRows
{
    /// <summary>Makes a column of texts without rows, which grows by <see cref="AppendTextRows"/>.</summary>
    /// <param name="group">Where.</param>
    /// <param name="path">Its path.</param>
    /// <param name="bytes">Bytes of UTF-8 a text has room for.</param>
    /// <param name="chunkRows">Rows of a chunk.</param>
    public static H5Dataset CreateExtendableTexts(this H5Group group, string path, int bytes, long chunkRows)
    {
        ArgumentNullException.ThrowIfNull(group);
        using Lock.Scope scope = Library.Enter();
        group.BeginCreation(path, "make a data set");
        using Temporary creation = H5P.DatasetCreation();
        Errors.Check(H5P.SetTrackTimes(creation.Id, 0), "leave times out");
        Errors.Check(H5P.SetChunk(creation.Id, 1, &chunkRows), "set the chunk of", group.Join(path));
        long none = 0, unlimited = H5S.Unlimited;
        using Temporary space = new(H5S.CreateSimple(1, &none, &unlimited), "make a data space");
        return Finish(group, path, bytes, space.Id, creation.Id);
    }

    /// <summary>Makes a column of empty texts of a fixed number of rows, in one block.</summary>
    /// <param name="group">Where.</param>
    /// <param name="path">Its path.</param>
    /// <param name="bytes">Bytes of UTF-8 a text has room for.</param>
    /// <param name="rows">Rows.</param>
    public static H5Dataset CreateEmptyTexts(this H5Group group, string path, int bytes, long rows)
    {
        ArgumentNullException.ThrowIfNull(group);
        using Lock.Scope scope = Library.Enter();
        group.BeginCreation(path, "make a data set");
        using Temporary space = H5S.Simple([rows]);
        return Finish(group, path, bytes, space.Id, H5P.PlainDataset);
    }

    /// <summary>Adds texts at the end of a column.</summary>
    /// <param name="dataset">The column.</param>
    /// <param name="padded">Whole texts side by side, each padded with NUL to the column's length.</param>
    /// <exception cref="Hdf5Exception">Not a column of texts of a fixed length, or a failed write.</exception>
    public static void AppendTextRows(this H5Dataset dataset, ReadOnlySpan<byte> padded)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using Lock.Scope scope = Library.Enter();
        long rows = CountRows(dataset, padded.Length);
        if (rows > 0)
        {
            long first = dataset.RowCount;
            dataset.Resize([first + rows]);
            fixed (byte* data = padded)
            {
                Move(dataset, first, rows, data, isWrite: true);
            }
        }
    }

    /// <summary>Writes texts into a column.</summary>
    /// <param name="dataset">The column.</param>
    /// <param name="first">The first row to write.</param>
    /// <param name="padded">Whole texts side by side, each padded with NUL to the column's length.</param>
    /// <exception cref="Hdf5Exception">Not a column of texts of a fixed length, or a failed write.</exception>
    public static void WriteTextRows(this H5Dataset dataset, long first, ReadOnlySpan<byte> padded)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using Lock.Scope scope = Library.Enter();
        long rows = CountRows(dataset, padded.Length);
        fixed (byte* data = padded)
        {
            Move(dataset, first, rows, data, isWrite: true);
        }
    }

    /// <summary>Reads texts of a column.</summary>
    /// <param name="dataset">The column.</param>
    /// <param name="first">The first row to read.</param>
    /// <param name="padded">Room for whole texts, each as long as the column's.</param>
    /// <exception cref="Hdf5Exception">Not a column of texts of a fixed length, or a failed read.</exception>
    public static void ReadTextRows(this H5Dataset dataset, long first, Span<byte> padded)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using Lock.Scope scope = Library.Enter();
        long rows = CountRows(dataset, padded.Length);
        fixed (byte* data = padded)
        {
            Move(dataset, first, rows, data, isWrite: false);
        }
    }

    private static H5Dataset Finish(H5Group group, string path, int bytes, long space, long creation)
    {
        using Temporary type = H5T.FixedString(bytes);
        long id = H5D.Create(group.Id, path, type.Id, space, H5P.LinkCreation, creation, H5P.Default);
        string full = group.Join(path);
        H5ElementType element = new(H5ElementKind.String, Math.Max(1, bytes), IsSigned: false);
        return new H5Dataset(group.File, Errors.Check(id, "make the data set", full), full, element, rank: 1);
    }

    private static long CountRows(H5Dataset dataset, int length)
    {
        int size = dataset.ElementType is { Kind: H5ElementKind.String, Size: > 0 } type && dataset.Rank == 1
            ? type.Size
            : throw new Hdf5Exception(Hdf5Error.WrongType, $"'{dataset.Path}' is not a column of texts of a fixed length.");
        return length % size == 0
            ? length / size
            : throw new ArgumentException($"{length} bytes are not texts of {size} bytes for '{dataset.Path}'.");
    }

    private static void Move(H5Dataset dataset, long first, long rows, byte* data, bool isWrite)
    {
        Slice.RequireInside(dataset.Shape, [first], [rows], dataset.Path);
        if (rows == 0)
        {
            return;
        }

        long id = dataset.Id;
        using Temporary type = H5T.FixedString(dataset.ElementType.Size);
        using Temporary space = new(H5D.GetSpace(id), "read the shape of a data set");
        H5S.Select(space.Id, [first], [rows]);
        using Temporary memory = H5S.Simple([rows]);
        int result = isWrite
            ? H5D.Write(id, type.Id, memory.Id, space.Id, H5P.Default, data)
            : H5D.Read(id, type.Id, memory.Id, space.Id, H5P.Default, data);
        Errors.Check(result, isWrite ? "write" : "read", dataset.Path);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>Columns whose rows have lengths of their own. They cannot grow under SWMR.</summary>
public static unsafe class H5VariableRows
{
    /// <summary>Makes a column of empty rows.</summary>
    /// <typeparam name="T">The element type of a row.</typeparam>
    /// <param name="group">Where.</param>
    /// <param name="path">Its path.</param>
    /// <param name="rows">Rows.</param>
    public static H5Dataset CreateVariableRows<T>(this H5Group group, string path, long rows)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        using Lock.Scope scope = Library.Enter();
        group.BeginCreation(path, "make a data set");
        using Temporary type = TypeOf<T>(Element<T>.Stored);
        using Temporary space = H5S.Simple([rows]);
        long id = H5D.Create(group.Id, path, type.Id, space.Id, H5P.LinkCreation, H5P.PlainDataset, H5P.Default);
        string full = group.Join(path);
        H5ElementType element = new(H5ElementKind.Other, Unsafe.SizeOf<Row>(), IsSigned: false);
        return new H5Dataset(group.File, Errors.Check(id, "make the data set", full), full, element, rank: 1);
    }

    /// <summary>Writes rows of a column.</summary>
    /// <typeparam name="T">The element type of a row.</typeparam>
    /// <param name="dataset">The column.</param>
    /// <param name="first">The first row to write.</param>
    /// <param name="values">The values of all rows, one row behind the other.</param>
    /// <param name="lengths">How many of them each row has.</param>
    /// <exception cref="Hdf5Exception">Another element type, or a failed write.</exception>
    public static void WriteVariableRows<T>(
        this H5Dataset dataset, long first, ReadOnlySpan<T> values, ReadOnlySpan<long> lengths)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (lengths.IsEmpty)
        {
            return;
        }

        Row[] rows = new Row[lengths.Length];
        fixed (T* data = values)
        fixed (Row* table = rows)
        {
            long at = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(lengths[i], nameof(lengths));
                rows[i] = new Row((nuint)lengths[i], data + at);
                at += lengths[i];
            }

            ArgumentOutOfRangeException.ThrowIfNotEqual(at, values.Length, nameof(lengths));
            using Lock.Scope scope = Library.Enter();
            using Temporary type = TypeOf<T>(Element<T>.Memory);
            using Temporary space = Select(dataset, first, rows.Length);
            using Temporary memory = H5S.Simple([rows.Length]);
            Errors.Check(
                H5D.Write(dataset.Id, type.Id, memory.Id, space.Id, H5P.Default, table), "write", dataset.Path);
        }
    }

    /// <summary>Reads rows of a column.</summary>
    /// <typeparam name="T">The element type of a row.</typeparam>
    /// <param name="dataset">The column.</param>
    /// <param name="first">The first row to read.</param>
    /// <param name="count">How many rows.</param>
    /// <exception cref="Hdf5Exception">No column of rows of such elements, or a failed read.</exception>
    public static T[][] ReadVariableRows<T>(this H5Dataset dataset, long first, int count)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        T[][] read = new T[count][];
        if (count == 0)
        {
            return read;
        }

        Row[] rows = new Row[count];
        fixed (Row* table = rows)
        {
            using Lock.Scope scope = Library.Enter();
            using Temporary type = TypeOf<T>(Element<T>.Memory);
            using Temporary space = Select(dataset, first, count);
            using Temporary memory = H5S.Simple([count]);
            Errors.Check(H5D.Read(dataset.Id, type.Id, memory.Id, space.Id, H5P.Default, table), "read", dataset.Path);
            try
            {
                for (int i = 0; i < count; i++)
                {
                    read[i] = new ReadOnlySpan<T>(rows[i].Data, checked((int)rows[i].Length)).ToArray();
                }
            }
            finally
            {
                _ = H5D.ReclaimVariable(type.Id, memory.Id, H5P.Default, table);
            }
        }

        return read;
    }

    private static Temporary TypeOf<T>(long element)
        where T : unmanaged => Element<T>.IsSupported
            ? new Temporary(H5T.CreateVariable(element), "make a type of variable rows")
            : throw Element<T>.Unsupported();

    private static Temporary Select(H5Dataset dataset, long first, long rows)
    {
        Slice.RequireInside(dataset.Shape, [first], [rows], dataset.Path);
        Temporary space = new(H5D.GetSpace(dataset.Id), "read the shape of a data set");
        H5S.Select(space.Id, [first], [rows]);
        return space;
    }

    // hvl_t
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Row(nuint length, void* data)
    {
        public readonly nuint Length = length;
        public readonly void* Data = data;
    }
}

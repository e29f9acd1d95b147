using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Data spaces.</summary>
internal static unsafe partial class H5S
{
    public const long All = 0;
    public const long Unlimited = -1;
    public const int Scalar = 0;
    public const int Null = 2;
    public const int MaxRank = 32;
    private const int Set = 0;

    public static Temporary Simple(ReadOnlySpan<long> shape)
    {
        fixed (long* dims = shape)
        {
            long id = shape.IsEmpty ? CreateKind(Scalar) : CreateSimple(shape.Length, dims, null);
            return new Temporary(id, "make a data space");
        }
    }

    public static void Select(long space, ReadOnlySpan<long> offset, ReadOnlySpan<long> count)
    {
        fixed (long* start = offset, block = count)
        {
            Errors.Check(SelectHyperslab(space, Set, start, null, block, null), "select a slice");
        }
    }

    [LibraryImport(Library.Name, EntryPoint = "H5Screate")]
    public static partial long CreateKind(int kind);

    [LibraryImport(Library.Name, EntryPoint = "H5Screate_simple")]
    public static partial long CreateSimple(int rank, long* shape, long* maxShape);

    [LibraryImport(Library.Name, EntryPoint = "H5Sset_extent_simple")]
    public static partial int SetExtent(long space, int rank, long* shape, long* maxShape);

    [LibraryImport(Library.Name, EntryPoint = "H5Sget_simple_extent_type")]
    public static partial int GetKind(long space);

    [LibraryImport(Library.Name, EntryPoint = "H5Sget_simple_extent_ndims")]
    public static partial int GetRank(long space);

    [LibraryImport(Library.Name, EntryPoint = "H5Sget_simple_extent_dims")]
    public static partial int GetShape(long space, long* shape, long* maxShape);

    [LibraryImport(Library.Name, EntryPoint = "H5Sselect_hyperslab")]
    public static partial int SelectHyperslab(
        long space, int operation, long* start, long* stride, long* count, long* block);

    [LibraryImport(Library.Name, EntryPoint = "H5Sget_select_bounds")]
    public static partial int GetBounds(long space, long* first, long* last);
}

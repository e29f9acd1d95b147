using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Data sets.</summary>
internal static unsafe partial class H5D
{
    [LibraryImport(Library.Name, EntryPoint = "H5Dcreate2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Create(
        long location, string path, long type, long space, long linkCreation, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Dopen2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Open(long location, string path, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Dget_space")]
    public static partial long GetSpace(long dataset);

    [LibraryImport(Library.Name, EntryPoint = "H5Dget_type")]
    public static partial long GetElementType(long dataset);

    [LibraryImport(Library.Name, EntryPoint = "H5Dget_create_plist")]
    public static partial long GetCreation(long dataset);

    [LibraryImport(Library.Name, EntryPoint = "H5Dset_extent")]
    public static partial int SetExtent(long dataset, long* shape);

    [LibraryImport(Library.Name, EntryPoint = "H5Dwrite")]
    public static partial int Write(
        long dataset, long type, long memorySpace, long fileSpace, long transfer, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Dread")]
    public static partial int Read(
        long dataset, long type, long memorySpace, long fileSpace, long transfer, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Dwrite_chunk")]
    public static partial int WriteChunk(
        long dataset, long transfer, uint skippedFilters, long* offset, nuint size, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Dread_chunk")]
    public static partial int ReadChunk(long dataset, long transfer, long* offset, uint* skippedFilters, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Dget_chunk_storage_size")]
    public static partial int GetChunkSize(long dataset, long* offset, ulong* size);

    [LibraryImport(Library.Name, EntryPoint = "H5Drefresh")]
    public static partial int Refresh(long dataset);

    [LibraryImport(Library.Name, EntryPoint = "H5Dvlen_reclaim")]
    public static partial int ReclaimVariable(long type, long space, long transfer, void* data);
}

using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Files.</summary>
internal static unsafe partial class H5F
{
    public const uint ReadOnly = 0x0;
    public const uint ReadWrite = 0x1;
    public const uint Truncate = 0x2;
    public const uint Exclusive = 0x4;
    public const uint SwmrWrite = 0x20;
    public const uint SwmrRead = 0x40;
    public const int ScopeLocal = 0;
    public const int FormatEarliest = 0;
    public const int FormatV110 = 2;

    [LibraryImport(Library.Name, EntryPoint = "H5Fcreate", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Create(string path, uint flags, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Fopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Open(string path, uint flags, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Fis_hdf5", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int IsHdf5(string path);

    [LibraryImport(Library.Name, EntryPoint = "H5Fflush")]
    public static partial int Flush(long file, int scope);

    [LibraryImport(Library.Name, EntryPoint = "H5Fclose")]
    public static partial int Close(long file);

    [LibraryImport(Library.Name, EntryPoint = "H5Fstart_swmr_write")]
    public static partial int StartSwmrWrite(long file);

    [LibraryImport(Library.Name, EntryPoint = "H5Fget_vfd_handle")]
    public static partial int GetDriverHandle(long file, long access, void** handle);

    [LibraryImport(Library.Name, EntryPoint = "H5FD_sec2_init")]
    public static partial long Sec2Driver();
}

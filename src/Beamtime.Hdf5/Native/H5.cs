using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>The library as a whole.</summary>
internal static unsafe partial class H5
{
    [LibraryImport(Library.Name, EntryPoint = "H5free_memory")]
    public static partial int FreeMemory(void* memory);
}

/// <summary>The error stack of the calling thread.</summary>
internal static unsafe partial class H5E
{
    /// <summary>From the innermost function to the one that was called.</summary>
    public const int Upward = 0;

    /// <summary>One entry of the stack, as <c>H5E_error2_t</c> lays it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Entry
    {
        public long ErrorClass;
        public long Major;
        public long Minor;
        public uint Line;
        public byte* Function;
        public byte* File;
        public byte* Description;
    }

    [LibraryImport(Library.Name, EntryPoint = "H5Eset_auto2")]
    public static partial int SetAuto(long stack, void* print, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Ewalk2")]
    public static partial int Walk(
        long stack, int direction, delegate* unmanaged[Cdecl]<uint, Entry*, void*, int> visit, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Eclear2")]
    public static partial int Clear(long stack);
}

/// <summary>Identifiers of any kind.</summary>
internal static unsafe partial class H5I
{
    public const int Group = 2;
    public const int NamedType = 3;
    public const int Dataset = 5;

    [LibraryImport(Library.Name, EntryPoint = "H5Iis_valid")]
    public static partial int IsValid(long id);

    [LibraryImport(Library.Name, EntryPoint = "H5Idec_ref")]
    public static partial int DecreaseReference(long id);

    [LibraryImport(Library.Name, EntryPoint = "H5Iget_type")]
    public static partial int GetKind(long id);

    [LibraryImport(Library.Name, EntryPoint = "H5Iget_name")]
    public static partial nint GetName(long id, byte* name, nuint size);
}

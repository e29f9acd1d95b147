using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Attributes.</summary>
internal static unsafe partial class H5A
{
    [LibraryImport(Library.Name, EntryPoint = "H5Acreate2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Create(long owner, string name, long type, long space, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Aopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Open(long owner, string name, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Aexists", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Exists(long owner, string name);

    [LibraryImport(Library.Name, EntryPoint = "H5Adelete", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Delete(long owner, string name);

    [LibraryImport(Library.Name, EntryPoint = "H5Aget_num_attrs")]
    public static partial int GetCount(long owner);

    [LibraryImport(Library.Name, EntryPoint = "H5Aget_name_by_idx", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetName(
        long owner, string path, int index, int order, ulong position, byte* name, nuint size, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Aget_type")]
    public static partial long GetElementType(long attribute);

    [LibraryImport(Library.Name, EntryPoint = "H5Aget_space")]
    public static partial long GetSpace(long attribute);

    [LibraryImport(Library.Name, EntryPoint = "H5Awrite")]
    public static partial int Write(long attribute, long type, void* data);

    [LibraryImport(Library.Name, EntryPoint = "H5Aread")]
    public static partial int Read(long attribute, long type, void* data);
}

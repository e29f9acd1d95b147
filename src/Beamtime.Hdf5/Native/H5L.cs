using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Links.</summary>
internal static unsafe partial class H5L
{
    public const int Hard = 0;
    public const int Soft = 1;
    public const int External = 64;

    /// <summary>
    /// <c>H5L_info_t</c>. Both forms of it agree in what we read; the room at its end is for the newer, longer one.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Description
    {
        public int Kind;
        public byte HasCreationOrder;
        public long CreationOrder;
        public int Characters;
        public ulong ValueSize;
        private readonly ulong _room;
    }

    public static int GetDescription(long location, string path, Description* description) => Library.HasLinkInfo2
        ? GetDescription2(location, path, description, H5P.Default)
        : GetDescription1(location, path, description, H5P.Default);

    [LibraryImport(Library.Name, EntryPoint = "H5Lcreate_hard", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateHard(
        long source, string target, long location, string path, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lcreate_soft", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateSoft(string target, long location, string path, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lcreate_external", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int CreateExternal(
        string file, string target, long location, string path, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lexists", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Exists(long location, string path, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Ldelete", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Delete(long location, string path, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lget_val", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetValue(long location, string path, void* value, nuint size, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lunpack_elink_val")]
    public static partial int UnpackExternal(void* value, nuint size, uint* flags, byte** file, byte** target);

    [LibraryImport(Library.Name, EntryPoint = "H5Lget_name_by_idx", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint GetName(
        long location, string path, int index, int order, ulong position, byte* name, nuint size, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lget_info", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetDescription1(long location, string path, Description* description, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Lget_info2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetDescription2(long location, string path, Description* description, long access);
}

/// <summary>Groups.</summary>
internal static unsafe partial class H5G
{
    /// <summary><c>H5G_info_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Description
    {
        public int Storage;
        public ulong LinkCount;
        public long LastCreationOrder;
        public byte IsMounted;
    }

    [LibraryImport(Library.Name, EntryPoint = "H5Gcreate2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Create(long location, string path, long linkCreation, long creation, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Gopen2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Open(long location, string path, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Gget_info")]
    public static partial int GetDescription(long group, Description* description);
}

/// <summary>Objects of any kind.</summary>
internal static partial class H5O
{
    [LibraryImport(Library.Name, EntryPoint = "H5Oopen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial long Open(long location, string path, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Oexists_by_name", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Exists(long location, string path, long access);

    [LibraryImport(Library.Name, EntryPoint = "H5Ocopy", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Copy(
        long source, string sourcePath, long target, string targetPath, long copying, long linkCreation);
}

using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Property lists.</summary>
internal static unsafe partial class H5P
{
    public const long Default = 0;
    public const int Utf8 = 1;
    public const int LayoutContiguous = 1;
    public const int LayoutChunked = 2;
    public const int LayoutVirtual = 3;
    public const uint OptionalFilter = 1;

    private static readonly long FileAccessClass = Library.Global("H5P_CLS_FILE_ACCESS_ID_g");
    private static readonly long DatasetCreationClass = Library.Global("H5P_CLS_DATASET_CREATE_ID_g");
    private static readonly long LinkCreationClass = Library.Global("H5P_CLS_LINK_CREATE_ID_g");
    private static readonly long AttributeCreationClass = Library.Global("H5P_CLS_ATTRIBUTE_CREATE_ID_g");
    private static readonly long TransferClass = Library.Global("H5P_CLS_DATASET_XFER_ID_g");

    // Of variable-length texts in memory: one is a pointer.
    private const int TextBufferBytes = 16 * 1024;

    /// <summary>UTF-8 names, and groups on the way made as needed; lives as long as the process.</summary>
    public static readonly long LinkCreation = MakeLinkCreation();

    /// <summary>UTF-8 attribute names; lives as long as the process.</summary>
    public static readonly long AttributeCreation = MakeAttributeCreation();

    /// <summary>Data sets in one block, without times; lives as long as the process.</summary>
    public static readonly long PlainDataset = MakePlainDataset();

    /// <summary>
    /// For texts of variable length; lives as long as the process. Each transfer of them takes two buffers, one of them
    /// zeroed, and by default of a megabyte each, which costs a millisecond for a text of ten letters.
    /// </summary>
    public static readonly long TextTransfer = MakeTextTransfer();

    public static Temporary FileAccess() => new(Create(FileAccessClass), "make a file access list");

    public static Temporary DatasetCreation() => new(Create(DatasetCreationClass), "make a data set creation list");

    [LibraryImport(Library.Name, EntryPoint = "H5Pcreate")]
    public static partial long Create(long propertyClass);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_driver")]
    public static partial long GetDriver(long list);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_libver_bounds")]
    public static partial int SetFormat(long list, int low, int high);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_file_locking")]
    public static partial int SetFileLocking(long list, byte isUsed, byte ignoreWhenDisabled);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_create_intermediate_group")]
    public static partial int SetIntermediateGroups(long list, uint areMade);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_char_encoding")]
    public static partial int SetCharacters(long list, int encoding);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_obj_track_times")]
    public static partial int SetTrackTimes(long list, byte areTracked);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_chunk")]
    public static partial int SetChunk(long list, int rank, long* shape);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_chunk")]
    public static partial int GetChunk(long list, int rank, long* shape);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_layout")]
    public static partial int GetLayout(long list);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_fill_value")]
    public static partial int SetFill(long list, long type, void* value);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_fill_value")]
    public static partial int GetFill(long list, long type, void* value);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_filter")]
    public static partial int SetFilter(long list, int filter, uint flags, nuint count, uint* parameters);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_nfilters")]
    public static partial int GetFilterCount(long list);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_buffer")]
    public static partial int SetBuffer(long list, nuint bytes, void* conversion, void* background);

    [LibraryImport(Library.Name, EntryPoint = "H5Pset_virtual", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetVirtual(long list, long space, string file, string dataset, long sourceSpace);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_virtual_count")]
    public static partial int GetVirtualCount(long list, nuint* count);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_virtual_filename")]
    public static partial nint GetVirtualFile(long list, nuint index, byte* name, nuint size);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_virtual_dsetname")]
    public static partial nint GetVirtualDataset(long list, nuint index, byte* name, nuint size);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_virtual_vspace")]
    public static partial long GetVirtualSpace(long list, nuint index);

    [LibraryImport(Library.Name, EntryPoint = "H5Pget_virtual_srcspace")]
    public static partial long GetVirtualSourceSpace(long list, nuint index);

    private static long MakeLinkCreation()
    {
        long list = Errors.Check(Create(LinkCreationClass), "make a link creation list");
        Errors.Check(SetIntermediateGroups(list, 1), "ask for intermediate groups");
        Errors.Check(SetCharacters(list, Utf8), "ask for UTF-8 names");
        return list;
    }

    private static long MakeAttributeCreation()
    {
        long list = Errors.Check(Create(AttributeCreationClass), "make an attribute creation list");
        Errors.Check(SetCharacters(list, Utf8), "ask for UTF-8 names");
        return list;
    }

    private static long MakePlainDataset()
    {
        long list = Errors.Check(Create(DatasetCreationClass), "make a data set creation list");
        Errors.Check(SetTrackTimes(list, 0), "leave times out");
        return list;
    }

    private static long MakeTextTransfer()
    {
        long list = Errors.Check(Create(TransferClass), "make a transfer list");
        Errors.Check(SetBuffer(list, TextBufferBytes, null, null), "choose the size of buffers");
        return list;
    }
}

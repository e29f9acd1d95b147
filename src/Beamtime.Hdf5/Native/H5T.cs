using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Data types.</summary>
internal static unsafe partial class H5T
{
    public const int Integer = 0;
    public const int Float = 1;
    public const int String = 3;
    public const int Compound = 6;
    public const int Enumeration = 8;
    public const int PadNullTerminated = 0;
    public const int PadNull = 1;
    public const int PadSpace = 2;
    public const int Utf8 = 1;

    /// <summary>C strings of any length, UTF-8; lives as long as the process.</summary>
    public static readonly long VariableString = MakeVariableString();

    /// <summary>The enumeration by which h5py writes booleans; lives as long as the process.</summary>
    public static readonly long Bool = MakeBool();

    public static Temporary FixedString(int bytes)
    {
        Temporary type = new(Copy(Library.Global("H5T_C_S1_g")), "make a string type");
        Errors.Check(SetSize(type.Id, (nuint)Math.Max(1, bytes)), "set a string's size");
        Errors.Check(SetPadding(type.Id, PadNull), "set a string's padding");
        Errors.Check(SetCharacters(type.Id, Utf8), "set a string's characters");
        return type;
    }

    [LibraryImport(Library.Name, EntryPoint = "H5Tcopy")]
    public static partial long Copy(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tget_class")]
    public static partial int GetClass(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tget_size")]
    public static partial nuint GetSize(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tset_size")]
    public static partial int SetSize(long type, nuint size);

    [LibraryImport(Library.Name, EntryPoint = "H5Tget_sign")]
    public static partial int GetSign(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tis_variable_str")]
    public static partial int IsVariableString(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tget_strpad")]
    public static partial int GetPadding(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tset_strpad")]
    public static partial int SetPadding(long type, int padding);

    [LibraryImport(Library.Name, EntryPoint = "H5Tset_cset")]
    public static partial int SetCharacters(long type, int encoding);

    [LibraryImport(Library.Name, EntryPoint = "H5Tenum_create")]
    public static partial long CreateEnumeration(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tenum_insert", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int InsertMember(long type, string name, void* value);

    [LibraryImport(Library.Name, EntryPoint = "H5Tcreate")]
    public static partial long Create(int kind, nuint size);

    [LibraryImport(Library.Name, EntryPoint = "H5Tinsert", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Insert(long type, string name, nuint offset, long member);

    [LibraryImport(Library.Name, EntryPoint = "H5Tvlen_create")]
    public static partial long CreateVariable(long element);

    [LibraryImport(Library.Name, EntryPoint = "H5Tget_nmembers")]
    public static partial int GetMemberCount(long type);

    [LibraryImport(Library.Name, EntryPoint = "H5Tget_member_name")]
    public static partial byte* GetMemberName(long type, uint member);

    private static long MakeVariableString()
    {
        long type = Errors.Check(Copy(Library.Global("H5T_C_S1_g")), "make a string type");
        Errors.Check(SetSize(type, nuint.MaxValue), "make a string type variable");
        Errors.Check(SetCharacters(type, Utf8), "set a string's characters");
        return type;
    }

    private static long MakeBool()
    {
        long type = Errors.Check(CreateEnumeration(Library.Global("H5T_STD_I8LE_g")), "make the boolean type");
        sbyte no = 0, yes = 1;
        Errors.Check(InsertMember(type, "FALSE", &no), "name a boolean");
        Errors.Check(InsertMember(type, "TRUE", &yes), "name a boolean");
        return type;
    }
}

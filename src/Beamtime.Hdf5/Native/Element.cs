using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>How <typeparamref name="T"/> lies in memory and in a file. Needs the library's lock.</summary>
internal static class Element<T>
    where T : unmanaged
{
    public static readonly H5ElementType Type = Find();
    public static readonly bool IsSupported = Type.Kind != H5ElementKind.Other;

    /// <summary>The id of the type in memory.</summary>
    public static readonly long Memory = Id("H5T_NATIVE_INT", "H5T_NATIVE_UINT", "H5T_NATIVE_FLOAT", "H5T_NATIVE_DOUBLE", "");

    /// <summary>The id of the type in files that we write: little endian on every machine.</summary>
    public static readonly long Stored = Id("H5T_STD_I", "H5T_STD_U", "H5T_IEEE_F32", "H5T_IEEE_F64", "LE");

    public static NotSupportedException Unsupported() => new(
        $"{typeof(T).Name} is not an element type; use double, float, bool or an integer of 1 to 8 bytes.");

    /// <summary>Refuses a stored type that is not <typeparamref name="T"/>.</summary>
    public static void Require(H5ElementType stored, string subject)
    {
        if (!IsSupported)
        {
            throw Unsupported();
        }

        if (stored != Type)
        {
            throw new Hdf5Exception(Hdf5Error.WrongType, $"'{subject}' holds {stored}, not {Type}.");
        }
    }

    private static H5ElementType Find()
    {
        int size = Unsafe.SizeOf<T>();
        if (typeof(T) == typeof(bool))
        {
            return new H5ElementType(H5ElementKind.Bool, 1, IsSigned: true);
        }

        if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
        {
            return new H5ElementType(H5ElementKind.Float, size, IsSigned: true);
        }

        bool isSigned = typeof(T) == typeof(sbyte) || typeof(T) == typeof(short) || typeof(T) == typeof(int)
            || typeof(T) == typeof(long);
        bool isUnsigned = typeof(T) == typeof(byte) || typeof(T) == typeof(ushort) || typeof(T) == typeof(uint)
            || typeof(T) == typeof(ulong);
        return isSigned || isUnsigned
            ? new H5ElementType(H5ElementKind.Integer, size, isSigned)
            : new H5ElementType(H5ElementKind.Other, size, IsSigned: false);
    }

    private static long Id(string signed, string unsigned, string single, string full, string order)
    {
        int bits = Unsafe.SizeOf<T>() * 8;
        return Type switch
        {
            { Kind: H5ElementKind.Bool } => H5T.Bool,
            { Kind: H5ElementKind.Float, Size: 4 } => Library.Global($"{single}{order}_g"),
            { Kind: H5ElementKind.Float } => Library.Global($"{full}{order}_g"),
            { Kind: H5ElementKind.Integer, IsSigned: true } => Library.Global($"{signed}{bits}{order}_g"),
            { Kind: H5ElementKind.Integer } => Library.Global($"{unsigned}{bits}{order}_g"),
            _ => -1,
        };
    }
}

/// <summary>Reads what a stored type is.</summary>
internal static unsafe class StoredType
{
    public static H5ElementType Read(long type)
    {
        int size = (int)Math.Min(int.MaxValue, (ulong)H5T.GetSize(type));
        switch (Errors.Check(H5T.GetClass(type), "read a type"))
        {
            case H5T.Integer:
                return new H5ElementType(H5ElementKind.Integer, size, H5T.GetSign(type) != 0);
            case H5T.Float:
                return new H5ElementType(H5ElementKind.Float, size, IsSigned: true);
            case H5T.String:
                bool isVariable = Errors.Check(H5T.IsVariableString(type), "read a string type") > 0;
                return new H5ElementType(H5ElementKind.String, isVariable ? 0 : size, IsSigned: false);
            case H5T.Enumeration when size == 1 && IsBool(type):
                return new H5ElementType(H5ElementKind.Bool, 1, IsSigned: true);
            default:
                return new H5ElementType(H5ElementKind.Other, size, IsSigned: false);
        }
    }

    private static bool IsBool(long type) =>
        H5T.GetMemberCount(type) == 2 && MemberIs(type, 0, "FALSE") && MemberIs(type, 1, "TRUE");

    private static bool MemberIs(long type, uint member, string expected)
    {
        byte* name = H5T.GetMemberName(type, member);
        if (name is null)
        {
            return false;
        }

        bool isExpected = Marshal.PtrToStringUTF8((nint)name) == expected;
        _ = H5.FreeMemory(name);
        return isExpected;
    }
}

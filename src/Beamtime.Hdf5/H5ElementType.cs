using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>What an element is.</summary>
public enum H5ElementKind
{
    /// <summary>An integer of 1 to 8 bytes.</summary>
    Integer,

    /// <summary>An IEEE floating point number.</summary>
    Float,

    /// <summary>The enumeration FALSE, TRUE of one byte, as h5py writes booleans.</summary>
    Bool,

    /// <summary>Text, of fixed or variable length.</summary>
    String,

    /// <summary>Anything else: compounds, references, opaque bytes. It can be copied, not read.</summary>
    Other,
}

/// <summary>The type of the elements of a data set or attribute, whatever their byte order.</summary>
/// <param name="Kind">What an element is.</param>
/// <param name="Size">Bytes an element takes in the file; 0 for text of variable length.</param>
/// <param name="IsSigned">Whether an integer has a sign; true for floating point.</param>
public readonly record struct H5ElementType(H5ElementKind Kind, int Size, bool IsSigned)
{
    /// <summary>The element type that stores <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException"><typeparamref name="T"/> is not a primitive element type.</exception>
    public static H5ElementType Of<T>()
        where T : unmanaged
        => Element<T>.IsSupported ? Element<T>.Type : throw Element<T>.Unsupported();

    /// <summary>The name in C#, as far as there is one.</summary>
    public override string ToString() => this switch
    {
        { Kind: H5ElementKind.Bool } => "bool",
        { Kind: H5ElementKind.String, Size: 0 } => "text of variable length",
        { Kind: H5ElementKind.String } => $"text of {Size} bytes",
        { Kind: H5ElementKind.Float, Size: 8 } => "double",
        { Kind: H5ElementKind.Float, Size: 4 } => "float",
        { Kind: H5ElementKind.Integer, Size: 1 } => IsSigned ? "sbyte" : "byte",
        { Kind: H5ElementKind.Integer, Size: 2 } => IsSigned ? "short" : "ushort",
        { Kind: H5ElementKind.Integer, Size: 4 } => IsSigned ? "int" : "uint",
        { Kind: H5ElementKind.Integer, Size: 8 } => IsSigned ? "long" : "ulong",
        { Kind: H5ElementKind.Float } => $"floating point of {Size} bytes",
        _ => $"another type of {Size} bytes",
    };
}

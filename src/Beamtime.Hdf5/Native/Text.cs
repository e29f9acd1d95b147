using System.Runtime.InteropServices;
using System.Text;

namespace Beamtime.Hdf5.Native;

/// <summary>Texts between .NET and the two ways in which HDF5 stores them.</summary>
internal static unsafe class Text
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Moves raw elements from or to a data set or attribute.</summary>
    public delegate void Transfer(long type, nint data);

    /// <summary>A name or path that C can take: not empty, no NUL.</summary>
    public static void RequireName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A name cannot hold the character NUL.", nameof(name));
        }
    }

    /// <summary>Offers the values as pointers to C strings.</summary>
    public static void WriteVariable(IReadOnlyList<string> values, Transfer write)
    {
        byte*[] pointers = new byte*[Math.Max(1, values.Count)];
        try
        {
            for (int i = 0; i < values.Count; i++)
            {
                byte[] bytes = Encode(values[i]);
                pointers[i] = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
                bytes.CopyTo(new Span<byte>(pointers[i], bytes.Length));
                pointers[i][bytes.Length] = 0;
            }

            fixed (byte** first = pointers)
            {
                write(H5T.VariableString, (nint)first);
            }
        }
        finally
        {
            foreach (byte* pointer in pointers)
            {
                NativeMemory.Free(pointer);
            }
        }
    }

    /// <summary>The size of an element of fixed length that holds every one of the values.</summary>
    public static int FixedSize(IReadOnlyList<string> values)
    {
        int size = 1;
        foreach (string value in values)
        {
            size = Math.Max(size, Encode(value).Length);
        }

        return size;
    }

    /// <summary>Offers the values side by side, padded with NUL.</summary>
    public static void WriteFixed(IReadOnlyList<string> values, int size, long type, Transfer write)
    {
        byte[] buffer = new byte[Math.Max(1, checked(size * values.Count))];
        for (int i = 0; i < values.Count; i++)
        {
            Encode(values[i]).CopyTo(buffer.AsSpan(i * size, size));
        }

        fixed (byte* first = buffer)
        {
            write(type, (nint)first);
        }
    }

    /// <summary>Reads texts of either way.</summary>
    public static string[] Read(H5ElementType element, long type, long space, int count, string subject, Transfer read)
    {
        if (element.Kind != H5ElementKind.String)
        {
            throw new Hdf5Exception(Hdf5Error.WrongType, $"'{subject}' holds {element}, not text.");
        }

        string[] values = new string[count];
        if (count == 0)
        {
            return values;
        }

        if (element.Size == 0)
        {
            ReadVariable(values, type, space, read);
        }
        else
        {
            ReadFixed(values, element.Size, type, read);
        }

        return values;
    }

    private static void ReadVariable(string[] values, long type, long space, Transfer read)
    {
        byte*[] pointers = new byte*[values.Length];
        fixed (byte** first = pointers)
        {
            read(type, (nint)first);
            try
            {
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = Marshal.PtrToStringUTF8((nint)pointers[i]) ?? "";
                }
            }
            finally
            {
                _ = H5D.ReclaimVariable(type, space, H5P.Default, first);
            }
        }
    }

    private static void ReadFixed(string[] values, int size, long type, Transfer read)
    {
        int padding = H5T.GetPadding(type);
        byte[] buffer = new byte[checked(size * values.Length)];
        fixed (byte* first = buffer)
        {
            read(type, (nint)first);
        }

        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> bytes = buffer.AsSpan(i * size, size);
            int end = bytes.IndexOf((byte)0);
            bytes = padding switch
            {
                H5T.PadSpace => bytes.TrimEnd((byte)' '),
                H5T.PadNull => bytes.TrimEnd((byte)0),
                _ => end < 0 ? bytes : bytes[..end],
            };
            values[i] = Encoding.UTF8.GetString(bytes);
        }
    }

    private static byte[] Encode(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Contains('\0', StringComparison.Ordinal)
            ? throw new ArgumentException("A text in HDF5 cannot hold the character NUL.", nameof(value))
            : Utf8.GetBytes(value);
    }
}

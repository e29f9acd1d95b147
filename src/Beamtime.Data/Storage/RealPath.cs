using System.Runtime.InteropServices;

namespace Beamtime.Data.Storage;

/// <summary>Paths as the kernel sees them, every link on the way followed.</summary>
internal static partial class RealPath
{
    /// <summary>The path of an existing file or folder without links.</summary>
    /// <param name="path">An existing path.</param>
    /// <exception cref="IOException">It does not exist or cannot be looked up.</exception>
    public static string Of(string path) => Find(path)
        ?? throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    /// <summary>The same; null where it leads nowhere.</summary>
    /// <param name="path">A path.</param>
    public static string? Find(string path)
    {
        var found = Resolve(path, IntPtr.Zero);
        if (found == IntPtr.Zero)
        {
            return null;
        }

        try
        {
            return Marshal.PtrToStringUTF8(found);
        }
        finally
        {
            Free(found);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr Resolve(string path, IntPtr buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(IntPtr memory);
}

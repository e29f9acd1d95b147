using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>
/// The file descriptor below an open file, on Linux. libhdf5 opens it so that child processes inherit it, and the
/// advisory lock lives as long as any of them: a program that once started a child while it wrote would find its
/// closed file locked. So the descriptor is kept from children, and the lock is let go on closing. Needs the library's
/// lock.
/// </summary>
internal static unsafe partial class Descriptor
{
    public const int None = -1;
    private const int SetFlags = 2;
    private const int DuplicateKeptFromChildren = 1030;
    private const int KeptFromChildren = 1;
    private const int Unlock = 8;

    /// <summary>How often each is open: two opens of a file share what lies below.</summary>
    private static readonly Dictionary<int, int> Uses = [];

    /// <summary>Finds the descriptor of a file just opened and keeps it from children.</summary>
    public static int Take(long file, long access)
    {
        if (!OperatingSystem.IsLinux() || H5P.GetDriver(access) != H5F.Sec2Driver())
        {
            return None;
        }

        int* handle;
        Errors.Check(H5F.GetDriverHandle(file, H5P.Default, (void**)&handle), "find the descriptor of the file");
        int descriptor = *handle;
        _ = Control(descriptor, SetFlags, KeptFromChildren);
        Uses[descriptor] = Uses.GetValueOrDefault(descriptor) + 1;
        return descriptor;
    }

    /// <summary>Closes the file and then lets its lock go, which a child between fork and exec may still hold.</summary>
    public static int Close(long file, int descriptor)
    {
        if (descriptor == None)
        {
            return H5F.Close(file);
        }

        int left = Uses[descriptor] - 1;
        Uses[descriptor] = left;
        if (left > 0)
        {
            return H5F.Close(file);
        }

        Uses.Remove(descriptor);
        int same = Control(descriptor, DuplicateKeptFromChildren, 0);
        int result = H5F.Close(file);
        if (same >= 0)
        {
            _ = Lock(same, Unlock);
            _ = CloseDescriptor(same);
        }

        return result;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "flock")]
    private static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}

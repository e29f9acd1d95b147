using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Data.Storage;

/// <summary>Calls of the C library that bring bytes to the disk, and drop them from the cache, when we say so.</summary>
internal static partial class FileCalls
{
    private const int OpenFileFlags = 0x80000; // O_CLOEXEC, to read
    private const int OpenFolderFlags = 0x10000 | OpenFileFlags; // O_DIRECTORY
    private const uint StartWriting = 2; // SYNC_FILE_RANGE_WRITE
    private const int NotNeeded = 4; // POSIX_FADV_DONTNEED
    private const int Sequential = 2; // POSIX_FADV_SEQUENTIAL
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint NoReplace = 1; // RENAME_NOREPLACE
    private const int Exists = 17; // EEXIST
    private const int Unsupported = 22; // EINVAL
    private const int NotImplemented = 38; // ENOSYS

    /// <summary>Number of the error "no space left on device".</summary>
    public const int NoSpace = 28;

    /// <summary>Number of the error "disk quota exceeded".</summary>
    public const int OverQuota = 122;

    /// <summary>Number of the error "read-only file system".</summary>
    public const int ReadOnly = 30;

    /// <summary>Begins to write a range of an open file to the disk and does not wait for it.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">Number of bytes.</param>
    public static void BeginWriteback(SafeFileHandle file, long offset, long bytes) =>
        // Only a hint: where it is not supported, the sync at the end does all.
        _ = SyncRange(file, offset, bytes, StartWriting);

    /// <summary>Drops what the cache holds of an open file, so that it is next read from the disk.</summary>
    /// <param name="file">The open file, synced before.</param>
    public static void DropCache(SafeFileHandle file) => _ = Advise(file, 0, 0, NotNeeded);

    /// <summary>Tells that a file will be read from begin to end.</summary>
    /// <param name="file">The open file.</param>
    public static void ReadInOrder(SafeFileHandle file) => _ = Advise(file, 0, 0, Sequential);

    /// <summary>Brings the names in a folder to the disk.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="IOException">The folder cannot be opened or synced.</exception>
    public static void SyncFolder(string folder) => Sync(folder, OpenFolderFlags);

    /// <summary>
    /// Brings a written and closed file to the disk, without the lock that a stream takes: a child started meanwhile may
    /// have inherited the writer's.
    /// </summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be opened or synced.</exception>
    public static void SyncFile(string path) => Sync(path, OpenFileFlags);

    /// <summary>Gives a file its name unless another has it already.</summary>
    /// <param name="from">Present name.</param>
    /// <param name="to">New name in the same file system.</param>
    /// <returns>False where another file has the name.</returns>
    public static bool TryRename(string from, string to)
    {
        if (Rename(CurrentFolder, from, CurrentFolder, to, NoReplace) == 0)
        {
            return true;
        }

        switch (Marshal.GetLastPInvokeError())
        {
            case Exists:
                return false;
            case Unsupported or NotImplemented:
                // Not every network file system has it; the caller's transfers do not compete for one name.
                if (Path.Exists(to))
                {
                    return false;
                }

                Directory.Move(from, to);
                return true;
            case var error:
                throw Failure($"rename of {from} to {to}", error);
        }
    }

    private static void Sync(string path, int flags)
    {
        using var handle = Open(path, flags);
        if (handle.IsInvalid || Sync(handle) != 0)
        {
            throw Failure($"sync of {path}", Marshal.GetLastPInvokeError());
        }
    }

    private static IOException Failure(string what, int error) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncRange(SafeFileHandle file, long offset, long bytes, uint flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long bytes, int advice);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int fromFolder, string from, int toFolder, string to, uint flags);
}

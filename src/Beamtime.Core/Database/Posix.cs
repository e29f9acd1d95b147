using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Core.Database;

/// <summary>The few calls of the C library that .NET does not offer: file locks, signals, owners, sync of a file system.</summary>
internal static partial class Posix
{
    public const int SignalInterrupt = 2;
    public const int SignalQuit = 3;
    public const int SignalKill = 9;
    public const int SignalTerminate = 15;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int WouldBlock = 11;
    private const int CurrentFolder = -100;
    private const uint RenameExchange = 2;
    private const int OpenReadWrite = 2;
    private const int OpenCreate = 0x40;
    private const int OpenCloseOnExec = 0x80000;

    public static bool IsRoot => EffectiveUser() == 0;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>
    /// Opens a file or folder to read, or a file to read and write, made with mode 0600 if need be. Unlike File.OpenHandle
    /// it takes no lock of its own, which would meet the one that is held.
    /// </summary>
    public static SafeFileHandle OpenWithoutLock(string path, bool toWrite)
    {
        var file = Open(path, OpenCloseOnExec | (toWrite ? OpenReadWrite | OpenCreate : 0), 0x180);
        return file >= 0
            ? new SafeFileHandle(file, ownsHandle: true)
            : throw Failure($"open {path}", Marshal.GetLastPInvokeError());
    }

    /// <summary>Takes the exclusive lock of an open file, or says that another holds it.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        if (Lock(file, LockExclusive | LockNonBlocking) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == WouldBlock ? false : throw Failure("flock", error);
    }

    /// <summary>Sends a signal; false when no such process exists.</summary>
    public static bool Signal(int pid, int signal) => Kill(pid, signal) == 0;

    /// <summary>The path without any link in it; of what exists.</summary>
    public static string RealPath(string path)
    {
        var real = ResolvePath(path, 0);
        if (real == 0)
        {
            throw Failure($"realpath {path}", Marshal.GetLastPInvokeError());
        }

        try
        {
            return Marshal.PtrToStringUTF8(real)!;
        }
        finally
        {
            Free(real);
        }
    }

    /// <summary>Gives a file or folder to an account.</summary>
    public static void ChangeOwner(string path, uint user, uint group)
    {
        if (Chown(path, user, group) != 0)
        {
            throw Failure($"chown {path}", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Exchanges two files or folders of one file system in one step.</summary>
    public static void Exchange(string one, string other)
    {
        if (Rename(CurrentFolder, one, CurrentFolder, other, RenameExchange) != 0)
        {
            throw Failure($"exchange {one} and {other}", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Brings everything written so far to the file system of this open file to the disk.</summary>
    public static void SyncFileSystem(SafeFileHandle file)
    {
        if (SyncFs(file) != 0)
        {
            throw Failure("syncfs", Marshal.GetLastPInvokeError());
        }
    }

    private static IOException Failure(string what, int error) => new($"{what}: {Marshal.GetPInvokeErrorMessage(error)}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Chown(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ResolvePath(string path, nint resolved);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle file);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Core.Topics.Spool;

/// <summary>The disk as a spool uses it.</summary>
internal partial class SpoolDisk
{
    /// <summary>Opens a segment to write, makes it if need be.</summary>
    /// <param name="path">The file.</param>
    public virtual SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    /// <summary>Writes bytes at a place.</summary>
    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(file, bytes, at);

    /// <summary>Brings what was written to the disk itself.</summary>
    public virtual void Sync(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    /// <summary>Brings the names in a folder to the disk itself: a new segment is lasting only then.</summary>
    /// <param name="folder">The folder.</param>
    public virtual void SyncNames(string folder)
    {
        var descriptor = Open(folder, 0);
        if (descriptor < 0 || Sync(descriptor) < 0)
        {
            var failure = new IOException($"{folder} could not be synced: {Marshal.GetLastPInvokeErrorMessage()}");
            _ = descriptor < 0 ? 0 : Close(descriptor);
            throw failure;
        }

        _ = Close(descriptor);
    }

    /// <summary>Removes a segment.</summary>
    /// <param name="path">The file.</param>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Removes a segment, or tells why it could not.</summary>
    /// <param name="path">The file.</param>
    public string? TryDelete(string path)
    {
        try
        {
            Delete(path);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}

using System.Globalization;
using System.Text;
using Beamtime.Sdk.Errors;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Core.Database;

/// <summary>
/// The exclusive lock of a data folder, held as long as the program lives. The kernel drops it with the process, however
/// that ends; the descriptor is closed on exec, so PostgreSQL does not inherit it. The file says who holds it and where
/// the socket of its cluster lies.
/// </summary>
internal sealed class FolderLock : IDisposable, IAsyncDisposable
{
    private readonly SafeFileHandle _file;

    private FolderLock(SafeFileHandle file) => _file = file;

    public static string PathIn(string folder) => Path.Combine(folder, "LOCK");

    /// <summary>Takes the lock, or null when another process holds it.</summary>
    public static FolderLock? TryTake(string folder, string socketFolder) => TryTakeFile(PathIn(folder), socketFolder);

    private static FolderLock? TryTakeFile(string path, string socketFolder)
    {
        var file = Posix.OpenWithoutLock(path, toWrite: true);
        if (!Posix.TryLock(file))
        {
            file.Dispose();
            return null;
        }

        var content = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n{socketFolder}\n"));
        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, content, 0);
        return new FolderLock(file);
    }

    /// <summary>Takes the lock.</summary>
    /// <param name="folder">The data folder; exists.</param>
    /// <param name="socketFolder">Where the socket of its cluster lies; empty where it has none.</param>
    /// <exception cref="RefusedException"><c>database.folder.locked</c>.</exception>
    public static FolderLock Take(string folder, string socketFolder) => TryTake(folder, socketFolder)
        ?? throw new RefusedException(DatabaseErrors.FolderLocked.Because(
            $"{folder} is held by process {ReadHolder(folder).Pid?.ToString(CultureInfo.InvariantCulture) ?? "(unknown)"}"));

    /// <summary>
    /// Takes what one role alone may use in a data folder, which several processes share when the database is a server's.
    /// </summary>
    /// <param name="folder">The data folder; made where missing.</param>
    /// <param name="role">The role's name.</param>
    /// <exception cref="RefusedException">Another program holds it, or it cannot be used.</exception>
    public static FolderLock TakeRole(string folder, string role)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return TryTakeFile($"{PathIn(folder)}.{role}", socketFolder: "")
                ?? throw new RefusedException(DatabaseErrors.FolderLocked.Because(
                    $"{folder} is used by another {role}"));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new RefusedException(DatabaseErrors.FolderRights.Because($"{folder}: {error.Message}"));
        }
    }

    /// <summary>Who wrote the lock file last: process id and socket folder, null where it says nothing.</summary>
    public static (int? Pid, string? SocketFolder) ReadHolder(string folder)
    {
        using var file = Posix.OpenWithoutLock(PathIn(folder), toWrite: false);
        var content = new byte[4096];
        var lines = Encoding.UTF8.GetString(content.AsSpan(0, RandomAccess.Read(file, content, 0))).Split('\n');
        return (
            int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid) ? pid : null,
            lines.Length > 1 && lines[1].Length > 0 ? lines[1] : null);
    }

    public void Dispose() => _file.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}

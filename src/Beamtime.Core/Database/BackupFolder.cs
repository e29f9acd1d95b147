using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Database;

/// <summary>
/// A backup on disk: a folder with <c>manifest.json</c> and <c>database.dump</c>, PostgreSQL's own custom format. It is
/// written under another name and renamed once it is whole and synced.
/// </summary>
/// <param name="Path">The folder.</param>
/// <param name="Manifest">What it says of itself.</param>
internal sealed record BackupFolder(string Path, BackupManifest Manifest)
{
    /// <summary>How backups begin that are made in a folder of many.</summary>
    public const string Prefix = "beamtime-";

    private const string Unfinished = ".partial";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The dump.</summary>
    public string Dump => DumpIn(Path);

    /// <summary>The dump of a backup that is being written.</summary>
    /// <param name="folder">Its folder.</param>
    public static string DumpIn(string folder) => System.IO.Path.Combine(folder, "database.dump");

    /// <summary>Opens a backup; its dump is not looked at.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="RefusedException">It is none, it is damaged, or a newer program made it.</exception>
    public static BackupFolder Open(string path)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        try
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllText(ManifestIn(path)), BackupJson.Default.BackupManifest)!;
            return manifest switch
            {
                { Format: not BackupManifest.FormatName } => throw Damaged(path, $"manifest.json is a '{manifest.Format}'"),
                { Version: > BackupManifest.FormatVersion } => throw new RefusedException(BackupErrors.FormNewer.Because(
                    $"{path} is of form {manifest.Version}, made by {manifest.Program}; this program knows up to {BackupManifest.FormatVersion}")),
                _ => new BackupFolder(path, manifest),
            };
        }
        catch (JsonException broken)
        {
            throw Damaged(path, $"manifest.json cannot be read: {broken.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(BackupErrors.PlaceUnusable.Because($"{path} is no backup that can be read: {error.Message}"));
        }
    }

    /// <summary>Reads the dump and compares it with the manifest.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>backup.damaged</c>.</exception>
    public async Task RequireWholeAsync(CancellationToken cancel)
    {
        try
        {
            await using var dump = File.OpenRead(Dump);
            if (dump.Length != Manifest.DumpBytes)
            {
                throw Damaged(Path, $"database.dump has {dump.Length} bytes, not {Manifest.DumpBytes}");
            }

            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(dump, cancel)) != Manifest.DumpSha256)
            {
                throw Damaged(Path, "database.dump has another SHA-256 than its manifest says");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Damaged(Path, error.Message);
        }
    }

    /// <summary>Where a backup goes: a folder's own new name, or the path itself where there is nothing yet.</summary>
    /// <param name="path">What the user named.</param>
    /// <param name="at">The moment of the backup.</param>
    /// <exception cref="RefusedException">A file lies there.</exception>
    public static string Target(string path, DateTimeOffset at)
    {
        var isMany = path.EndsWith(System.IO.Path.DirectorySeparatorChar) || Directory.Exists(path);
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (File.Exists(path) || File.Exists(ManifestIn(path)))
        {
            throw new RefusedException(BackupErrors.PlaceTaken.Because($"{path} exists"));
        }

        return isMany
            ? System.IO.Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{at.UtcDateTime:yyyyMMdd'T'HHmmss'.'fff'Z'}"))
            : path;
    }

    /// <summary>Begins a backup: an empty folder beside its place, held as long as it is written.</summary>
    /// <param name="target">Its place.</param>
    /// <exception cref="RefusedException">Something lies there, another is being written, or the place cannot be used.</exception>
    public static (string Folder, FolderLock Lock) Begin(string target)
    {
        var folder = target + Unfinished;
        try
        {
            if (Directory.Exists(target))
            {
                throw new RefusedException(BackupErrors.PlaceTaken.Because($"{target} exists"));
            }

            Directory.CreateDirectory(folder, OwnerOnly);
            var held = FolderLock.TryTake(folder, "")
                ?? throw new RefusedException(BackupErrors.PlaceTaken.Because($"another backup is being written to {folder}"));
            foreach (var left in Directory.EnumerateFiles(folder).Where(file => file != FolderLock.PathIn(folder)))
            {
                File.Delete(left);
            }

            return (folder, held);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(BackupErrors.PlaceUnusable.Because($"{folder}: {error.Message}"));
        }
    }

    /// <summary>Completes a backup: its manifest, synced, under its name.</summary>
    /// <param name="folder">Where it was written.</param>
    /// <param name="target">Its place.</param>
    /// <param name="manifest">What it says of itself, the dump's size and hash excepted.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<BackupFolder> CompleteAsync(
        string folder, string target, BackupManifest manifest, CancellationToken cancel)
    {
        await using (var dump = File.OpenRead(DumpIn(folder)))
        {
            manifest = manifest with
            {
                DumpBytes = dump.Length,
                DumpSha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(dump, cancel)),
            };
        }

        await File.WriteAllTextAsync(
            ManifestIn(folder), JsonSerializer.Serialize(manifest, BackupJson.Default.BackupManifest) + "\n", cancel);
        Sync(folder);
        File.Delete(FolderLock.PathIn(folder));
        Directory.Move(folder, target);
        Sync(System.IO.Path.GetDirectoryName(target)!);
        return new BackupFolder(target, manifest);
    }

    /// <summary>Removes all but the newest backups of a folder; what was removed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="keep">How many stay.</param>
    public static IReadOnlyList<string> Prune(string folder, int keep)
    {
        var old = Directory.EnumerateDirectories(folder, Prefix + "*")
            .Where(path => !path.EndsWith(Unfinished, StringComparison.Ordinal) && File.Exists(ManifestIn(path)))
            .Select(Open).OrderByDescending(backup => backup.Manifest.MadeAt).Skip(keep).Select(backup => backup.Path).ToArray();
        foreach (var path in old)
        {
            // Never half under its name, however this ends.
            Directory.Move(path, path + Unfinished);
            Directory.Delete(path + Unfinished, recursive: true);
        }

        return old;
    }

    private static string ManifestIn(string folder) => System.IO.Path.Combine(folder, "manifest.json");

    private static void Sync(string folder)
    {
        using var handle = Posix.OpenWithoutLock(folder, toWrite: false);
        Posix.SyncFileSystem(handle);
    }

    private static RefusedException Damaged(string path, string what) =>
        new(BackupErrors.Damaged.Because($"{path}: {what}"));
}

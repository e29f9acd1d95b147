using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Data.Storage;
using Beamtime.Roles;

namespace Beamtime.Doctor;

/// <summary>The folders that the program writes: rights, room, kind of file system, and a probe that is removed again.</summary>
internal static class FolderChecks
{
    private static readonly string[] Network =
        ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "fuse.glusterfs"];

    /// <summary>Tries the data folder and every storage.</summary>
    /// <param name="launch">The settings.</param>
    public static IEnumerable<Finding> Of(HostLaunch launch)
    {
        var root = ClusterFolder.For(launch.Database).Root;
        foreach (var finding in DataFolder(root, launch.Database.MinimumFreeBytes))
        {
            yield return finding;
        }

        var storage = launch.Settings.Get<StorageOptions>();
        var above = Path.GetFullPath(storage.Root ?? root);
        foreach (var (name, entry) in storage.Places)
        {
            var folder = Path.GetFullPath(entry.Path, above);
            yield return Directory.Exists(folder)
                ? Probe($"storage {name}", folder, entry.ReserveBytes, StorageErrors.Full)
                : Absent($"storage {name}", folder);
        }
    }

    private static IEnumerable<Finding> DataFolder(string root, long least)
    {
        if (!Directory.Exists(root))
        {
            yield return Absent("data folder", root);
            yield break;
        }

        var probe = Probe("data folder", root, least, DatabaseErrors.FolderFull);
        yield return probe;
        if (probe.State == FindingState.Fail)
        {
            yield break;
        }

        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(root) & Others) != 0)
        {
            yield return Finding.Warn("data folder's rights", DoctorErrors.FolderOpen, $"{root} has mode {Convert.ToString((int)File.GetUnixFileMode(root), 8)}");
        }

        var kind = FileSystemOf(root);
        yield return Network.Contains(kind)
            ? Finding.Warn("data folder's disk", DoctorErrors.NetworkFolder, $"{root} lies on {kind}")
            : Finding.Ok("data folder's disk", $"{root} lies on {kind}");
        if (File.Exists(FolderLock.PathIn(root)))
        {
            var (pid, _) = FolderLock.ReadHolder(root);
            yield return Finding.Ok(
                "data folder's lock",
                pid is { } holder && Directory.Exists($"/proc/{holder}") ? $"held by process {holder}" : "free");
        }
    }

    // A folder that is not there yet is made at the first start; what must hold is that it can be.
    private static Finding Absent(string what, string folder)
    {
        var above = NearestThatExists(folder);
        var probe = Probe(what, above, 0, StorageErrors.Full);
        return probe.State == FindingState.Fail ? probe : Finding.Ok(what, $"{folder} will be made in {above}");
    }

    /// <summary>The folder itself, or the nearest above it that exists.</summary>
    /// <param name="folder">An absolute path.</param>
    public static string NearestThatExists(string folder)
    {
        while (!Directory.Exists(folder))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    private static Finding Probe(string what, string folder, long least, Sdk.Errors.ErrorCode full)
    {
        var path = Path.Combine(folder, $".beamtime-doctor-{Environment.ProcessId}");
        try
        {
            try
            {
                using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                {
                    file.WriteByte(1);
                    file.Flush(flushToDisk: true);
                }

                File.Move(path, path + ".renamed");
            }
            finally
            {
                File.Delete(path);
                File.Delete(path + ".renamed");
            }

            var free = new DriveInfo(folder).AvailableFreeSpace;
            var room = string.Create(CultureInfo.InvariantCulture, $"{folder}: written, synced, renamed, removed; {free / (double)(1L << 30):0.0} GiB free");
            return free < least ? Finding.Fail(what, full, room) : Finding.Ok(what, room);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Finding.Fail(what, DoctorErrors.FolderUnusable, error.Message);
        }
    }

    private static string FileSystemOf(string folder)
    {
        var (kind, length) = ("unknown", -1);
        foreach (var line in File.ReadLines("/proc/mounts"))
        {
            if (line.Split(' ') is [_, var point, var type, ..]
                && (folder + "/").StartsWith(point == "/" ? "/" : point + "/", StringComparison.Ordinal) && point.Length >= length)
            {
                (kind, length) = (type, point.Length);
            }
        }

        return kind;
    }
}

using Beamtime.Hdf5;

namespace Beamtime.Control.Recording;

/// <summary>
/// Keeps the file library away from a full disk: it cannot close a file that it could not write, and may take the whole
/// program along when asked to.
/// </summary>
internal static class DiskSpace
{
    private static readonly Lock Gate = new();
    private static readonly List<H5File> Abandoned = [];

    /// <summary>Refuses to write when less than this would be left.</summary>
    /// <param name="folder">A folder on the disk.</param>
    /// <param name="bytes">What is going to be written.</param>
    /// <param name="reserve">What must be left after it.</param>
    /// <exception cref="IOException">Too little is free.</exception>
    public static void Demand(string folder, long bytes, long reserve)
    {
        if (reserve == 0)
        {
            return;
        }

        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes + reserve)
        {
            throw new IOException(
                $"No space left on device: {free >> 10} KiB are free in {folder}, {(bytes + reserve) >> 10} KiB are needed.");
        }
    }

    /// <summary>Leaves a file open for the life of the program because a write to it failed.</summary>
    /// <param name="file">The file; held here so that no finalizer closes it either.</param>
    public static void Abandon(H5File file)
    {
        lock (Gate)
        {
            Abandoned.Add(file);
        }
    }

    /// <summary>Gives the name of an abandoned file to a copy, which the library opens as another file.</summary>
    /// <param name="path">The file's path.</param>
    public static void Detach(string path)
    {
        var copy = path + ".copy";
        File.Copy(path, copy, overwrite: true);
        File.Move(copy, path, overwrite: true);
    }
}

using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Recording;

/// <summary>A device's file of frames and how many of them can be read.</summary>
/// <param name="Device">The device.</param>
/// <param name="File">The file that it was to write.</param>
/// <param name="Frames">Frames that can be read; null when the file is missing or cannot be opened.</param>
/// <param name="IsComplete">False when the writer died before closing it, so that only followers can open it.</param>
/// <param name="Entries">What else is in it and is linked, by name.</param>
internal sealed record FrameCount(
    string Device, FrameFile File, long? Frames, bool IsComplete, IReadOnlyDictionary<string, string> Entries)
{
    /// <summary>Counts the frames of a scan's files.</summary>
    /// <param name="folder">The scan's folder.</param>
    /// <param name="frames">Its files by device.</param>
    public static IReadOnlyList<FrameCount> Count(string folder, IReadOnlyDictionary<string, FrameFile> frames) =>
        [.. frames.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => Count(folder, f.Key, f.Value))];

    /// <summary>Writes <c>file_references</c>: links by relative names to the files that there are.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="planned">The files that the devices announced.</param>
    /// <param name="counts">What became of them.</param>
    public static void Write(
        H5Group collection, IReadOnlyDictionary<string, FrameFile> planned, IReadOnlyList<FrameCount> counts)
    {
        using var references = FinalFile.Group(collection, "file_references", "NXcollection");
        foreach (var count in counts.Where(c => c.Frames is not null && planned.ContainsKey(c.Device)))
        {
            using var device = references.CreateGroup(count.Device);
            device.LinkExternal("data", count.File.FileName, count.File.Dataset);
            foreach (var (name, path) in count.Entries)
            {
                device.LinkExternal(name, count.File.FileName, path);
            }

            device.Attributes.Write("frames", count.Frames!.Value);
            device.Attributes.Write("complete", count.IsComplete);
        }
    }

    private static FrameCount Count(string folder, string device, FrameFile frames)
    {
        var path = Path.Combine(folder, frames.FileName);
        var none = new FrameCount(device, frames, null, IsComplete: false, new Dictionary<string, string>());
        return Path.GetFileName(frames.FileName) != frames.FileName || !System.IO.File.Exists(path)
            ? none
            : Look(none, path, H5FileAccess.ReadOnly) ?? Look(none, path, H5FileAccess.SwmrRead) ?? none;
    }

    // A file that cannot be opened is an answer here, not a failure: it is told with the recording.
    private static FrameCount? Look(FrameCount unknown, string path, H5FileAccess access)
    {
        try
        {
            using var file = H5File.Open(path, access);
            using var frames = file.OpenDataset(unknown.File.Dataset);
            return unknown with
            {
                Frames = frames.RowCount,
                IsComplete = access == H5FileAccess.ReadOnly,
                Entries = (unknown.File.Entries ?? unknown.Entries)
                    .Where(e => e.Key != "data" && ScanFileName.IsName(e.Key) && file.Exists(e.Value))
                    .ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal),
            };
        }
        catch (Hdf5Exception)
        {
            return null;
        }
    }
}

using Beamtime.Sdk.Devices;

namespace Beamtime.Sdk.Recording;

/// <summary>
/// A part of the final file that a technique wants beside the standard layout. Called on the finished but not yet named
/// file, which the section opens itself for writing and closes again.
/// </summary>
public abstract class FileSection
{
    /// <summary>Name of the technique or layout, as records of the file list it: <c>exchange</c>.</summary>
    public abstract string Name { get; }

    /// <summary>True when this section belongs into the file of that scan.</summary>
    /// <param name="scan">The recorded scan.</param>
    public abstract bool AppliesTo(RecordedScan scan);

    /// <summary>Writes the section.</summary>
    /// <param name="path">The final file under its temporary name, closed; lies in the scan's folder.</param>
    /// <param name="scan">The recorded scan.</param>
    public abstract void Write(string path, RecordedScan scan);
}

/// <summary>What a file section is told of the scan in the file.</summary>
/// <param name="Name">The scan's name.</param>
/// <param name="Points">Points in the file.</param>
/// <param name="Frames">Frame files by device name, all in the scan's folder.</param>
/// <param name="Parameters">The scan's parameters as they were used.</param>
public sealed record RecordedScan(
    string Name,
    long Points,
    IReadOnlyDictionary<string, FrameFile> Frames,
    IReadOnlyDictionary<string, string> Parameters);

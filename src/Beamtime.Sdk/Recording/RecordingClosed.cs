namespace Beamtime.Sdk.Recording;

/// <summary>How a scan ended.</summary>
public enum ScanEnd
{
    /// <summary>All points were taken.</summary>
    Completed,

    /// <summary>Someone, an alarm or a fault ended it early.</summary>
    Aborted,

    /// <summary>The program or a part of it died while the scan ran; the file was recovered.</summary>
    Interrupted,

    /// <summary>Someone halted it: nothing was put back.</summary>
    Halted,

    /// <summary>Someone ended it early because what was measured is enough.</summary>
    UserCompleted,
}

/// <summary>The files of a finished scan are closed and synced: what the other half of the program is told.</summary>
/// <param name="Scan">The scan's id.</param>
/// <param name="Beamline">The beamline.</param>
/// <param name="Number">The scan's number at its beamline.</param>
/// <param name="ScanName">The scan's name: <c>line</c>.</param>
/// <param name="End">How it ended.</param>
/// <param name="Points">Points in the file, gaps included.</param>
/// <param name="StartedAt">First instruction, UTC.</param>
/// <param name="EndedAt">Last point, UTC.</param>
/// <param name="Folder">The scan's folder, absolute.</param>
/// <param name="Files">All files, the master first; the frame files that it refers to after it.</param>
/// <param name="Sections">Names of the techniques whose sections are in the file: <c>exchange</c>.</param>
/// <param name="Parameters">The scan's parameters as they were used, and the user's metadata.</param>
public sealed record RecordingClosed(
    Guid Scan,
    string Beamline,
    int Number,
    string ScanName,
    ScanEnd End,
    long Points,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    string Folder,
    IReadOnlyList<RecordedFile> Files,
    IReadOnlyList<string> Sections,
    IReadOnlyDictionary<string, string> Parameters);

/// <summary>One file of a recording.</summary>
/// <param name="Name">Name within the recording's folder.</param>
/// <param name="Bytes">Size, bytes.</param>
/// <param name="ModifiedAt">Last modification, UTC.</param>
/// <param name="Sha256">Lower-case hexadecimal SHA-256; null for a file over 64 MB, hashed when it is first copied.</param>
public sealed record RecordedFile(string Name, long Bytes, DateTimeOffset ModifiedAt, string? Sha256);

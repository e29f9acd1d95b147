using Beamtime.Control.Scans;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>A scan whose end was told and whose files are to be closed.</summary>
/// <param name="document">The end.</param>
internal sealed class EndedRecording(ScanClosed document)
{
    /// <summary>The end.</summary>
    public ScanClosed Document => document;

    /// <summary>What this writer wrote; null where an earlier one did.</summary>
    public OpenRecording? Recording { get; init; }

    /// <summary>Its files, once they are closed.</summary>
    public RecordingClosed? Closed { get; set; }

    /// <summary>True once it was said that it cannot be closed yet.</summary>
    public bool IsReported { get; set; }

    /// <summary>What people know it by.</summary>
    public string Name => Recording?.Folder.Final ?? document.Scan.ToString();
}

using Beamtime.Core.Topics;

namespace Beamtime.Control.Recording;

/// <summary>What the file writer of a beamline says.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class RecordingTopics(TopicHub hub, string beamline)
{
    private const int NoticesKept = 1024;

    /// <summary>Faults and closed recordings, from the file writer.</summary>
    public Topic<RecordingNotice> Notices { get; } = hub.Open(new TopicDeclaration<RecordingNotice>(
        $"{beamline}.recordings", NoticesKept, RecordingJson.Default.RecordingNotice, "scans.read", "scan-server"));
}

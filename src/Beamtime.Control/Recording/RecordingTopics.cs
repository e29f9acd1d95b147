using Beamtime.Control.Recording.Retrieval;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Recording;

/// <summary>What the file writer of a beamline says.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class RecordingTopics(TopicHub hub, string beamline)
{
    private const int NoticesKept = 1024;

    /// <summary>Asks the file writer how far a scan is on the disk.</summary>
    public RequestTopic<RecordingQuestion, RecordingProgress> Questions { get; } =
        hub.Open(new RequestDeclaration<RecordingQuestion, RecordingProgress>(
            $"{beamline}.recording-questions",
            64,
            RecordingJson.Default.RecordingQuestion,
            RecordingJson.Default.RecordingProgress,
            "scans.read"));

    /// <summary>Asks the file writer's program for points of scans.</summary>
    public RequestTopic<PointQuestion, PointPage> Points { get; } = hub.Open(new RequestDeclaration<PointQuestion, PointPage>(
        $"{beamline}.recorded-points", 64, ReaderJson.Default.PointQuestion, ReaderJson.Default.PointPage, "scans.read"));

    /// <summary>Faults and closed recordings, from the file writer.</summary>
    public Topic<RecordingNotice> Notices { get; } = hub.Open(new TopicDeclaration<RecordingNotice>(
        $"{beamline}.recordings", NoticesKept, RecordingJson.Default.RecordingNotice, "scans.read", "scan-server"));
}

/// <summary>How far is a scan on the disk?</summary>
/// <param name="Scan">The scan.</param>
internal sealed record RecordingQuestion(Guid Scan);

/// <summary>How far a scan is on the disk.</summary>
/// <param name="Next">Its first point that is not.</param>
/// <param name="IsEnded">True when its files are being closed, or are closed.</param>
internal sealed record RecordingProgress(int Next, bool IsEnded);

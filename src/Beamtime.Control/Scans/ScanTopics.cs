using Beamtime.Core.Topics;

namespace Beamtime.Control.Scans;

/// <summary>The two topics of scan documents of a beamline; each has one publisher.</summary>
/// <param name="beamline">The beamline.</param>
/// <param name="time">The clock.</param>
internal sealed class ScanTopics(string beamline, TimeProvider time)
{
    /// <summary>Openings and ends, from the scan worker to the bundler.</summary>
    public Topic<ScanDocument> Documents { get; } =
        new LocalTopic<ScanDocument>($"{beamline}.scans", 256, ["bundler"], time);

    /// <summary>Openings, points and ends in order, from the bundler to all who want points.</summary>
    public Topic<ScanDocument> Points { get; } =
        new LocalTopic<ScanDocument>($"{beamline}.points", 8192, ["file-writer"], time);
}

using Beamtime.Core.Topics;

namespace Beamtime.Control.Scans.Alarms;

/// <summary>What is said of alarms between processes.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class AlarmTopics(TopicHub hub, string beamline)
{
    /// <summary>Alarms that others raise, to the scan server.</summary>
    public RequestTopic<AlarmCommand, AlarmAnswer> Commands { get; } = hub.Open(new RequestDeclaration<AlarmCommand, AlarmAnswer>(
        $"{beamline}.alarm-commands", 64, AlarmJson.Default.AlarmCommand, AlarmJson.Default.AlarmAnswer, "alarms.raise"));

    /// <summary>Alarms as they are raised; a listener that is slow misses some, the record has them all.</summary>
    public Topic<AlarmAnswer> Raised { get; } = hub.Open(new TopicDeclaration<AlarmAnswer>(
        $"{beamline}.alarms", 256, AlarmJson.Default.AlarmAnswer, "alarms.read"));
}

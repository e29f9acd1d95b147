using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Control.Devices;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Scans;

/// <summary>What the scan server of a beamline says.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class ScanTopics(TopicHub hub, string beamline)
{
    private const int CommandsKept = 256;
    private const int DocumentsKept = 256;

    /// <summary>What is asked of the scan server.</summary>
    public RequestTopic<ScanCommand, ScanAnswer> Commands { get; } = hub.Open(new RequestDeclaration<ScanCommand, ScanAnswer>(
        $"{beamline}.scan-commands",
        CommandsKept,
        ScanTopicJson.Default.ScanCommand,
        ScanTopicJson.Default.ScanAnswer,
        "scans.submit"));

    /// <summary>What is asked of a queue as a whole.</summary>
    public RequestTopic<QueueCommand, ScanQueueRecord> QueueCommands { get; } =
        hub.Open(new RequestDeclaration<QueueCommand, ScanQueueRecord>(
            $"{beamline}.queue-commands",
            CommandsKept,
            ScanTopicJson.Default.QueueCommand,
            ScanTopicJson.Default.ScanQueueRecord,
            "queues.change"));

    /// <summary>What the scan server does now, as a last value.</summary>
    public Topic<ScanServerStatus> Status { get; } = hub.Open(new TopicDeclaration<ScanServerStatus>(
        $"{beamline}.scan-server-status", 16, ScanTopicJson.Default.ScanServerStatus, "scans.read"));

    /// <summary>The states of the beamline, all of them whenever one changes, for the files of scans.</summary>
    public Topic<BeamlineStateList> BeamlineStates { get; } = hub.Open(new TopicDeclaration<BeamlineStateList>(
        $"{beamline}.scan-states", 256, ScanTopicJson.Default.BeamlineStateList, "scans.read"));

    /// <summary>Openings and ends, from the scan worker to the bundler.</summary>
    public Topic<ScanDocument> Documents { get; } = hub.Open(new TopicDeclaration<ScanDocument>(
        $"{beamline}.scans", DocumentsKept, ScanTopicJson.Document, "scans.read", "bundler"));
}

/// <summary>JSON of what a scan server says.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    IncludeFields = true,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(ValueConverter)])]
[JsonSerializable(typeof(ScanDocument))]
[JsonSerializable(typeof(ScanOpened))]
[JsonSerializable(typeof(ScanClosed))]
[JsonSerializable(typeof(ScanCommand))]
[JsonSerializable(typeof(ScanAnswer))]
[JsonSerializable(typeof(BeamlineStateList))]
[JsonSerializable(typeof(QueueCommand))]
[JsonSerializable(typeof(ScanQueueRecord))]
[JsonSerializable(typeof(ScanServerStatus))]
internal sealed partial class ScanTopicJson : JsonSerializerContext
{
    /// <summary>Documents, told apart by <c>kind</c>.</summary>
    public static JsonTypeInfo<ScanDocument> Document => field ??= ScanDocumentJson.Of(
        Default, new JsonDerivedType(typeof(ScanOpened), "opened"), new JsonDerivedType(typeof(ScanClosed), "closed"));
}

/// <summary>Tells the documents of a scan apart in JSON; each topic of them has its own kinds.</summary>
internal static class ScanDocumentJson
{
    /// <summary>The codec for these kinds.</summary>
    /// <param name="context">Writes and reads each of them.</param>
    /// <param name="kinds">The kinds with their names, which never change.</param>
    public static JsonTypeInfo<ScanDocument> Of(JsonSerializerContext context, params JsonDerivedType[] kinds)
    {
        var options = new System.Text.Json.JsonSerializerOptions(context.Options)
        {
            TypeInfoResolver = context.WithAddedModifier(type =>
            {
                if (type.Type == typeof(ScanDocument))
                {
                    type.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = "kind" };
                    Array.ForEach(kinds, type.PolymorphismOptions.DerivedTypes.Add);
                }
            }),
        };
        return (JsonTypeInfo<ScanDocument>)options.GetTypeInfo(typeof(ScanDocument));
    }
}

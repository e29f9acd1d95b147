using System.Text.Json.Serialization;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Devices;

/// <summary>What goes between a beamline's device server and those who use its devices.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class DeviceTopics(TopicHub hub, string beamline)
{
    /// <summary>Readings kept for the bundler before device servers wait.</summary>
    public const int ReadingsKept = 8192;

    private const int InstructionsKept = 1024;

    /// <summary>Instructions to the device server.</summary>
    public RequestTopic<Instruction, InstructionDone> Instructions { get; } =
        hub.Open(new RequestDeclaration<Instruction, InstructionDone>(
            $"{beamline}.instructions",
            InstructionsKept,
            DeviceTopicJson.Default.Instruction,
            DeviceTopicJson.Default.InstructionDone,
            "devices.set"));

    /// <summary>What the device server read for points.</summary>
    public Topic<PointReadings> Readings { get; } = hub.Open(new TopicDeclaration<PointReadings>(
        $"{beamline}.readings", ReadingsKept, DeviceTopicJson.Default.PointReadings, "scans.read", "bundler"));
}

/// <summary>JSON of what leaves and reaches the device server.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    IncludeFields = true,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(ValueConverter)])]
[JsonSerializable(typeof(Instruction))]
[JsonSerializable(typeof(InstructionDone))]
[JsonSerializable(typeof(PointReadings))]
internal sealed partial class DeviceTopicJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Scans.Steps;

/// <summary>What is asked of scans that take steps.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class StepTopics(TopicHub hub, string beamline)
{
    private const int CommandsKept = 64;

    /// <summary>Steps, to the scan server.</summary>
    public RequestTopic<StepCommand, StepList> Commands { get; } = hub.Open(new RequestDeclaration<StepCommand, StepList>(
        $"{beamline}.scan-steps", CommandsKept, StepJson.Default.StepCommand, StepJson.Default.StepList, "scans.submit"));
}

/// <summary>JSON of steps.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StepCommand))]
[JsonSerializable(typeof(StepList))]
internal sealed partial class StepJson : JsonSerializerContext;

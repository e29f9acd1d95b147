using System.Text.Json.Serialization;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Scans.Moves;

/// <summary>What is asked of a beamline's mover.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class MoveTopics(TopicHub hub, string beamline)
{
    private const int CommandsKept = 64;

    /// <summary>What is asked of the mover.</summary>
    public RequestTopic<MoveCommand, MoveList> Commands { get; } = hub.Open(new RequestDeclaration<MoveCommand, MoveList>(
        $"{beamline}.moves", CommandsKept, MoveJson.Default.MoveCommand, MoveJson.Default.MoveList, "devices.set"));
}

/// <summary>JSON of moves.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MoveCommand))]
[JsonSerializable(typeof(MoveList))]
[JsonSerializable(typeof(MoveBegan))]
[JsonSerializable(typeof(MoveOver))]
[JsonSerializable(typeof(MoveRecord))]
internal sealed partial class MoveJson : JsonSerializerContext;

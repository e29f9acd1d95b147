using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Procedures;

/// <summary>What may be asked about procedures.</summary>
internal enum ProcedureCommandKind
{
    /// <summary>To list them.</summary>
    List,

    /// <summary>To start one.</summary>
    Start,

    /// <summary>To end a run early.</summary>
    Abort,

    /// <summary>To let a held run go on.</summary>
    Resume,
}

/// <summary>Something that is asked of the scan server about procedures; asked again it has its effect once.</summary>
internal sealed record ProcedureCommand
{
    /// <summary>What is asked.</summary>
    public required ProcedureCommandKind Kind { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public Guid Who { get; init; }

    /// <summary>The procedure's name, to start it.</summary>
    public string Procedure { get; init; } = "";

    /// <summary>Its parameters by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The run; for a start the id that it is to have, null for a new one.</summary>
    public Guid? Run { get; init; }

    /// <summary>The step from which it goes on.</summary>
    public int Step { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>The answer: the procedures, or the run.</summary>
/// <param name="Procedures">The procedures; null where a run was asked for.</param>
/// <param name="Run">The run; null where the procedures were asked for.</param>
internal sealed record ProcedureReply(IReadOnlyList<ProcedureAnswer>? Procedures, ProcedureRunAnswer? Run);

/// <summary>Where procedures are asked for; the scan server answers.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class ProcedureTopics(TopicHub hub, string beamline)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(15);

    /// <summary>The beamline.</summary>
    public string Beamline => beamline;

    /// <summary>The commands.</summary>
    public RequestTopic<ProcedureCommand, ProcedureReply> Commands { get; } =
        hub.Open(new RequestDeclaration<ProcedureCommand, ProcedureReply>(
            $"{beamline}.procedure-commands",
            64,
            ProcedureTopicJson.Default.ProcedureCommand,
            ProcedureTopicJson.Default.ProcedureReply,
            "procedures.run"));
}

/// <summary>JSON of what is asked about procedures.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProcedureCommand))]
[JsonSerializable(typeof(ProcedureReply))]
internal sealed partial class ProcedureTopicJson : JsonSerializerContext;

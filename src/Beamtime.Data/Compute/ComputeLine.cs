using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Compute;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>What a line of a compute process tells.</summary>
internal enum ComputeEvent
{
    /// <summary>How far it is.</summary>
    Progress,

    /// <summary>It has ended well; the last line.</summary>
    Result,

    /// <summary>The request cannot be met; the last line.</summary>
    Refused,

    /// <summary>Something failed on the way; the last line.</summary>
    Failed,
}

/// <summary>One line of JSON that a compute process prints.</summary>
/// <param name="Event">What it tells.</param>
internal sealed record ComputeLine(ComputeEvent Event)
{
    /// <summary>Parts done.</summary>
    public long? Done { get; init; }

    /// <summary>Parts in all.</summary>
    public long? Of { get; init; }

    /// <summary>The result, as its verb has it.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Every reason of a refusal; the one of a failure.</summary>
    public IReadOnlyList<Reason>? Reasons { get; init; }
}

/// <summary>The codec of what compute processes print.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ComputeLine))]
[JsonSerializable(typeof(ReconstructionResult))]
[JsonSerializable(typeof(RotationCentreOutcome))]
internal sealed partial class ComputeLineJson : JsonSerializerContext;

/// <summary>Exit codes of compute verbs.</summary>
internal static class ComputeExit
{
    /// <summary>A result was given.</summary>
    public const int Done = 0;

    /// <summary>The request cannot be met; every reason was printed.</summary>
    public const int Refused = 3;

    /// <summary>Something failed on the way.</summary>
    public const int Failed = 1;

    /// <summary>It was asked to stop.</summary>
    public const int Cancelled = 130;
}

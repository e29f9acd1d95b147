using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access;

/// <summary>The answer to a request that was refused or failed, as RFC 9457 has it.</summary>
internal sealed record Problem
{
    /// <summary>The media type of the answer.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The permanent code of the first reason.</summary>
    public required string Type { get; init; }

    /// <summary>The name of the status.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What was found, all reasons in one text.</summary>
    public required string Detail { get; init; }

    /// <summary>Whether sending the same request again can help.</summary>
    public required RetryClass Retry { get; init; }

    /// <summary>Every reason.</summary>
    public required IReadOnlyList<ProblemReason> Reasons { get; init; }

    /// <summary>The request's id in the log.</summary>
    public required string CorrelationId { get; init; }
}

/// <summary>One reason of a problem.</summary>
/// <param name="Code">The permanent code.</param>
/// <param name="Message">What was found.</param>
/// <param name="Remedy">What mends it.</param>
internal sealed record ProblemReason(string Code, string Message, string Remedy);

/// <summary>Writes and reads problems.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(RetryClassConverter)])]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ProblemJson : JsonSerializerContext;

/// <summary>Writes a retry class as <c>never</c>, <c>later</c> or <c>safe</c>.</summary>
internal sealed class RetryClassConverter() : JsonStringEnumConverter<RetryClass>(JsonNamingPolicy.SnakeCaseLower);

using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording.Retrieval;

/// <summary>Which points of which files are wanted.</summary>
/// <param name="Folder">The scan's folder.</param>
/// <param name="Prefix">How its files begin.</param>
/// <param name="Suffix">What its master file's name ends with; null for nothing.</param>
/// <param name="From">The first point's id.</param>
/// <param name="Limit">How many points at most.</param>
/// <param name="Longest">Signals with more values a point are listed and not read.</param>
internal sealed record PointQuestion(string Folder, string Prefix, string? Suffix, long From, int Limit, long Longest);

/// <summary>What a reader says to it.</summary>
/// <param name="Page">The points; null where there are none to be told.</param>
/// <param name="Refused">Why it was refused; null unless it was.</param>
/// <param name="Failed">What failed; null unless something did.</param>
internal sealed record ReaderLine(PointPage? Page = null, Reason? Refused = null, Reason? Failed = null);

/// <summary>JSON between a reader and those who ask.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PointQuestion))]
[JsonSerializable(typeof(PointPage))]
[JsonSerializable(typeof(ReaderLine))]
internal sealed partial class ReaderJson : JsonSerializerContext;

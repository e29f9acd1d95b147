using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Points;

/// <summary>What the bundler of a beamline says.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class PointTopics(TopicHub hub, string beamline)
{
    private const int PointsKept = 8192;

    /// <summary>Openings, points and ends in order, from the bundler to all who want points.</summary>
    public Topic<ScanDocument> Points { get; } = hub.Open(new TopicDeclaration<ScanDocument>(
        $"{beamline}.points", PointsKept, PointTopicJson.Document, "scans.read", "file-writer"));

    /// <summary>
    /// The openings of the scans whose points are coming, as a last value. Who subscribes to the points first and looks here
    /// then misses no running scan; it may see an opening twice.
    /// </summary>
    public Topic<OpenScans> Open { get; } = hub.Open(new TopicDeclaration<OpenScans>(
        $"{beamline}.open-scans", 16, PointTopicJson.Default.OpenScans, "scans.read"));
}

/// <summary>The scans whose points are coming.</summary>
/// <param name="Scans">Their openings.</param>
internal sealed record OpenScans(IReadOnlyList<ScanOpened> Scans);

/// <summary>JSON of what a bundler says.</summary>
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
[JsonSerializable(typeof(Point))]
[JsonSerializable(typeof(OpenScans))]
internal sealed partial class PointTopicJson : JsonSerializerContext
{
    /// <summary>Documents with points, told apart by <c>kind</c>.</summary>
    public static JsonTypeInfo<ScanDocument> Document => field ??= ScanDocumentJson.Of(
        Default,
        new JsonDerivedType(typeof(ScanOpened), "opened"),
        new JsonDerivedType(typeof(Point), "point"),
        new JsonDerivedType(typeof(ScanClosed), "closed"));
}

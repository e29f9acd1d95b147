using System.Text.Json.Serialization;

namespace Beamtime.Sdk.Recording;

/// <summary>
/// Where closed recordings are told: one ledger stream a recording, whose id is the scan's, with one entry.
/// </summary>
public static class RecordingEntries
{
    /// <summary>The kind of the streams.</summary>
    public const string Kind = "recording";

    /// <summary>The type of the entry that holds a <see cref="RecordingClosed"/>.</summary>
    public const string Closed = "recording.closed";

    /// <summary>The version of that type.</summary>
    public const short ClosedVersion = 1;
}

/// <summary>The codec of what crosses from recording to data.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RecordingClosed))]
public sealed partial class RecordingEntriesJson : JsonSerializerContext;

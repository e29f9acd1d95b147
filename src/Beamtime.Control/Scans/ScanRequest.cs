using System.Text.Json.Serialization;

namespace Beamtime.Control.Scans;

/// <summary>What somebody wants scanned.</summary>
internal sealed record ScanRequest
{
    /// <summary>The scan's name: <c>line</c>.</summary>
    public required string Scan { get; init; }

    /// <summary>Positional arguments: bundles one after the other.</summary>
    [JsonConverter(typeof(ArgumentListConverter))]
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Named parameters.</summary>
    [JsonConverter(typeof(ArgumentMapConverter))]
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>What the user wants to keep with the scan: title, sample_name, comment and anything else.</summary>
    [JsonConverter(typeof(ArgumentMapConverter))]
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

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

    /// <summary>What the names of the scan's folder and of its master file end with; letters, digits, _ and -.</summary>
    public string? FileSuffix { get; init; }

    /// <summary>Folder below the beamline's data folder in place of the numbered one; names with / between them.</summary>
    public string? FileDirectory { get; init; }

    /// <summary>The experiment's account, for facilities whose data folders are ordered by it.</summary>
    public string? Account { get; init; }

    /// <summary>The queue that it shall wait in; null for <c>primary</c>. A queue that is named comes to be.</summary>
    public string? Queue { get; init; }

    /// <summary>False where only who asked for it may decide that it is run anew; null for true.</summary>
    public bool? AllowRestart { get; init; }
}

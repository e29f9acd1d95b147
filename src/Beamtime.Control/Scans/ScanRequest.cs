namespace Beamtime.Control.Scans;

/// <summary>What somebody wants scanned.</summary>
internal sealed record ScanRequest
{
    /// <summary>The scan's name: <c>line</c>.</summary>
    public required string Scan { get; init; }

    /// <summary>Positional arguments: bundles one after the other.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Named parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>What the user wants to keep with the scan: title, sample_name, comment and anything else.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The queue that it shall wait in; null for <c>primary</c>. A queue that is named comes to be.</summary>
    public string? Queue { get; init; }

    /// <summary>False where only who asked for it may decide that it is run anew; null for true.</summary>
    public bool? AllowRestart { get; init; }
}

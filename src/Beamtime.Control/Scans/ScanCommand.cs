namespace Beamtime.Control.Scans;

/// <summary>What may be asked of a scan server.</summary>
internal enum ScanCommandKind
{
    /// <summary>To admit a scan.</summary>
    Submit,

    /// <summary>To end one early.</summary>
    Abort,

    /// <summary>To hold the running one before its next point.</summary>
    Pause,

    /// <summary>To let a held one go on.</summary>
    Resume,
}

/// <summary>Something that is asked of the scan server; asked again it has its effect once.</summary>
internal sealed record ScanCommand
{
    /// <summary>What is asked.</summary>
    public required ScanCommandKind Kind { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>What is to be scanned; for a submission.</summary>
    public ScanRequest? Request { get; init; }

    /// <summary>Id of the scan that the request repeats as it was, metadata and all; null for another one.</summary>
    public string? RepeatOf { get; init; }

    /// <summary>The id that an admitted scan is to have; null for a new one.</summary>
    public Guid? Key { get; init; }

    /// <summary>Number or id of the scan; empty for a submission.</summary>
    public string Scan { get; init; } = "";

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>What a scan server does now.</summary>
internal sealed record ScanStatus
{
    /// <summary>The scan that runs; null for none.</summary>
    public Guid? Scan { get; init; }

    /// <summary>What it is doing, for people.</summary>
    public string Phase { get; init; } = "";

    /// <summary>Points taken.</summary>
    public int Points { get; init; }

    /// <summary>True while it is held, or waits for its device server.</summary>
    public bool IsPaused { get; init; }

    /// <summary>From what its progress can be seen; null while nothing runs.</summary>
    public Sdk.Scans.ScanReport? Progress { get; init; }

    /// <summary>What a scan server does that runs this.</summary>
    /// <param name="running">The scan that runs; null for none.</param>
    public static ScanStatus Of(RunningScan? running) => running is null
        ? new ScanStatus()
        : new ScanStatus
        {
            Scan = running.Id,
            Phase = running.WaitsFor is { } loss ? $"waits for the device server: {loss.Message}" : running.Phase,
            Points = running.PointsTaken,
            Progress = running.Progress,
            IsPaused = running.IsPaused || running.WaitsFor is not null,
        };
}

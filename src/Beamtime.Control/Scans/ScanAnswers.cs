using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>A scan as REST tells it.</summary>
internal sealed record ScanAnswer
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its number at the beamline.</summary>
    public required int Number { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>What was asked for.</summary>
    public required ScanRequest Request { get; init; }

    /// <summary>Where it stands.</summary>
    public required ScanState State { get; init; }

    /// <summary>What it is doing, for people; null unless it runs.</summary>
    public string? Phase { get; init; }

    /// <summary>From what its progress can be seen; null unless it runs.</summary>
    public ScanReport? Progress { get; init; }

    /// <summary>Points taken.</summary>
    public required int Points { get; init; }

    /// <summary>Points planned; 0 before the start.</summary>
    public required int PlannedPoints { get; init; }

    /// <summary>When it was accepted, UTC.</summary>
    public required DateTimeOffset AdmittedAt { get; init; }

    /// <summary>When it began, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was over, UTC.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The master file; null before the start.</summary>
    public string? File { get; init; }

    /// <summary>The file that grows while it runs; null before the start.</summary>
    public string? LiveFile { get; init; }

    /// <summary>True once its files are closed and registered; null where nobody asked.</summary>
    public bool? IsRecorded { get; init; }

    /// <summary>Why it ended early.</summary>
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>The answer for a scan.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="status">What the scan server does now; null when it was never heard.</param>
    public static ScanAnswer Of(StreamState<ScanRecord> scan, ScanStatus? status)
    {
        var record = scan.State!;
        var live = !record.State.IsOver && status?.Scan?.ToString() == scan.Id ? status : null;
        return new ScanAnswer
        {
            Id = Guid.Parse(scan.Id),
            Number = record.Number,
            Beamline = record.Beamline,
            Queue = record.Queue,
            Request = record.Request,
            State = live is { IsPaused: true } && record.State == ScanState.Running ? ScanState.Paused : record.State,
            Phase = live?.Phase,
            Progress = live?.Progress,
            Points = live?.Points ?? record.Points,
            PlannedPoints = record.PlannedPoints,
            AdmittedAt = record.AdmittedAt,
            StartedAt = record.StartedAt,
            EndedAt = record.EndedAt,
            File = record.Folder is null ? null : Path.Combine(record.Folder, $"{record.FilePrefix}_master{EndingOf(record)}.h5"),
            LiveFile = record.Folder is null ? null : Path.Combine(record.Folder, $"{record.FilePrefix}_master{EndingOf(record)}.live.h5"),
            Reasons = record.Reasons,
        };
    }

    private static string EndingOf(ScanRecord record) => record.FileSuffix is null ? "" : $"_{record.FileSuffix}";
}

/// <summary>A page of scans.</summary>
/// <param name="Items">The scans of this page.</param>
/// <param name="Total">How many there are on all pages.</param>
internal sealed record ScanPage(IReadOnlyList<ScanAnswer> Items, long Total);

/// <summary>What somebody who ends a scan says.</summary>
internal sealed record ScanAbortRequest
{
    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Groups;
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

    /// <summary>Its dataset number; that of its group where it belongs to one.</summary>
    public int? Dataset { get; init; }

    /// <summary>The group that it belongs to; null for none.</summary>
    public ScanGroup? Group { get; init; }

    /// <summary>Where it stands.</summary>
    public required ScanState State { get; init; }

    /// <summary>What it is doing, for people; null unless it runs or waits for devices.</summary>
    public string? Phase { get; init; }

    /// <summary>From what its progress can be seen; null unless it runs.</summary>
    public ScanReport? Progress { get; init; }

    /// <summary>The devices for which it waits now that its turn has come, each with who has it; null for none.</summary>
    public IReadOnlyDictionary<string, string>? WaitsFor { get; init; }

    /// <summary>How far its devices are, as they tell themselves; null unless it runs and one has told.</summary>
    public IReadOnlyList<DeviceProgressed>? Advances { get; init; }

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

    /// <summary>What whoever submitted it should know: somebody else has control of the beamline; null for nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>Why it ended early.</summary>
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>The answer for a scan.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="status">What the scan server does now; null when it was never heard.</param>
    public static ScanAnswer Of(StreamState<ScanRecord> scan, ScanServerStatus? status)
    {
        var record = scan.State!;
        var live = record.State.IsOver ? null : status?.Find(scan.Id);
        return new ScanAnswer
        {
            Id = Guid.Parse(scan.Id),
            Number = record.Number,
            Beamline = record.Beamline,
            Queue = record.Queue,
            Request = record.Request,
            Dataset = record.Dataset,
            Group = record.Group,
            State = live is { IsPaused: true } && record.State == ScanState.Running ? ScanState.Paused : record.State,
            Phase = live?.Phase,
            Progress = live?.Progress,
            WaitsFor = live?.WaitsFor,
            Advances = live?.Advances,
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

/// <summary>What somebody says who ends, holds or resumes a scan or a queue.</summary>
internal sealed record ScanAbortRequest
{
    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Where somebody wants a scan that waits.</summary>
internal sealed record ScanMoveRequest
{
    /// <summary>Where to.</summary>
    public required QueueDirection Direction { get; init; }

    /// <summary>The place among those that wait, from 1; for <c>to</c> alone.</summary>
    public int? Place { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>What somebody says who locks a queue.</summary>
internal sealed record QueueLockRequest
{
    /// <summary>What the lock is called, and released by.</summary>
    public required string Owner { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether devices may be moved meanwhile.</summary>
    public bool AllowsMoves { get; init; } = true;
}

/// <summary>A queue as REST tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Whether its scans begin.</param>
/// <param name="IsPaused">Whether it is paused, also beneath a lock.</param>
/// <param name="Locks">What locks it: its own locks and those on all queues.</param>
/// <param name="Scans">The scans that run or wait in it, in order; at most a hundred.</param>
/// <param name="Total">How many there are.</param>
internal sealed record QueueAnswer(
    string Name, ScanQueueState State, bool IsPaused, IReadOnlyList<QueueLock> Locks, IReadOnlyList<ScanAnswer> Scans, int Total)
{
    /// <summary>The answer for a queue.</summary>
    /// <param name="queue">What is recorded of it.</param>
    /// <param name="every">What is recorded of all queues together.</param>
    /// <param name="scans">The scans in it.</param>
    /// <param name="total">How many there are.</param>
    public static QueueAnswer Of(ScanQueueRecord queue, ScanQueueRecord every, IReadOnlyList<ScanAnswer> scans, int total) => new(
        queue.Name,
        every.Locks.Count > 0 ? ScanQueueState.Locked : queue.State,
        queue.IsPaused,
        [.. every.Locks, .. queue.Locks],
        scans,
        total);
}

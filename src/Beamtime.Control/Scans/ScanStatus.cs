using Beamtime.Control.Devices;

namespace Beamtime.Control.Scans;

/// <summary>What one scan does now.</summary>
internal sealed record ScanStatus
{
    /// <summary>The scan.</summary>
    public required Guid Scan { get; init; }

    /// <summary>The queue in which it runs.</summary>
    public string Queue { get; init; } = ScanQueue.Primary;

    /// <summary>What it is doing, for people.</summary>
    public string Phase { get; init; } = "";

    /// <summary>From what its progress can be seen; null while it waits.</summary>
    public Sdk.Scans.ScanReport? Progress { get; init; }

    /// <summary>How far its devices are, as they tell themselves; null where none has told.</summary>
    public IReadOnlyList<DeviceProgressed>? Advances { get; init; }

    /// <summary>Points taken.</summary>
    public int Points { get; init; }

    /// <summary>True while it is held, or waits for its device server.</summary>
    public bool IsPaused { get; init; }

    /// <summary>The devices for which it waits before it begins, each with who has it; null where it waits for none.</summary>
    public IReadOnlyDictionary<string, string>? WaitsFor { get; init; }

    /// <summary>What a scan does that runs.</summary>
    /// <param name="queue">The queue in which it runs.</param>
    /// <param name="running">The scan.</param>
    public static ScanStatus Of(string queue, RunningScan running) => new()
    {
        Scan = running.Id,
        Queue = queue,
        Phase = running.WaitsFor is { } loss ? $"waits for the device server: {loss.Message}" : running.Phase,
        Points = running.PointsTaken,
        Progress = running.Progress,
        IsPaused = running.IsPaused || running.WaitsFor is not null,
    };

    /// <summary>What a scan does whose turn has come and whose devices are in use.</summary>
    /// <param name="queue">The queue in which it waits.</param>
    /// <param name="scan">The scan's id.</param>
    /// <param name="missing">The devices that it waits for, and who has them.</param>
    public static ScanStatus Waiting(string queue, Guid scan, IReadOnlyDictionary<string, DeviceUse> missing) => new()
    {
        Scan = scan,
        Queue = queue,
        Phase = "waits for devices",
        WaitsFor = missing.ToDictionary(m => m.Key, m => m.Value.ToString()),
    };

    /// <summary>Whether two say the same.</summary>
    /// <param name="other">The other.</param>
    public bool Says(ScanStatus other) =>
        this with { WaitsFor = null, Advances = null } == other with { WaitsFor = null, Advances = null }
        && (Advances ?? []).SequenceEqual(other.Advances ?? [])
        && (WaitsFor ?? new Dictionary<string, string>()).OrderBy(w => w.Key, StringComparer.Ordinal).SequenceEqual(
            (other.WaitsFor ?? new Dictionary<string, string>()).OrderBy(w => w.Key, StringComparer.Ordinal));
}

/// <summary>What a scan server does now.</summary>
/// <param name="Scans">The scans that run or wait for devices, at most one a queue.</param>
internal sealed record ScanServerStatus(IReadOnlyList<ScanStatus> Scans)
{
    /// <summary>The scan that runs in the primary queue, else in another; null for none.</summary>
    public ScanStatus? Running => Scans.FirstOrDefault(s => s.WaitsFor is null);

    /// <summary>What a scan does; null when it neither runs nor waits for devices.</summary>
    /// <param name="scan">Its id.</param>
    public ScanStatus? Find(string scan) => Scans.FirstOrDefault(s => s.Scan.ToString() == scan);

    /// <summary>Whether two say the same.</summary>
    /// <param name="other">The other.</param>
    public bool Says(ScanServerStatus? other) =>
        other is not null && Scans.Count == other.Scans.Count && Scans.Zip(other.Scans).All(pair => pair.First.Says(pair.Second));

    /// <summary>What the queues do.</summary>
    /// <param name="queues">The queues.</param>
    /// <param name="locks">Who waits for which devices.</param>
    public static ScanServerStatus Of(ScanQueues queues, DeviceLocks locks) => new(
        [.. queues.All.Select(queue => Of(queue, locks)).OfType<ScanStatus>()]);

    private static ScanStatus? Of(ScanQueue queue, DeviceLocks locks) =>
        queue.Running is { } running ? ScanStatus.Of(queue.Name, running)
        : queue.WaitsForDevices is { } waits ? ScanStatus.Waiting(queue.Name, Guid.Parse(waits.Id), locks.MissingFor(waits.State!.Number))
        : null;
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Scans;

/// <summary>What becomes of a scan whose program died.</summary>
internal enum CrashPolicy
{
    /// <summary>It ends as interrupted; its file is recovered and says so.</summary>
    Interrupt,

    /// <summary>It is held, and goes on at its first unrecorded point.</summary>
    Resume,
}

/// <summary>Settings of scans and their queues.</summary>
[SettingsSection("scans")]
internal sealed class ScanOptions
{
    /// <summary>The beamline's name.</summary>
    [Description("Name of the beamline; part of every topic, queue and path.")]
    [Required]
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")]
    public string Beamline { get; init; } = "demo";

    /// <summary>Scans that may wait in a queue.</summary>
    [Description("Scans that may wait in a queue; more are refused.")]
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 10_000;

    /// <summary>Most queues.</summary>
    [Description("Scan queues that there may be at once; a request that would make one more is refused.")]
    [Range(1, 64)]
    public int MaximumQueues { get; init; } = 16;

    /// <summary>How long an empty queue stays.</summary>
    [Description("How long a queue other than primary stays when it is empty and not locked.")]
    public TimeSpan EmptyQueueLife { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Most points of one scan.</summary>
    [Description("Most points that one scan may have.")]
    [Range(1, 1_000_000_000)]
    public int MaximumPoints { get; init; } = 100_000_000;

    /// <summary>What becomes of a step scan when the program dies.</summary>
    [Description("What becomes of a scan whose program died, where its request does not say: interrupt ends it, resume lets it go on at its first unrecorded point.")]
    public CrashPolicy OnCrash { get; init; } = CrashPolicy.Interrupt;

    /// <summary>Whether a scan goes on by itself after a crash.</summary>
    [Description("Whether a scan that is to go on after a crash does so by itself; otherwise it stays held until somebody resumes it.")]
    public bool GoesOnByItself { get; init; } = true;

    /// <summary>How long a scan waits for its device server.</summary>
    [Description("How long a running scan waits for a device server that is away, before it is aborted.")]
    public TimeSpan DeviceServerPatience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Deadline of what a scan does after an abort.</summary>
    [Description("How long a scan may take to put things back after an abort or a fault.")]
    public TimeSpan CleanUpDeadline { get; init; } = TimeSpan.FromMinutes(2);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Scans;

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

    /// <summary>Most points of one scan.</summary>
    [Description("Most points that one scan may have.")]
    [Range(1, 1_000_000_000)]
    public int MaximumPoints { get; init; } = 100_000_000;

    /// <summary>Deadline of what a scan does after an abort.</summary>
    [Description("How long a scan may take to put things back after an abort or a fault.")]
    public TimeSpan CleanUpDeadline { get; init; } = TimeSpan.FromMinutes(2);
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Points;

/// <summary>Settings of bundling readings into points.</summary>
[SettingsSection("points")]
internal sealed class PointOptions
{
    /// <summary>When a point that is awaited becomes a gap.</summary>
    [Description("How long an awaited point may hold up later ones before it is recorded as missing.")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Devices that only stamp.</summary>
    [Description("Devices whose readings are put into points by their times, by name: such as stream all the time and are not read for points.")]
    public Dictionary<string, StampOption> Stamped { get; init; } = new(StringComparer.Ordinal);

    /// <summary>How long a point waits for stamps.</summary>
    [Description("How long a point waits for readings of devices that only stamp, before what did not come is recorded as missing.")]
    public TimeSpan StampDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Points that wait for stamps.</summary>
    [Description("How many points of a scan may wait for readings of devices that only stamp; the first of more goes on with what came.")]
    [Range(1, 1_000_000)]
    public int StampedPointsHeld { get; init; } = 4096;

    /// <summary>How often overdue points are looked for.</summary>
    [Description("How often overdue points are looked for.")]
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(200);
}

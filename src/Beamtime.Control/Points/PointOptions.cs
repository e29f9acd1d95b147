using System.ComponentModel;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Points;

/// <summary>Settings of bundling readings into points.</summary>
[SettingsSection("points")]
internal sealed class PointOptions
{
    /// <summary>When a point that is awaited becomes a gap.</summary>
    [Description("How long an awaited point may hold up later ones before it is recorded as missing.")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often overdue points are looked for.</summary>
    [Description("How often overdue points are looked for.")]
    public TimeSpan Tick { get; init; } = TimeSpan.FromMilliseconds(200);
}

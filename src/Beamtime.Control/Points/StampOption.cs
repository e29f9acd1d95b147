using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Points;

/// <summary>How the reading of a device that only stamps is chosen for a point.</summary>
internal enum StampChoice
{
    /// <summary>The one whose time is closest to the point's.</summary>
    Nearest,

    /// <summary>A straight line between the ones before and behind the point's time; the nearest for what is no number.</summary>
    Interpolated,

    /// <summary>The last one before the point's time.</summary>
    Last,
}

/// <summary>How a device that only stamps its readings gets into points.</summary>
internal sealed record StampOption
{
    /// <summary>Which reading is taken.</summary>
    [Description("which reading a point gets: nearest, interpolated or last")]
    public StampChoice Choice { get; set; } = StampChoice.Nearest;

    /// <summary>How far a reading may be from the point.</summary>
    [Description("how far in time a reading may be from the point; one that is further is recorded as missing")]
    [Unit("s")]
    [Range(0.0, 86400.0)]
    public double ToleranceSeconds { get; set; } = 1;
}

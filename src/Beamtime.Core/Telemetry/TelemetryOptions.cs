using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Telemetry;

/// <summary>Settings of what the program tells about itself.</summary>
[SettingsSection("telemetry")]
internal sealed record TelemetryOptions
{
    /// <summary>Series of one metric at most.</summary>
    [Description("Sets of label values that one metric may have; further ones are counted together as 'other'.")]
    [Range(10, 100_000)]
    public int SeriesLimit { get; init; } = 1000;

    /// <summary>How often samples are taken at most.</summary>
    [Description("Gauges of the database and the like are found out for a page of metrics, but not more often than this.")]
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan SampleInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long sampling may take.</summary>
    [Description("How long finding them out may take; what is not known by then is left out.")]
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan SampleDeadline { get; init; } = TimeSpan.FromSeconds(3);
}

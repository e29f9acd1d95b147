using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Data.Compute;

/// <summary>Settings of work that takes a processor.</summary>
[SettingsSection("compute")]
internal sealed record ComputeOptions
{
    /// <summary>Compute processes at once.</summary>
    [Description("compute processes that run at once; the others wait")]
    [Range(1, 1024)]
    public int Concurrency { get; set; } = 1;

    /// <summary>Niceness of compute processes.</summary>
    [Description("niceness of compute processes: 0 as urgent as the program itself, 19 only what is left over")]
    [Range(0, 19)]
    public int Niceness { get; set; } = 10;

    /// <summary>The program that is run.</summary>
    [Description("program whose compute verbs are run; this program when absent")]
    public string? Program { get; set; }
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Scripts;

/// <summary>Settings of server scripts.</summary>
[SettingsSection("scripts")]
internal sealed class ScriptOptions
{
    /// <summary>Runs that may wait.</summary>
    [Description("Runs of server scripts that may wait or run at once, over all queues; more are refused.")]
    [Range(1, 100_000)]
    public int Capacity { get; init; } = 1000;

    /// <summary>Lines that are kept of a run.</summary>
    [Description("Lines that are kept of what a run of a server script says; further ones are left out, and the last says so.")]
    [Range(1, 1_000_000)]
    public int Lines { get; init; } = 10_000;
}

using System.ComponentModel;
using Beamtime.Core.Settings;

namespace Beamtime.Roles;

/// <summary>Settings of <c>beamtime worker</c>.</summary>
[SettingsSection("worker")]
internal sealed class WorkerOptions
{
    /// <summary>Whether a worker process is a scheduler as well.</summary>
    [Description("Whether beamtime worker stands by as a scheduler as well.")]
    public bool SchedulerEnabled { get; init; } = true;
}

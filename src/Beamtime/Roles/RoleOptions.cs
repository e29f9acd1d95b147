using System.ComponentModel;
using Beamtime.Core.Settings;

namespace Beamtime.Roles;

/// <summary>Settings of a process with roles.</summary>
[SettingsSection("roles")]
internal sealed class RoleOptions
{
    /// <summary>How long a stop may take.</summary>
    [Description("How long a stop waits for running work to end or to be handed back before the process ends.")]
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(45);
}

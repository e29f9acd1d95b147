using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Roles;

/// <summary>Settings of the REST interface.</summary>
[SettingsSection("api")]
internal sealed class ApiOptions
{
    /// <summary>The port that is used when none is set.</summary>
    public const int UsualPort = 8750;

    /// <summary>Port on the loopback interface.</summary>
    [Description("Port on the loopback interface; 0 takes a free one.")]
    [Range(0, 65535)]
    public int Port { get; init; } = UsualPort;
}

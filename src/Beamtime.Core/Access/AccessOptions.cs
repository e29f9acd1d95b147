using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Access;

/// <summary>Bounds on what callers may send.</summary>
[SettingsSection("access")]
internal sealed record AccessOptions
{
    /// <summary>Largest body of a request.</summary>
    [Description("Largest body of a request; uploads have a bound of their own.")]
    [Unit("bytes")]
    [Range(1024L, 1_073_741_824L)]
    public long MaxRequestBody { get; init; } = 4 * 1024 * 1024;
}

using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Access;

/// <summary>Who comes in, for how long, and how much callers may send.</summary>
[SettingsSection("access")]
internal sealed record AccessOptions
{
    /// <summary>Largest body of a request.</summary>
    [Description("Largest body of a request; uploads have a bound of their own.")]
    [Unit("bytes")]
    [Range(1024L, 1_073_741_824L)]
    public long MaxRequestBody { get; init; } = 4 * 1024 * 1024;

    /// <summary>The file of the master key.</summary>
    [EnvironmentVariable("BEAMTIME_SECRET_FILE")]
    [Description("File of the master key, at least 32 bytes; on the private cluster one is made in the data folder by default.")]
    public string? SecretFile { get; init; }

    /// <summary>A text that the master key is derived from.</summary>
    [Secret]
    [EnvironmentVariable("BEAMTIME_JWT_SECRET")]
    [Description("A text of at least 32 characters from which the master key is derived, in the place of a file.")]
    public string? JwtSecret { get; init; }

    /// <summary>Whether whoever runs the program is its operator without signing in.</summary>
    [Description("Whether the account that runs the program may do everything from this machine without signing in.")]
    public bool LocalOperator { get; init; } = true;

    /// <summary>How long an access token counts.</summary>
    [Description("How long an access token counts before it must be renewed by its refresh token.")]
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan AccessTokenLife { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a sign-in may rest.</summary>
    [Description("How long a sign-in may go unused before it ends.")]
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan RefreshTokenLife { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long a sign-in lasts.</summary>
    [Description("How long a sign-in lasts at most, however often it is used.")]
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan SignInLife { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long ended sign-ins are kept.</summary>
    [Description("How long sign-ins that have ended are kept, with the address they came from.")]
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan KeepSignIns { get; init; } = TimeSpan.FromDays(90);

    /// <summary>Cost of a password's hash.</summary>
    [Description("Rounds of a password's hash; raised, passwords are hashed anew when their users sign in.")]
    [Range(100_000, 10_000_000)]
    public int PasswordIterations { get; init; } = 210_000;
}

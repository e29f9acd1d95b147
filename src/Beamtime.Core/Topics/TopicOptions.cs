using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Topics;

/// <summary>How roles in several processes speak with each other: over Redis, where one is named.</summary>
[SettingsSection("topics")]
internal sealed record TopicOptions
{
    /// <summary>Where Redis is; when absent topics live in this process alone.</summary>
    [Secret]
    [EnvironmentVariable("REDIS_URL")]
    [Description("Redis for roles in several processes: redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path; without it all roles are in one process")]
    public string? Url { get; init; }

    /// <summary>Certificates that sign Redis' certificate.</summary>
    [Description("PEM file of the certificates that may sign that of Redis; by default those of the system")]
    public string? CaFile { get; init; }

    /// <summary>Our certificate, where Redis asks for one.</summary>
    [Description("PEM file of the program's own certificate, where Redis asks for one")]
    public string? CertificateFile { get; init; }

    /// <summary>The key of our certificate.</summary>
    [Description("PEM file of that certificate's key; by default it is looked for in the certificate's file")]
    public string? KeyFile { get; init; }

    /// <summary>How long connecting may take.</summary>
    [Description("how long connecting to Redis may take, login included")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long Redis may take to answer.</summary>
    [Description("how long Redis may take to answer before the connection is given up")]
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a question waits for Redis to come back.</summary>
    [Description("how long a question to another role waits while Redis is away, before it is refused as role.unreachable")]
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Bytes of the largest message.</summary>
    [Description("the largest message between roles")]
    [Unit("bytes")]
    [Range(1024, 64 * 1024 * 1024)]
    public int LargestMessage { get; init; } = 4 * 1024 * 1024;
}

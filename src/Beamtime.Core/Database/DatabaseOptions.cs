using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Database;

/// <summary>Where the records lie: in a PostgreSQL of the facility, or in a private cluster that the program runs.</summary>
[SettingsSection("database")]
internal sealed class DatabaseOptions
{
    /// <summary>The owner's login, a URL or key=value; when absent the program runs a private cluster.</summary>
    [Secret]
    [EnvironmentVariable("DATABASE_URL")]
    [Description("an existing server instead of the private cluster: postgres:// URL or key=value, naming the owner")]
    public string? Url { get; set; }

    /// <summary>The program's own login; when absent the owner's connection works as the role beamtime_program.</summary>
    [Secret]
    [EnvironmentVariable("DATABASE_PROGRAM_URL")]
    [Description("the program's own login on that server, enough to run on a migrated database; by default the owner's, as role beamtime_program")]
    public string? ProgramUrl { get; set; }

    /// <summary>Folder of the private cluster; when absent /var/lib/beamtime as root, else beamtime in the user's data folder.</summary>
    [Description("the program's data folder; by default /var/lib/beamtime for root, else beamtime in the user's data folder")]
    public string? DataFolder { get; set; }

    /// <summary>Folder for sockets; when absent /run/beamtime as root, else the user's runtime folder or one in /tmp.</summary>
    [Description("where the private cluster's socket folder is made; by default one that fits the user")]
    public string? RuntimeFolder { get; set; }

    /// <summary>A transaction that does nothing for this long is ended, because an open one stalls every reader of the ledger.</summary>
    [Description("a transaction idle for this long is ended, because it holds up all readers")]
    public TimeSpan IdleTransactionLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections that the private cluster accepts.</summary>
    [Description("connections that the private cluster accepts")]
    [Range(8, 10000)]
    public int MaximumConnections { get; set; } = 40;

    /// <summary>Connections that the program opens at most as its own role.</summary>
    [Description("connections of this process to the database")]
    [Range(2, 1000)]
    public int PoolSize { get; set; } = 24;

    /// <summary>Free bytes that a new cluster asks of the disk.</summary>
    [Description("free space that the data folder must have at start")]
    [Unit("bytes")]
    [Range(0, long.MaxValue)]
    public long MinimumFreeBytes { get; set; } = 200L << 20;

    /// <summary>How long PostgreSQL may take to become ready, recovery included.</summary>
    [Description("how long starting the private cluster may take, recovery included")]
    public TimeSpan StartLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a clean stop may take before it is forced.</summary>
    [Description("how long stopping the private cluster may take before it is stopped the hard way")]
    public TimeSpan StopLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How old the newest backup may be.</summary>
    [Description("how old the newest backup may be before the doctor warns; 0 s where a facility's server is backed up by other means")]
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan BackupAge { get; set; } = TimeSpan.FromDays(2);

    /// <summary>True where another program runs the server.</summary>
    internal bool IsExternal => Url is { Length: > 0 } || ProgramUrl is { Length: > 0 };

    /// <summary>Only tests give up durability for speed; no setting reaches this.</summary>
    internal bool WithoutSync { get; init; }
}

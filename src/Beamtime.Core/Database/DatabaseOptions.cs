namespace Beamtime.Core.Database;

/// <summary>Where the records lie: in a PostgreSQL of the facility, or in a private cluster that the program runs.</summary>
internal sealed class DatabaseOptions
{
    /// <summary>The owner's login, a URL or key=value; when absent the program runs a private cluster.</summary>
    public string? Url { get; set; }

    /// <summary>The program's own login; when absent the owner's connection works as the role beamtime_program.</summary>
    public string? ProgramUrl { get; set; }

    /// <summary>Folder of the private cluster; when absent /var/lib/beamtime as root, else beamtime in the user's data folder.</summary>
    public string? DataFolder { get; set; }

    /// <summary>Folder for sockets; when absent /run/beamtime as root, else the user's runtime folder or one in /tmp.</summary>
    public string? RuntimeFolder { get; set; }

    /// <summary>A transaction that does nothing for this long is ended, because an open one stalls every reader of the ledger.</summary>
    public TimeSpan IdleTransactionLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections that the private cluster accepts.</summary>
    public int MaximumConnections { get; set; } = 40;

    /// <summary>Connections that the program opens at most as its own role.</summary>
    public int PoolSize { get; set; } = 24;

    /// <summary>Free bytes that a new cluster asks of the disk.</summary>
    public long MinimumFreeBytes { get; set; } = 200L << 20;

    /// <summary>How long PostgreSQL may take to become ready, recovery included.</summary>
    public TimeSpan StartLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a clean stop may take before it is forced.</summary>
    public TimeSpan StopLimit { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Only tests give up durability for speed; no setting reaches this.</summary>
    internal bool WithoutSync { get; init; }
}

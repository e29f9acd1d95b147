using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Spool;

/// <summary>What can go wrong with a spool.</summary>
internal static class SpoolErrors
{
    /// <summary>Little room is left.</summary>
    public static readonly ErrorCode NearlyFull = new(
        "spool.nearly_full",
        "The spool holds so much that its readers have not taken that no further scan is begun.",
        "Bring back who is away: Redis, PostgreSQL or the role that reads; the spool then empties by itself.",
        RetryClass.Later);

    /// <summary>The disk takes nothing.</summary>
    public static readonly ErrorCode DiskFailed = new(
        "spool.disk.failed",
        "The spool cannot be written to its disk.",
        "Make room on that disk, or mend it; what is to be written waits in memory and is written then.",
        RetryClass.Later);

    /// <summary>What it holds is no spool.</summary>
    public static readonly ErrorCode Damaged = new(
        "spool.damaged",
        "A file of the spool that was complete once is no longer: the disk, or somebody, has changed it.",
        "Move the file named in the message away and start again; what stood behind the damage is lost from the spool.");
}

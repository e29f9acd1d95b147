namespace Beamtime.Control.Scans;

/// <summary>What may be asked of a scan server.</summary>
internal enum ScanCommandKind
{
    /// <summary>To admit a scan.</summary>
    Submit,

    /// <summary>To end one early, and to put back what it moved.</summary>
    Abort,

    /// <summary>To end one early where it stands: nothing is put back.</summary>
    Halt,

    /// <summary>To end one early because what it has measured is enough.</summary>
    Complete,

    /// <summary>To hold the running one before its next point.</summary>
    Pause,

    /// <summary>To let a held one go on.</summary>
    Resume,

    /// <summary>To run one once more.</summary>
    Restart,

    /// <summary>To put one that waits elsewhere in the order.</summary>
    Move,
}

/// <summary>Something that is asked of the scan server; asked again it has its effect once.</summary>
internal sealed record ScanCommand
{
    /// <summary>What is asked.</summary>
    public required ScanCommandKind Kind { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>What is to be scanned; for a submission.</summary>
    public ScanRequest? Request { get; init; }

    /// <summary>Id of the scan that the request repeats as it was, metadata and all; null for another one.</summary>
    public string? RepeatOf { get; init; }

    /// <summary>The id that an admitted scan is to have; null for a new one.</summary>
    public Guid? Key { get; init; }

    /// <summary>Number or id of the scan; empty for a submission.</summary>
    public string Scan { get; init; } = "";

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whether the person may submit while somebody else has control of the beamline.</summary>
    public bool MayOverride { get; init; }

    /// <summary>The person's roles that may submit scans; null where they were looked at before.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>Where to; for a move.</summary>
    public QueueMove? Move { get; init; }
}

/// <summary>What may be asked of a queue as a whole.</summary>
internal enum QueueCommandKind
{
    /// <summary>That nothing more begins, and what runs is held.</summary>
    Pause,

    /// <summary>That it goes on, with what is held.</summary>
    Resume,

    /// <summary>That everything is taken out of it.</summary>
    Clear,

    /// <summary>That no scan begins until the lock is released.</summary>
    Lock,

    /// <summary>That a lock is released.</summary>
    Release,
}

/// <summary>Something that is asked of a queue.</summary>
internal sealed record QueueCommand
{
    /// <summary>What is asked.</summary>
    public required QueueCommandKind Kind { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>The queue; for locks also <c>all</c>.</summary>
    public required string Queue { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What the lock is called.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Whether devices may be moved while it is locked.</summary>
    public bool AllowsMoves { get; init; } = true;
}


namespace Beamtime.Cli;

/// <summary>How a command ends.</summary>
internal enum ExitCode
{
    /// <summary>It did what was asked.</summary>
    Done = 0,

    /// <summary>Something failed: a device, a disk, the program.</summary>
    Failed = 1,

    /// <summary>The command line cannot be read.</summary>
    Usage = 2,

    /// <summary>The request was refused; every reason was printed.</summary>
    Refused = 3,

    /// <summary>No server answers.</summary>
    Unreachable = 4,

    /// <summary>It did what was asked and warns of something.</summary>
    Warned = 5,

    /// <summary>Interrupted by the user.</summary>
    Interrupted = 130,
}

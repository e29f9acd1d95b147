namespace Beamtime.Hdf5;

/// <summary>How an existing file is opened.</summary>
public enum H5FileAccess
{
    /// <summary>Reads a file that nobody writes.</summary>
    ReadOnly,

    /// <summary>Reads and writes, alone.</summary>
    ReadWrite,

    /// <summary>Writes while others read (single writer, multiple readers). Needs <see cref="H5FileFormat.V110"/>.</summary>
    SwmrWrite,

    /// <summary>Reads a file while its SWMR writer works, or one that a killed SWMR writer left.</summary>
    SwmrRead,
}

/// <summary>Which releases of libhdf5 can read the objects that are written.</summary>
public enum H5FileFormat
{
    /// <summary>The oldest form of each object that can express it.</summary>
    Earliest,

    /// <summary>The format of HDF5 1.10, which SWMR needs.</summary>
    V110,
}

/// <summary>Whether libhdf5 takes an advisory lock on the file.</summary>
public enum H5FileLocking
{
    /// <summary>As the library and its environment say.</summary>
    Default,

    /// <summary>Take it, and go on where the file system has no locks.</summary>
    WhereSupported,

    /// <summary>Never; nothing keeps a second writer out.</summary>
    Off,
}

/// <summary>How a file is created or opened.</summary>
public sealed record H5FileOptions
{
    /// <summary>The defaults.</summary>
    public static H5FileOptions Default { get; } = new();

    /// <summary>For a file that is going to be written under SWMR.</summary>
    public static H5FileOptions Swmr { get; } = new() { Format = H5FileFormat.V110 };

    /// <summary>When created: replace an existing file, where otherwise its existence is a failure.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The format of what is written.</summary>
    public H5FileFormat Format { get; init; } = H5FileFormat.Earliest;

    /// <summary>The advisory lock.</summary>
    public H5FileLocking Locking { get; init; } = H5FileLocking.Default;
}

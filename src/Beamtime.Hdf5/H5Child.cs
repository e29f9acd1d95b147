namespace Beamtime.Hdf5;

/// <summary>How a name in a group leads to an object.</summary>
public enum H5LinkKind
{
    /// <summary>The object lies there.</summary>
    Hard,

    /// <summary>By a path in the same file, which need not exist.</summary>
    Soft,

    /// <summary>By a path in another file; neither need exist.</summary>
    External,
}

/// <summary>What lies at a path.</summary>
public enum H5ObjectKind
{
    /// <summary>Nothing that can be opened: the target of the link is missing.</summary>
    Missing,

    /// <summary>A group.</summary>
    Group,

    /// <summary>A data set.</summary>
    Dataset,

    /// <summary>A named data type.</summary>
    NamedType,
}

/// <summary>A name in a group.</summary>
/// <param name="Name">The name, without a path.</param>
/// <param name="Kind">What it leads to.</param>
/// <param name="Link">How.</param>
/// <param name="Target">The path a soft or external link names; null for a hard link.</param>
/// <param name="TargetFile">The file an external link names, as written; null otherwise.</param>
public sealed record H5Child(string Name, H5ObjectKind Kind, H5LinkKind Link, string? Target, string? TargetFile);

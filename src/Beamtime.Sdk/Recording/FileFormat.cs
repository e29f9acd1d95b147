namespace Beamtime.Sdk.Recording;

/// <summary>
/// A whole layout of its own: a further file of each recording, beside the master file, which stays the record. Written when
/// the scan is over and its master is complete; one that fails costs only itself.
/// </summary>
public abstract class FileFormat
{
    /// <summary>
    /// Its name, as settings turn it on and as it stands in the file's name: <c>spec</c>; letters, digits, _ and -.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>What the file's name ends with, without the dot: letters and digits.</summary>
    public virtual string Extension => "h5";

    /// <summary>True when that scan gets such a file.</summary>
    /// <param name="scan">The recorded scan.</param>
    public abstract bool AppliesTo(RecordedScan scan);

    /// <summary>Writes the file.</summary>
    /// <param name="path">Where, under a temporary name in the scan's folder; does not exist.</param>
    /// <param name="master">The complete master file, to read from; closed, under a temporary name.</param>
    /// <param name="scan">The recorded scan.</param>
    public abstract void Write(string path, string master, RecordedScan scan);
}

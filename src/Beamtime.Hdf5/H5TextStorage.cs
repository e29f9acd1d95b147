namespace Beamtime.Hdf5;

/// <summary>How a text lies in the file.</summary>
public enum H5TextStorage
{
    /// <summary>UTF-8 of any length, beside the data set. Not to be written under SWMR.</summary>
    Variable,

    /// <summary>UTF-8 in elements as long as the longest text, padded with NUL.</summary>
    Fixed,
}

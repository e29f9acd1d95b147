namespace Beamtime.Tomography;

/// <summary>What a frame shows; the numbers stand in files.</summary>
internal enum FrameType
{
    /// <summary>The sample at one angle.</summary>
    Projection = 0,

    /// <summary>No beam.</summary>
    Dark = 1,

    /// <summary>The beam without the sample.</summary>
    Flat = 2,
}

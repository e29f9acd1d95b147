namespace Beamtime.Simulated.Phantom;

/// <summary>What the simulated camera, its optics and its beam are like.</summary>
internal sealed record FrameParameters
{
    /// <summary>Detector rows; the rotation axis is parallel to its columns.</summary>
    public required int Rows { get; init; }

    /// <summary>Detector columns.</summary>
    public required int Columns { get; init; }

    /// <summary>Edge of a pixel at the sample, mm.</summary>
    public double PixelSizeMm { get; init; } = 0.00345;

    /// <summary>Column of the rotation axis, in pixels from the centre of column 0; may be a fraction and off centre.</summary>
    public required double RotationCentre { get; init; }

    /// <summary>Exposure of one frame, s.</summary>
    public double ExposureSeconds { get; init; } = 0.1;

    /// <summary>Counts per second of a typical pixel in the open beam.</summary>
    public double CountsPerSecond { get; init; } = 400_000;

    /// <summary>Photons detected per count; the higher, the less noise.</summary>
    public double PhotonsPerCount { get; init; } = 2;

    /// <summary>Offset of the digitiser, counts.</summary>
    public double OffsetCounts { get; init; } = 100;

    /// <summary>Dark current of a typical pixel, counts per second.</summary>
    public double DarkCountsPerSecond { get; init; } = 20;

    /// <summary>Read noise, standard deviation in counts.</summary>
    public double ReadNoiseCounts { get; init; } = 3;

    /// <summary>Seed of the pixel structure and of the noise: the same seed gives the same frames in the same order.</summary>
    public required ulong Seed { get; init; }
}

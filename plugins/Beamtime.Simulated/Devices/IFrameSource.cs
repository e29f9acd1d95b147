namespace Beamtime.Simulated.Devices;

/// <summary>Where a camera's frames come from.</summary>
internal interface IFrameSource
{
    /// <summary>Rows of a frame.</summary>
    int Rows { get; }

    /// <summary>Columns of a frame.</summary>
    int Columns { get; }

    /// <summary>Edge of a pixel at the sample, mm.</summary>
    double PixelSizeMm { get; }

    /// <summary>Opens the exposure: what is in front of the camera now is what the frame will show.</summary>
    /// <param name="seconds">Exposure, s.</param>
    /// <returns>Computes the frame into rows × columns counts, row by row; called once.</returns>
    Action<ushort[]> Expose(double seconds);

    /// <summary>The attenuation of the sample in the slice of one row, 1/mm, square, as a reconstruction should show it.</summary>
    /// <param name="row">The detector row.</param>
    /// <returns>Null when there is no sample to reconstruct.</returns>
    float[]? Slice(int row);
}

using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Models;

namespace Beamtime.Simulated.Devices;

/// <summary>The frames of BEC's simulated camera: a pattern with noise and hot pixels, chosen while it runs.</summary>
internal sealed class PatternFrames : IFrameSource
{
    /// <summary>The frames that a configuration describes.</summary>
    /// <param name="configuration">The camera's <c>deviceConfig</c>.</param>
    public PatternFrames(DeviceConfiguration configuration)
    {
        if (configuration.Numbers("image_shape", [100, 100], "rows and columns of a frame") is not [var rows, var columns]
            || rows is not (>= 1 and <= 16384) || columns is not (>= 1 and <= 16384)
            || !double.IsInteger(rows) || !double.IsInteger(columns))
        {
            throw new FormatException($"{configuration.Name}: deviceConfig.image_shape is [rows, columns], each 1 to 16384.");
        }

        (Rows, Columns) = ((int)rows, (int)columns);
        Simulation = FramePattern.For(configuration, Rows, Columns);
    }

    /// <summary>The pattern.</summary>
    public Simulation<FramePattern> Simulation { get; }

    /// <inheritdoc/>
    public int Rows { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    /// <inheritdoc/>
    public double PixelSizeMm => 1;

    /// <inheritdoc/>
    public Action<ushort[]> Expose(double seconds) => Simulation.Current.Draw;

    /// <inheritdoc/>
    public float[]? Slice(int row) => null;
}

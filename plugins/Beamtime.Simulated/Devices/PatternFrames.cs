using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>The frames of BEC's simulated camera: one inclined gaussian and three hot pixels on 100 × 100 pixels.</summary>
internal sealed class PatternFrames : IFrameSource
{
    private static readonly (int Row, int Column, double Counts)[] HotPixels = [(24, 24, 1000), (50, 20, 10000), (4, 40, 1000)];

    private readonly CountingNoise _noise;
    private readonly double[] _expected;

    /// <summary>The frames that a configuration describes.</summary>
    /// <param name="configuration">The camera's <c>deviceConfig</c>.</param>
    public PatternFrames(DeviceConfiguration configuration)
    {
        var amplitude = configuration.Number("amplitude", 100, "height of the gaussian, counts", low: 0);
        _noise = CountingNoise.Create(configuration, configuration.Seed);
        _expected = new double[Rows * Columns];
        for (var i = 0; i < _expected.Length; i++)
        {
            // The covariance is [[400, 100], [100, 400]] pixels²; its inverse stands here.
            var (y, x) = ((i / Columns) - (Rows / 2.0), (i % Columns) - (Columns / 2.0));
            _expected[i] = amplitude * Math.Exp(-((400 * x * x) - (200 * x * y) + (400 * y * y)) / 150_000 / 2);
        }

        foreach (var (row, column, counts) in HotPixels)
        {
            _expected[(row * Columns) + column] = counts;
        }
    }

    /// <inheritdoc/>
    public int Rows => 100;

    /// <inheritdoc/>
    public int Columns => 100;

    /// <inheritdoc/>
    public double PixelSizeMm => 1;

    /// <inheritdoc/>
    public Action<ushort[]> Expose(double seconds) => frame =>
    {
        for (var i = 0; i < frame.Length; i++)
        {
            frame[i] = (ushort)Math.Clamp(Math.Round(_noise.Apply(_expected[i])), 0, ushort.MaxValue);
        }
    };

    /// <inheritdoc/>
    public float[]? Slice(int row) => null;
}

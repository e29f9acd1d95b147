namespace Beamtime.Simulated.Phantom;

/// <summary>
/// What every pixel makes of the open beam and of darkness: the beam's smooth profile, the pixels' own gains, stripes and dust of
/// the scintillator, a few dead pixels. The same seed gives the same detector.
/// </summary>
internal sealed class PixelResponse
{
    private const ulong Stream = ulong.MaxValue;

    /// <summary>The detector that these parameters describe.</summary>
    /// <param name="parameters">Size and seed.</param>
    public PixelResponse(FrameParameters parameters)
    {
        var noise = new NoiseSource(parameters.Seed, Stream);
        var (rows, columns) = (parameters.Rows, parameters.Columns);
        Gain = new float[rows * columns];
        Dark = new float[rows * columns];
        var stripes = MakeStripes(ref noise, columns);
        for (var row = 0; row < rows; row++)
        {
            var y = 2.0 * (row + 0.5) / rows - 1;
            for (var column = 0; column < columns; column++)
            {
                var x = 2.0 * (column + 0.5) / columns - 1;
                var beam = (1 + 0.06 * x - 0.03 * y) * Math.Exp(-0.25 * (x + 0.1) * (x + 0.1) - 0.35 * (y - 0.05) * (y - 0.05));
                var pixel = row * columns + column;
                Gain[pixel] = (float)(beam * stripes[column] * (1 + 0.01 * noise.NextNormal()));
                Dark[pixel] = (float)Math.Max(0, 1 + 0.2 * noise.NextNormal());
            }
        }

        AddDust(ref noise, rows, columns);
        for (var dead = 0; dead < Gain.Length / 100_000; dead++)
        {
            Gain[(int)(noise.NextUniform() * Gain.Length)] = 0;
        }
    }

    /// <summary>Counts in the open beam relative to a typical pixel, row by row; 0 for a dead pixel.</summary>
    public float[] Gain { get; }

    /// <summary>Dark current relative to a typical pixel, row by row.</summary>
    public float[] Dark { get; }

    private static double[] MakeStripes(ref NoiseSource noise, int columns)
    {
        var stripes = new double[columns];
        for (var column = 0; column < columns; column++)
        {
            stripes[column] = noise.NextUniform() < 0.02 ? 1 - 0.08 * noise.NextUniform() : 1;
        }

        return stripes;
    }

    private void AddDust(ref NoiseSource noise, int rows, int columns)
    {
        for (var spot = 0; spot < 12; spot++)
        {
            var (row, column) = (noise.NextUniform() * rows, noise.NextUniform() * columns);
            var radius = columns * (0.004 + 0.012 * noise.NextUniform());
            var depth = 0.1 + 0.25 * noise.NextUniform();
            for (var i = (int)Math.Max(0, row - 3 * radius); i < Math.Min(rows, row + 3 * radius); i++)
            {
                for (var j = (int)Math.Max(0, column - 3 * radius); j < Math.Min(columns, column + 3 * radius); j++)
                {
                    var distance = ((i - row) * (i - row) + (j - column) * (j - column)) / (radius * radius);
                    Gain[i * columns + j] *= (float)(1 - depth * Math.Exp(-distance));
                }
            }
        }
    }
}

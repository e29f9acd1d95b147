namespace Beamtime.Simulated.Phantom;

/// <summary>
/// The simulated sample: a shell with cavities, inclusions and fine dots. It has no mirror symmetry in any direction, so that a
/// flipped volume, a swapped axis or a wrong rotation centre shows at a glance.
/// </summary>
internal sealed class EllipsoidPhantom
{
    private const double ThickestPath = 2.0;

    // In units of the radius: everything lies within a cylinder of radius 1 about the rotation axis.
    private static readonly Ellipsoid[] Shapes =
    [
        new(1.00, 0.02, -0.03, 0.00, 0.92, 0.72, 0.95, 18),
        new(-0.55, 0.02, -0.03, 0.00, 0.84, 0.63, 0.88, 18),
        new(-0.30, 0.34, 0.06, 0.05, 0.15, 0.34, 0.45, -24),
        new(-0.25, -0.38, -0.10, -0.08, 0.12, 0.27, 0.50, 30),
        new(0.35, -0.10, 0.36, 0.10, 0.20, 0.13, 0.55, 10),
        new(0.80, 0.54, -0.22, 0.00, 0.07, 0.05, 0.40, 40),
        new(0.50, -0.08, -0.46, -0.02, 0.06, 0.06, 0.30, 0),
        new(0.50, 0.10, -0.42, 0.03, 0.04, 0.04, 0.30, 0),
        new(0.50, 0.23, -0.37, 0.00, 0.025, 0.025, 0.30, 0),
        new(0.40, 0.12, 0.10, 0.55, 0.22, 0.12, 0.15, -15),
        new(-0.20, -0.20, 0.14, -0.58, 0.28, 0.10, 0.13, 50),
    ];

    /// <summary>A sample that turns within a cylinder of this radius about the rotation axis.</summary>
    /// <param name="radiusMm">
    /// Radius of the cylinder, mm. The attenuation goes with its inverse, so that the thickest path always lets about 15 % pass.
    /// </param>
    public EllipsoidPhantom(double radiusMm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radiusMm);
        RadiusMm = radiusMm;
        Ellipsoids = [.. Shapes.Select(s => s.Scaled(radiusMm, ThickestPath / radiusMm))];
    }

    /// <summary>Radius of the cylinder about the rotation axis that holds the sample at every angle, mm.</summary>
    public double RadiusMm { get; }

    /// <summary>What the sample is made of; attenuations in 1/mm, lengths in mm.</summary>
    public IReadOnlyList<Ellipsoid> Ellipsoids { get; }

    /// <summary>A sample of three quarters of the field's width, which leaves room for an axis off centre by an eighth of it.</summary>
    /// <param name="parameters">The detector it must fit.</param>
    public static EllipsoidPhantom Fitting(FrameParameters parameters) =>
        new(0.75 * parameters.Columns * parameters.PixelSizeMm / 2);

    /// <summary>
    /// The attenuation in one plane across the rotation axis, the axis in the middle of the picture; each pixel is the mean of
    /// 3 × 3 points. Pixel [i, j] lies at x = (j − (size − 1)/2) · pixel, y = (i − (size − 1)/2) · pixel.
    /// </summary>
    /// <param name="zMm">Height of the plane, mm from the middle row.</param>
    /// <param name="size">Rows and columns of the picture.</param>
    /// <param name="pixelMm">Edge of one picture element, mm.</param>
    /// <returns>size × size values, row by row, 1/mm.</returns>
    public float[] Slice(double zMm, int size, double pixelMm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pixelMm);
        var slice = new float[size * size];
        foreach (var e in Ellipsoids)
        {
            var height = (zMm - e.Z) / e.C;
            var left = 1 - height * height;
            if (left <= 0)
            {
                continue;
            }

            var (sin, cos) = double.SinCos(double.DegreesToRadians(e.TurnDegrees));
            var ninth = (float)(e.Attenuation / 9);
            for (var point = 0; point < 9 * size * size; point++)
            {
                var (pixel, sub) = (point / 9, point % 9);
                var x = (pixel % size - (size - 1) / 2.0 + (sub % 3 - 1) / 3.0) * pixelMm - e.X;
                var y = (pixel / size - (size - 1) / 2.0 + (sub / 3 - 1) / 3.0) * pixelMm - e.Y;
                var (u, v) = ((x * cos + y * sin) / e.A, (y * cos - x * sin) / e.B);
                if (u * u + v * v < left)
                {
                    slice[pixel] += ninth;
                }
            }
        }

        return slice;
    }
}

using System.Numerics;
using System.Runtime.InteropServices;

namespace Beamtime.Simulated.Phantom;

/// <summary>
/// Line integrals of a phantom along a parallel beam, exact for the ray through each pixel's centre. At angle θ the point (x, y)
/// is seen at column RotationCentre + (x cos θ + y sin θ) / pixel size.
/// </summary>
/// <param name="phantom">The sample.</param>
/// <param name="rows">Detector rows; the middle of them is the phantom's middle plane.</param>
/// <param name="columns">Detector columns.</param>
/// <param name="pixelSizeMm">Edge of a pixel at the sample, mm.</param>
internal sealed class ParallelProjection(EllipsoidPhantom phantom, int rows, int columns, double pixelSizeMm)
{
    private static readonly Vector<float> Lane = Vector.CreateSequence(0f, 1f);

    /// <summary>Height of a detector row above the phantom's middle plane, mm.</summary>
    /// <param name="row">Row from 0.</param>
    public double HeightMm(int row) => (row - (rows - 1) / 2.0) * pixelSizeMm;

    /// <summary>The true attenuation of the plane that a detector row sees, over a square as wide as the detector.</summary>
    /// <param name="row">Row from 0.</param>
    /// <param name="size">Rows and columns of the picture; the detector's columns to compare pixel by pixel.</param>
    /// <returns>size × size values, row by row, 1/mm.</returns>
    public float[] Slice(int row, int size) => phantom.Slice(HeightMm(row), size, pixelSizeMm * columns / size);

    /// <summary>Line integrals of the attenuation for some rows at one angle. May be called from several threads at once.</summary>
    /// <param name="angleDegrees">Angle of the rotation stage, degrees.</param>
    /// <param name="rotationCentre">Column of the rotation axis, pixels from the centre of column 0.</param>
    /// <param name="fromRow">First row.</param>
    /// <param name="integrals">A whole number of rows; overwritten; dimensionless.</param>
    public void Fill(double angleDegrees, double rotationCentre, int fromRow, Span<float> integrals)
    {
        var count = integrals.Length / columns;
        if (integrals.Length % columns != 0 || fromRow < 0 || fromRow + count > rows)
        {
            throw new ArgumentException("The buffer must hold whole rows of the detector.", nameof(integrals));
        }

        integrals.Clear();
        var (sin, cos) = double.SinCos(double.DegreesToRadians(angleDegrees));
        foreach (var e in phantom.Ellipsoids)
        {
            var (turnSin, turnCos) = double.SinCos(double.DegreesToRadians(angleDegrees - e.TurnDegrees));
            var halfWidth = Math.Sqrt(e.A * e.A * turnCos * turnCos + e.B * e.B * turnSin * turnSin);
            var middle = rotationCentre + (e.X * cos + e.Y * sin) / pixelSizeMm;
            var chord = 2 * e.Attenuation * e.A * e.B / (halfWidth * halfWidth);
            var first = Math.Max(fromRow, (int)Math.Ceiling((e.Z - e.C) / pixelSizeMm + (rows - 1) / 2.0));
            var last = Math.Min(fromRow + count - 1, (int)Math.Floor((e.Z + e.C) / pixelSizeMm + (rows - 1) / 2.0));
            for (var row = first; row <= last; row++)
            {
                var height = (HeightMm(row) - e.Z) / e.C;
                var reach = halfWidth * Math.Sqrt(Math.Max(0, 1 - height * height)) / pixelSizeMm;
                Add(integrals.Slice((row - fromRow) * columns, columns), middle, reach, chord * pixelSizeMm);
            }
        }
    }

    // chord · √(reach² − t²), written as a product of differences, which keeps its precision at the rim.
    private static void Add(Span<float> line, double middle, double reach, double chord)
    {
        var from = Math.Max(0, (int)Math.Ceiling(middle - reach));
        var to = Math.Min(line.Length - 1, (int)Math.Floor(middle + reach)) + 1;
        if (from >= to)
        {
            return;
        }

        var part = line[from..to];
        var rise = (float)(from - (middle - reach));
        var fall = (float)(middle + reach - from);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(part);
        for (var i = 0; i < vectors.Length; i++)
        {
            var step = Lane + new Vector<float>(i * Vector<float>.Count);
            var square = (new Vector<float>(rise) + step) * (new Vector<float>(fall) - step);
            vectors[i] += Vector.SquareRoot(Vector.Max(square, Vector<float>.Zero)) * (float)chord;
        }

        for (var i = vectors.Length * Vector<float>.Count; i < part.Length; i++)
        {
            part[i] += MathF.Sqrt(MathF.Max(0, (rise + i) * (fall - i))) * (float)chord;
        }
    }
}

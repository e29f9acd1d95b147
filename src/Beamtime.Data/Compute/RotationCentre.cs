using System.Numerics;
using System.Runtime.InteropServices;

namespace Beamtime.Data.Compute;

/// <summary>A rotation axis found in the data.</summary>
/// <param name="Column">Pixels from the centre of column 0.</param>
/// <param name="Similarity">How well it explains the data, at most 1; near 0 there is nothing to go by.</param>
internal readonly record struct FoundCentre(double Column, double Similarity);

/// <summary>
/// Finds the rotation axis where half a turn later the sample is seen mirrored: the shift between one projection and the mirrored
/// other is twice the axis' distance from the middle. Whole pixels by normalised correlation of the overlap, the fraction by the
/// maximum of the band-limited cross-correlation, which needs no interpolation that noise could favour.
/// </summary>
internal static class RotationCentre
{
    // The least overlap of the two projections, as a share of the columns: the axis may lie within the middle half.
    private const int LeastOverlap = 2;

    /// <summary>The axis from a pair of projections half a turn apart.</summary>
    /// <param name="first">Line integrals, rows × columns.</param>
    /// <param name="opposite">Line integrals half a turn later, rows × columns.</param>
    /// <param name="columns">Columns of a row.</param>
    public static FoundCentre FromPair(ReadOnlySpan<double> first, ReadOnlySpan<double> opposite, int columns)
    {
        if (columns < 2 || first.Length != opposite.Length || first.Length % columns != 0)
        {
            throw new ArgumentException("Both projections must hold the same whole rows.", nameof(opposite));
        }

        var a = Array.ConvertAll(first.ToArray(), v => (float)v);
        var b = Array.ConvertAll(opposite.ToArray(), v => (float)v);
        for (var row = 0; row < b.Length; row += columns)
        {
            b.AsSpan(row, columns).Reverse();
        }

        var widest = columns - columns / LeastOverlap;
        var (best, similarity) = (0, double.NegativeInfinity);
        for (var shift = -widest; shift <= widest; shift++)
        {
            var now = Similarity(a, b, columns, shift);
            if (now > similarity)
            {
                (best, similarity) = (shift, now);
            }
        }

        var whole = (columns - 1 + best) / 2.0;
        return new FoundCentre(whole + Fraction(a, b, columns, best) / 2, similarity);
    }

    /// <summary>
    /// The axis from a whole sinogram without a pair: the centre of mass of a sample that fits the field moves on a sine about it.
    /// </summary>
    /// <param name="sinogram">Line integrals, angles × columns.</param>
    /// <param name="degrees">Angles, at least 3, which should cover most of a half turn.</param>
    public static FoundCentre FromSinogram(ReadOnlySpan<double> sinogram, ReadOnlySpan<double> degrees)
    {
        var columns = sinogram.Length / degrees.Length;
        if (degrees.Length < 3 || columns * degrees.Length != sinogram.Length)
        {
            throw new ArgumentException("The sinogram must hold a row for each of at least three angles.", nameof(degrees));
        }

        // Normal equations of: mass centre = axis + x cos θ + y sin θ.
        Span<double> n = stackalloc double[12];
        n.Clear();
        var centres = new double[degrees.Length];
        for (var angle = 0; angle < degrees.Length; angle++)
        {
            var (mass, moment) = (0.0, 0.0);
            for (var column = 0; column < columns; column++)
            {
                mass += sinogram[angle * columns + column];
                moment += sinogram[angle * columns + column] * column;
            }

            var (sin, cos) = double.SinCos(double.DegreesToRadians(degrees[angle]));
            centres[angle] = mass > 0 ? moment / mass : double.NaN;
            ReadOnlySpan<double> basis = [1, cos, sin, centres[angle]];
            for (var i = 0; i < 12; i++)
            {
                n[i] += basis[i / 4] * basis[i % 4];
            }
        }

        var (axis, x, y) = Solve(n);
        var (rest, spread, mean) = (0.0, 0.0, centres.Average());
        for (var angle = 0; angle < degrees.Length; angle++)
        {
            var (sin, cos) = double.SinCos(double.DegreesToRadians(degrees[angle]));
            rest += Math.Pow(centres[angle] - axis - x * cos - y * sin, 2);
            spread += Math.Pow(centres[angle] - mean, 2);
        }

        // A sample centred on the axis leaves nothing to explain; a twentieth of a pixel a frame is then as good as it gets.
        var similarity = 1 - rest / Math.Max(spread, 0.0025 * degrees.Length);
        return axis >= 0 && axis <= columns - 1 ? new FoundCentre(axis, similarity) : new FoundCentre((columns - 1) / 2.0, 0);
    }

    private static double Similarity(float[] a, float[] b, int columns, int shift)
    {
        // Column c of the mirrored projection shows what column c + shift of the first does.
        var (from, to) = (Math.Max(0, -shift), Math.Min(columns, columns - shift));
        double ab = 0, aa = 0, bb = 0, sa = 0, sb = 0;
        for (var row = 0; row < a.Length; row += columns)
        {
            var x = a.AsSpan(row + from + shift, to - from);
            var y = b.AsSpan(row + from, to - from);
            Accumulate(x, y, ref ab, ref aa, ref bb, ref sa, ref sb);
        }

        var count = (double)(to - from) * (a.Length / columns);
        var variance = (aa - sa * sa / count) * (bb - sb * sb / count);
        return variance > 0 ? (ab - sa * sb / count) / Math.Sqrt(variance) : double.NegativeInfinity;
    }

    private static void Accumulate(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ref double ab, ref double aa, ref double bb, ref double sa, ref double sb)
    {
        var vx = MemoryMarshal.Cast<float, Vector<float>>(x);
        var vy = MemoryMarshal.Cast<float, Vector<float>>(y);
        Vector<float> xy = default, xx = default, yy = default, sx = default, sy = default;
        for (var i = 0; i < vx.Length; i++)
        {
            xy += vx[i] * vy[i];
            xx += vx[i] * vx[i];
            yy += vy[i] * vy[i];
            sx += vx[i];
            sy += vy[i];
        }

        ab += Vector.Sum(xy);
        aa += Vector.Sum(xx);
        bb += Vector.Sum(yy);
        sa += Vector.Sum(sx);
        sb += Vector.Sum(sy);
        for (var i = vx.Length * Vector<float>.Count; i < x.Length; i++)
        {
            ab += x[i] * y[i];
            aa += x[i] * x[i];
            bb += y[i] * y[i];
            sa += x[i];
            sb += y[i];
        }
    }

    // Maximum over −1 … 1 of Σ_k Re(A_k conj(B_k) e^{iωδ}) of the overlap, faded out at both ends so that nothing wraps around.
    private static unsafe double Fraction(float[] a, float[] b, int columns, int shift)
    {
        var (from, to) = (Math.Max(0, -shift), Math.Min(columns, columns - shift));
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)(to - from));
        var fft = new LaneFft<Lanes4>(length);
        using var re = new AlignedBuffer((long)length * Lanes4.Width);
        using var im = new AlignedBuffer((long)length * Lanes4.Width);
        var cross = new Complex[length];
        var rows = a.Length / columns;
        for (var row = 0; row < rows; row += Lanes4.Width / 2)
        {
            // Two lanes for each row: the first projection's and the mirrored other's.
            for (var lane = 0; lane < Lanes4.Width; lane++)
            {
                var source = lane % 2 == 0 ? a : b;
                var at = (row + lane / 2) * columns + from + (lane % 2 == 0 ? shift : 0);
                for (var i = 0; i < length; i++)
                {
                    var isInside = i < to - from && row + lane / 2 < rows;
                    var window = isInside ? MathF.Sin(MathF.PI * (i + 0.5f) / (to - from)) : 0;
                    re.Address[i * Lanes4.Width + lane] = isInside ? source[at + i] * window * window : 0;
                    im.Address[i * Lanes4.Width + lane] = 0;
                }
            }

            fft.Forward(re.Address, im.Address);
            for (var place = 0; place < length; place++)
            {
                var r = re.Address + place * Lanes4.Width;
                var m = im.Address + place * Lanes4.Width;
                for (var lane = 0; lane < Lanes4.Width; lane += 2)
                {
                    cross[fft.FrequencyAt(place)] += new Complex(r[lane], m[lane])
                        * new Complex(r[lane + 1], -m[lane + 1]);
                }
            }
        }

        return Peak(cross);
    }

    private static double Peak(Complex[] cross)
    {
        // The slowest waves carry drifts of the beam, not edges of the sample.
        double Height(double delta)
        {
            var sum = 0.0;
            for (var k = 2; k < cross.Length / 2; k++)
            {
                var (sin, cos) = double.SinCos(2 * Math.PI * k * delta / cross.Length);
                sum += cross[k].Real * cos - cross[k].Imaginary * sin;
            }

            return sum;
        }

        var (low, high) = (-1.0, 1.0);
        var golden = (Math.Sqrt(5) - 1) / 2;
        while (high - low > 1e-4)
        {
            var (left, right) = (high - golden * (high - low), low + golden * (high - low));
            (low, high) = Height(left) > Height(right) ? (low, right) : (left, high);
        }

        return (low + high) / 2;
    }

    private static (double Axis, double X, double Y) Solve(Span<double> n)
    {
        for (var pivot = 0; pivot < 3; pivot++)
        {
            for (var row = 0; row < 3; row++)
            {
                var factor = n[row * 4 + pivot] / n[pivot * 4 + pivot];
                for (var column = 3; row != pivot && column >= pivot; column--)
                {
                    n[row * 4 + column] -= factor * n[pivot * 4 + column];
                }
            }
        }

        return (n[3] / n[0], n[7] / n[5], n[11] / n[10]);
    }
}

using System.Numerics;

namespace Beamtime.Simulated.Models;

/// <summary>Functions of mathematical physics that peak shapes are made of, to some twelve digits.</summary>
internal static class SpecialFunctions
{
    private const int Terms = 32;

    // Weideman's expansion of the Faddeeva function, SIAM J. Numer. Anal. 31 (1994) 1497.
    private static readonly double Scale = Math.Sqrt(Terms / Math.Sqrt(2));
    private static readonly double[] Coefficients = WeidemanCoefficients();

    // Lanczos' approximation with g = 7 and nine terms.
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>The Faddeeva function <c>w(z) = exp(-z²) erfc(-iz)</c>.</summary>
    /// <param name="z">Any number with an imaginary part of at least 0.</param>
    public static Complex Faddeeva(Complex z)
    {
        var below = Scale - (Complex.ImaginaryOne * z);
        var ratio = (Scale + (Complex.ImaginaryOne * z)) / below;
        var sum = Complex.Zero;
        foreach (var coefficient in Coefficients)
        {
            sum = (sum * ratio) + coefficient;
        }

        return (2 * sum / (below * below)) + (1 / Math.Sqrt(Math.PI) / below);
    }

    /// <summary>The complement of the error function.</summary>
    /// <param name="x">Any number.</param>
    public static double Erfc(double x)
    {
        var above = Math.Exp(-x * x) * Faddeeva(new Complex(0, Math.Abs(x))).Real;
        return x >= 0 ? above : 2 - above;
    }

    /// <summary>The error function.</summary>
    /// <param name="x">Any number.</param>
    public static double Erf(double x) => 1 - Erfc(x);

    /// <summary>The gamma function.</summary>
    /// <param name="x">Any number but 0 and the negative integers.</param>
    public static double Gamma(double x) => Complex.Exp(LogGamma(x)).Real;

    /// <summary>The logarithm of the gamma function.</summary>
    /// <param name="z">Any number but 0 and the negative integers.</param>
    public static Complex LogGamma(Complex z)
    {
        if (z.Real < 0.5)
        {
            return Complex.Log(Math.PI / Complex.Sin(Math.PI * z)) - LogGamma(1 - z);
        }

        z -= 1;
        Complex sum = Lanczos[0];
        for (var i = 1; i < Lanczos.Length; i++)
        {
            sum += Lanczos[i] / (z + i);
        }

        var t = z + 7.5;
        return (Math.Log(2 * Math.PI) / 2) + ((z + 0.5) * Complex.Log(t)) - t + Complex.Log(sum);
    }

    // The coefficients are those of a Fourier series; a plain sum over its 4·Terms points is quick enough once.
    private static double[] WeidemanCoefficients()
    {
        const int Points = 4 * Terms;
        var coefficients = new double[Terms];
        for (var n = 1; n <= Terms; n++)
        {
            var sum = 0.0;
            for (var k = 1 - (Points / 2); k < Points / 2; k++)
            {
                var angle = 2 * Math.PI * k / Points;
                var t = Scale * Math.Tan(angle / 2);
                sum += Math.Exp(-t * t) * ((Scale * Scale) + (t * t)) * Math.Cos(n * angle);
            }

            coefficients[Terms - n] = sum / Points;
        }

        return coefficients;
    }
}

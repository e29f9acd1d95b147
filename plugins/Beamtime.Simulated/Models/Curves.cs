using System.Diagnostics;

namespace Beamtime.Simulated.Models;

/// <summary>Models that are no peaks; lmfit's formulas.</summary>
internal static class Curves
{
    /// <summary>The same everywhere.</summary>
    public static Func<double, double> Constant(double c) => _ => c;

    /// <summary>A polynomial, the constant term first.</summary>
    public static Func<double, double> Polynomial(params double[] coefficients) => x =>
    {
        var sum = 0.0;
        for (var i = coefficients.Length - 1; i >= 0; i--)
        {
            sum = (sum * x) + coefficients[i];
        }

        return sum;
    };

    /// <summary>A decay.</summary>
    public static Func<double, double> Exponential(double amplitude, double decay) => x => amplitude * Math.Exp(-x / decay);

    /// <summary>A power of the position.</summary>
    public static Func<double, double> PowerLaw(double amplitude, double exponent) => x => amplitude * Math.Pow(x, exponent);

    /// <summary>A sine; the frequency in radians per unit.</summary>
    public static Func<double, double> Sine(double amplitude, double frequency, double shift) =>
        x => amplitude * Math.Sin((x * frequency) + shift);

    /// <summary>An edge.</summary>
    public static Func<double, double> Step(double amplitude, double center, double sigma, string form)
    {
        Func<double, double> edge = form switch
        {
            "linear" => u => Math.Clamp(u + 0.5, 0, 1),
            "atan" => u => 0.5 + (Math.Atan(u) / Math.PI),
            "erf" => u => SpecialFunctions.Erfc(-u) / 2,
            "logistic" => u => 1 / (1 + Math.Exp(-u)),
            _ => throw new UnreachableException(),
        };
        return x => amplitude * edge((x - center) / sigma);
    }

    /// <summary>An edge up and an edge down.</summary>
    public static Func<double, double> Rectangle(
        double amplitude, (double Center, double Sigma) up, (double Center, double Sigma) down, string form)
    {
        Func<double, double, double> both = form switch
        {
            "linear" => (a, b) => (Math.Clamp(a, -1, 1) + Math.Clamp(b, -1, 1)) / 2,
            "atan" => (a, b) => (Math.Atan(a) + Math.Atan(b)) / Math.PI,
            "erf" => (a, b) => (SpecialFunctions.Erf(a) + SpecialFunctions.Erf(b)) / 2,
            "logistic" => (a, b) => 1 - (1 / (1 + Math.Exp(a))) - (1 / (1 + Math.Exp(b))),
            _ => throw new UnreachableException(),
        };
        return x => amplitude * both((x - up.Center) / up.Sigma, (down.Center - x) / down.Sigma);
    }

    /// <summary>The occupation of states; as in lmfit the amplitude stands below.</summary>
    public static Func<double, double> Thermal(double amplitude, double center, double kt, string form)
    {
        var offset = form switch
        {
            "bose" => -1,
            "maxwell" => 0,
            "fermi" => 1,
            _ => throw new UnreachableException(),
        };
        return x => 1 / ((amplitude * Math.Exp((x - center) / kt)) + offset);
    }

    /// <summary>The amplitude of a driven oscillator over its frequency.</summary>
    public static Func<double, double> DampedOscillator(double amplitude, double center, double sigma)
    {
        var resonance = Math.Max(1e-12, Math.Abs(center));
        return x =>
        {
            var u = x / resonance;
            return amplitude / Math.Sqrt(Math.Pow(1 - (u * u), 2) + Math.Pow(2 * sigma * u, 2));
        };
    }

    /// <summary>The spectrum of a damped oscillator at a temperature.</summary>
    public static Func<double, double> DampedHarmonicOscillator(double amplitude, double center, double sigma, double gamma)
    {
        var factor = amplitude * sigma / Math.PI;
        return x =>
        {
            if (Math.Abs(x) < 1e-9)
            {
                var both = (center * center) + (sigma * sigma);
                return factor * gamma * 4 * center / (both * both);
            }

            var bose = 1 / (1 - Math.Exp(-x / gamma));
            var sum = (1 / (Math.Pow(x - center, 2) + (sigma * sigma))) - (1 / (Math.Pow(x + center, 2) + (sigma * sigma)));
            return factor * bose * sum;
        };
    }
}

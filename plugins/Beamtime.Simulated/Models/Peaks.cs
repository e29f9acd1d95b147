using System.Numerics;

namespace Beamtime.Simulated.Models;

/// <summary>Peaks; lmfit's formulas.</summary>
internal static class Peaks
{
    private static readonly double RootTwo = Math.Sqrt(2);
    private static readonly double RootTwoPi = Math.Sqrt(2 * Math.PI);

    /// <summary>A normal distribution.</summary>
    public static Func<double, double> Gaussian(double amplitude, double center, double sigma)
    {
        var height = amplitude / (sigma * RootTwoPi);
        return x =>
        {
            var u = (x - center) / sigma;
            return height * Math.Exp(-u * u / 2);
        };
    }

    /// <summary>A Cauchy distribution.</summary>
    public static Func<double, double> Lorentzian(double amplitude, double center, double sigma)
    {
        var height = amplitude / (Math.PI * sigma);
        return x =>
        {
            var u = (x - center) / sigma;
            return height / (1 + (u * u));
        };
    }

    /// <summary>A Cauchy distribution of another width on its right.</summary>
    public static Func<double, double> SplitLorentzian(double amplitude, double center, double left, double right)
    {
        var height = 2 * amplitude / (Math.PI * (left + right));
        return x =>
        {
            var u = (x - center) / (x < center ? left : right);
            return height / (1 + (u * u));
        };
    }

    /// <summary>The convolution of the two.</summary>
    public static Func<double, double> Voigt(double amplitude, double center, double sigma, double gamma)
    {
        var height = amplitude / (sigma * RootTwoPi);
        return x => height * SpecialFunctions.Faddeeva(new Complex(x - center, gamma) / (sigma * RootTwo)).Real;
    }

    /// <summary>The sum of the two, of the same full width at half maximum.</summary>
    public static Func<double, double> PseudoVoigt(double amplitude, double center, double sigma, double fraction)
    {
        var gaussian = Gaussian((1 - fraction) * amplitude, center, sigma / Math.Sqrt(2 * Math.Log(2)));
        var lorentzian = Lorentzian(fraction * amplitude, center, sigma);
        return x => gaussian(x) + lorentzian(x);
    }

    /// <summary>Moffat's; the amplitude is its height.</summary>
    public static Func<double, double> Moffat(double amplitude, double center, double sigma, double beta) => x =>
    {
        var u = (x - center) / sigma;
        return amplitude / Math.Pow(1 + (u * u), beta);
    };

    /// <summary>Pearson's type VII.</summary>
    public static Func<double, double> Pearson7(double amplitude, double center, double sigma, double exponent)
    {
        var height = amplitude * SpecialFunctions.Gamma(exponent)
            / (sigma * Math.Sqrt(Math.PI) * SpecialFunctions.Gamma(exponent - 0.5));
        return x =>
        {
            var u = (x - center) / sigma;
            return height * Math.Pow(1 + (u * u), -exponent);
        };
    }

    /// <summary>Pearson's type IV.</summary>
    public static Func<double, double> Pearson4(
        double amplitude, double center, double sigma, double exponent, double skew)
    {
        var norm = (2 * (SpecialFunctions.LogGamma(new Complex(exponent, skew / 2)).Real
                - SpecialFunctions.LogGamma(exponent).Real))
            - Math.Log(sigma) - (Math.Log(Math.PI) / 2)
            - SpecialFunctions.LogGamma(exponent - 0.5).Real + SpecialFunctions.LogGamma(exponent).Real;
        return x =>
        {
            var u = (x - center) / sigma;
            return amplitude * Math.Exp(norm - (exponent * Math.Log(1 + (u * u))) - (skew * Math.Atan(u)));
        };
    }

    /// <summary>Student's; its width is the number of degrees of freedom.</summary>
    public static Func<double, double> StudentsT(double amplitude, double center, double sigma)
    {
        var half = (sigma + 1) / 2;
        var height = amplitude * SpecialFunctions.Gamma(half)
            / (Math.Sqrt(sigma * Math.PI) * SpecialFunctions.Gamma(sigma / 2));
        return x => height * Math.Pow(1 + ((x - center) * (x - center) / sigma), -half);
    }

    /// <summary>A resonance on a background that interferes with it.</summary>
    public static Func<double, double> BreitWigner(double amplitude, double center, double sigma, double q)
    {
        var gamma = sigma / 2;
        return x => amplitude * Math.Pow((q * gamma) + x - center, 2) / ((gamma * gamma) + Math.Pow(x - center, 2));
    }

    /// <summary>A distribution that is normal in the logarithm; 0 left of 0.</summary>
    public static Func<double, double> Lognormal(double amplitude, double center, double sigma) => x =>
    {
        if (x <= 0)
        {
            return 0;
        }

        var u = (Math.Log(x) - center) / sigma;
        return amplitude / (x * sigma * RootTwoPi) * Math.Exp(-u * u / 2);
    };

    /// <summary>The convolution of a normal distribution with a decay.</summary>
    public static Func<double, double> ExponentialGaussian(double amplitude, double center, double sigma, double gamma)
    {
        var spread = gamma * sigma * sigma;
        return x => amplitude * gamma / 2 * Math.Exp(gamma * (center - x + (spread / 2)))
            * SpecialFunctions.Erfc((center + spread - x) / (RootTwo * sigma));
    }

    /// <summary>A normal distribution that leans.</summary>
    public static Func<double, double> SkewedGaussian(double amplitude, double center, double sigma, double gamma)
    {
        var gaussian = Gaussian(amplitude, center, sigma);
        return x => (1 + SpecialFunctions.Erf(gamma * (x - center) / (RootTwo * sigma))) * gaussian(x);
    }

    /// <summary>A Voigt peak that leans.</summary>
    public static Func<double, double> SkewedVoigt(double amplitude, double center, double sigma, double gamma, double skew)
    {
        var voigt = Voigt(amplitude, center, sigma, gamma);
        return x => (1 + SpecialFunctions.Erf(skew * (x - center) / (RootTwo * sigma))) * voigt(x);
    }

    /// <summary>Doniach's and Šunjić's line of a metal.</summary>
    public static Func<double, double> Doniach(double amplitude, double center, double sigma, double gamma)
    {
        var rest = 1 - gamma;
        var height = amplitude / Math.Pow(sigma, rest);
        return x =>
        {
            var u = (x - center) / sigma;
            return height * Math.Cos((Math.PI * gamma / 2) + (rest * Math.Atan(u))) / Math.Pow(1 + (u * u), rest / 2);
        };
    }
}

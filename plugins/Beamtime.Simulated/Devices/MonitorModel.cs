using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// What a monitor would count without noise, as a function of its motor's position. Names and parameters are those of
/// lmfit's models: the amplitude of a peak is its area.
/// </summary>
internal abstract record MonitorModel
{
    private static readonly string[] Names =
    [
        "ConstantModel", "ExponentialModel", "GaussianModel", "LinearModel", "LorentzianModel", "PolynomialModel",
        "PseudoVoigtModel", "QuadraticModel", "SineModel",
    ];

    /// <summary>The value at a position.</summary>
    /// <param name="x">The motor's position in its unit.</param>
    public abstract double At(double x);

    /// <summary>The model that a configuration names, with its parameters.</summary>
    /// <param name="name">One of lmfit's names.</param>
    /// <param name="parameters">The model's parameters.</param>
    /// <exception cref="FormatException">An unknown model.</exception>
    public static MonitorModel Create(string name, DeviceConfiguration parameters)
    {
        return name switch
        {
            "ConstantModel" => new Constant(parameters.Number("c", 100, "value, counts")),
            "LinearModel" => new Polynomial(
                [parameters.Number("intercept", 1, "value at 0, counts"), parameters.Number("slope", 1, "counts per unit")]),
            "QuadraticModel" => new Polynomial([Coefficient("c"), Coefficient("b"), Coefficient("a")]),
            "PolynomialModel" => new Polynomial([.. Enumerable.Range(0, 8).Select(
                i => parameters.Number($"c{i}", i < 5 ? 1 : 0, $"coefficient of x to the power {i}"))]),
            "GaussianModel" => new Gaussian(Amplitude(), Center(), Sigma()),
            "LorentzianModel" => new Lorentzian(Amplitude(), Center(), Sigma()),
            "PseudoVoigtModel" => new PseudoVoigt(
                Amplitude(), Center(), Sigma(), parameters.Number("fraction", 0.5, "Lorentzian part", 0, 1)),
            "SineModel" => new Sine(
                Amplitude(), parameters.Number("frequency", 1, "radians per unit"), parameters.Number("shift", 0, "radians")),
            "ExponentialModel" => new Exponential(Amplitude(), parameters.Number("decay", 1, "decay length", low: 1e-12)),
            _ => throw new FormatException(
                $"{parameters.Name}: there is no model '{name}'; known are {string.Join(", ", Names)}."),
        };

        double Amplitude() => parameters.Number("amplitude", 100, "amplitude; for a peak its area, counts times unit");
        double Center() => parameters.Number("center", 0, "centre of the peak");
        double Sigma() => parameters.Number("sigma", 1, "width of the peak", low: 1e-12);
        double Coefficient(string key) => parameters.Number(key, 1, "coefficient");
    }

    private sealed record Constant(double C) : MonitorModel
    {
        public override double At(double x) => C;
    }

    private sealed record Polynomial(double[] Coefficients) : MonitorModel
    {
        public override double At(double x)
        {
            var sum = 0.0;
            for (var i = Coefficients.Length - 1; i >= 0; i--)
            {
                sum = (sum * x) + Coefficients[i];
            }

            return sum;
        }
    }

    private sealed record Gaussian(double Amplitude, double Center, double Sigma) : MonitorModel
    {
        public override double At(double x)
        {
            var u = (x - Center) / Sigma;
            return Amplitude / (Sigma * Math.Sqrt(2 * Math.PI)) * Math.Exp(-u * u / 2);
        }
    }

    private sealed record Lorentzian(double Amplitude, double Center, double Sigma) : MonitorModel
    {
        public override double At(double x)
        {
            var u = (x - Center) / Sigma;
            return Amplitude / (Math.PI * Sigma * (1 + (u * u)));
        }
    }

    private sealed record PseudoVoigt(double Amplitude, double Center, double Sigma, double Fraction) : MonitorModel
    {
        // Both parts have the same full width at half maximum.
        private readonly Gaussian _gaussian = new(Amplitude, Center, Sigma / Math.Sqrt(2 * Math.Log(2)));
        private readonly Lorentzian _lorentzian = new(Amplitude, Center, Sigma);

        public override double At(double x) =>
            ((1 - Fraction) * _gaussian.At(x)) + (Fraction * _lorentzian.At(x));
    }

    private sealed record Sine(double Amplitude, double Frequency, double Shift) : MonitorModel
    {
        public override double At(double x) => Amplitude * Math.Sin((x * Frequency) + Shift);
    }

    private sealed record Exponential(double Amplitude, double Decay) : MonitorModel
    {
        public override double At(double x) => Amplitude * Math.Exp(-x / Decay);
    }
}

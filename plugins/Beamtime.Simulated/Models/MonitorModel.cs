using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>
/// What a detector would count without noise, as a function of a position. Names, parameters and formulas are those of
/// lmfit's models, defaults those of BEC's simulation: 100 for amplitude and c, 0 for center, 1 for all others. The
/// amplitude of a peak is its area.
/// </summary>
internal static class MonitorModel
{
    private static readonly Dictionary<string, Func<ModelParameters, Func<double, double>>> Models =
        new Dictionary<string, Func<ModelParameters, Func<double, double>>>(StringComparer.Ordinal)
        {
            ["ConstantModel"] = p => Curves.Constant(p.Number("c", 100)),
            ["LinearModel"] = p => Curves.Polynomial(p.Number("intercept", 1), p.Number("slope", 1)),
            ["QuadraticModel"] = Quadratic,
            ["ParabolicModel"] = Quadratic,
            ["PolynomialModel"] = p => Curves.Polynomial(
                [.. Enumerable.Range(0, 8).Select(i => p.Number($"c{i}", i < 5 ? 1 : 0))]),
            ["ExponentialModel"] = p => Curves.Exponential(p.Amplitude, p.Positive("decay", 1)),
            ["PowerLawModel"] = p => Curves.PowerLaw(p.Amplitude, p.Number("exponent", 1)),
            ["SineModel"] = p => Curves.Sine(p.Amplitude, p.Number("frequency", 1), p.Number("shift", 0)),
            ["StepModel"] = p => Curves.Step(p.Amplitude, p.Center, p.Sigma, p.Form("linear", "atan", "erf", "logistic")),
            ["RectangleModel"] = p => Curves.Rectangle(
                p.Amplitude, (p.Number("center1", 1), p.Positive("sigma1", 1)), (p.Number("center2", 1), p.Positive("sigma2", 1)),
                p.Form("linear", "atan", "erf", "logistic")),
            ["ThermalDistributionModel"] = p => Curves.Thermal(
                p.Amplitude, p.Center, p.Positive("kt", 1), p.Form("bose", "maxwell", "fermi")),
            ["DampedOscillatorModel"] = p => Curves.DampedOscillator(p.Amplitude, p.Center, p.Sigma),
            ["DampedHarmonicOscillatorModel"] = p => Curves.DampedHarmonicOscillator(
                p.Amplitude, p.Center, p.Sigma, p.Positive("gamma", 1)),
            ["GaussianModel"] = p => Peaks.Gaussian(p.Amplitude, p.Center, p.Sigma),
            ["LorentzianModel"] = p => Peaks.Lorentzian(p.Amplitude, p.Center, p.Sigma),
            ["SplitLorentzianModel"] = p => Peaks.SplitLorentzian(p.Amplitude, p.Center, p.Sigma, p.Positive("sigma_r", 1)),
            ["VoigtModel"] = p => Peaks.Voigt(p.Amplitude, p.Center, p.Sigma, p.Number("gamma", 1, low: 0)),
            ["PseudoVoigtModel"] = p => Peaks.PseudoVoigt(p.Amplitude, p.Center, p.Sigma, p.Number("fraction", 0.5, 0, 1)),
            ["MoffatModel"] = p => Peaks.Moffat(p.Amplitude, p.Center, p.Sigma, p.Number("beta", 1)),
            ["Pearson4Model"] = p => Peaks.Pearson4(
                p.Amplitude, p.Center, p.Sigma, p.Number("expon", 1.5, low: 0.5000001), p.Number("skew", 0)),
            ["Pearson7Model"] = p => Peaks.Pearson7(p.Amplitude, p.Center, p.Sigma, p.Number("expon", 1.5, low: 0.5000001)),
            ["StudentsTModel"] = p => Peaks.StudentsT(p.Amplitude, p.Center, p.Sigma),
            ["BreitWignerModel"] = p => Peaks.BreitWigner(p.Amplitude, p.Center, p.Sigma, p.Number("q", 1)),
            ["LognormalModel"] = p => Peaks.Lognormal(p.Amplitude, p.Center, p.Sigma),
            ["ExponentialGaussianModel"] = p => Peaks.ExponentialGaussian(
                p.Amplitude, p.Center, p.Sigma, p.Positive("gamma", 1)),
            ["SkewedGaussianModel"] = p => Peaks.SkewedGaussian(p.Amplitude, p.Center, p.Sigma, p.Number("gamma", 0)),
            ["SkewedVoigtModel"] = p => Peaks.SkewedVoigt(
                p.Amplitude, p.Center, p.Sigma, p.Number("gamma", 1, low: 0), p.Number("skew", 0)),
            ["DoniachModel"] = p => Peaks.Doniach(p.Amplitude, p.Center, p.Sigma, p.Number("gamma", 0)),
        };

    /// <summary>Names of all models.</summary>
    public static IEnumerable<string> Names => Models.Keys.Order(StringComparer.Ordinal);

    /// <summary>The model that a configuration names, with its parameters.</summary>
    /// <param name="name">One of lmfit's names.</param>
    /// <param name="parameters">The model's parameters.</param>
    /// <exception cref="FormatException">An unknown model.</exception>
    public static Func<double, double> Create(string name, DeviceConfiguration parameters) =>
        Models.TryGetValue(name, out var create)
            ? create(new ModelParameters(parameters))
            : throw new FormatException($"{parameters.Name}: there is no model '{name}'; known are {string.Join(", ", Names)}.");

    private static Func<double, double> Quadratic(ModelParameters p) =>
        Curves.Polynomial(p.Number("c", 100), p.Number("b", 1), p.Number("a", 1));

    /// <summary>The parameters of a model, each with the meaning that all models share.</summary>
    private sealed record ModelParameters(DeviceConfiguration Source)
    {
        public double Amplitude => Number("amplitude", 100);

        public double Center => Number("center", 0);

        public double Sigma => Positive("sigma", 1);

        public double Positive(string key, double fallback) => Number(key, fallback, low: 1e-12);

        public double Number(
            string key, double fallback, double low = double.NegativeInfinity, double high = double.PositiveInfinity) =>
            Source.Number(key, fallback, "a parameter of lmfit's model", low, high);

        public string Form(params string[] forms)
        {
            var form = Source.Text("form", forms[0], string.Join(", ", forms));
            return forms.Contains(form)
                ? form
                : throw new FormatException($"{Source.Name}: form is one of {string.Join(", ", forms)}, not '{form}'.");
        }
    }
}

using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>The noise of a simulated detector, from its seed. Used by one loop at a time.</summary>
internal sealed class CountingNoise
{
    private readonly Random _random;
    private readonly NoiseKind _kind;
    private readonly double _multiplier;

    private CountingNoise(NoiseKind kind, double multiplier, int seed)
    {
        _kind = kind;
        _multiplier = multiplier;
        _random = new Random(seed);
    }

    private enum NoiseKind
    {
        None,
        Uniform,
        Poisson,
    }

    /// <summary>The noise that a configuration asks for.</summary>
    /// <param name="parameters">Keys <c>noise</c> and <c>noise_multiplier</c>.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="fallback">The noise where none is named.</param>
    /// <exception cref="FormatException">An unknown noise.</exception>
    public static CountingNoise Create(DeviceConfiguration parameters, int seed, string fallback = "none")
    {
        var name = parameters.Text("noise", fallback, "none, uniform or poisson");
        var kind = name switch
        {
            "none" => NoiseKind.None,
            "uniform" => NoiseKind.Uniform,
            "poisson" => NoiseKind.Poisson,
            _ => throw new FormatException($"{parameters.Name}: noise is none, uniform or poisson, not '{name}'."),
        };
        return new CountingNoise(
            kind, parameters.Number("noise_multiplier", 10, "largest deviation of uniform noise, counts", low: 0), seed);
    }

    /// <summary>A value with noise.</summary>
    /// <param name="expected">The value without.</param>
    public double Apply(double expected) => _kind switch
    {
        NoiseKind.Uniform => expected + (_multiplier * ((2 * _random.NextDouble()) - 1)),
        NoiseKind.Poisson => Poisson(Math.Max(expected, 0)),
        _ => expected,
    };

    private double Poisson(double mean)
    {
        if (mean > 50)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            return Math.Round(mean + (Math.Sqrt(mean) * radius * Math.Cos(2 * Math.PI * _random.NextDouble())));
        }

        var limit = Math.Exp(-mean);
        var product = _random.NextDouble();
        var count = 0;
        while (product > limit)
        {
            product *= _random.NextDouble();
            count++;
        }

        return count;
    }
}

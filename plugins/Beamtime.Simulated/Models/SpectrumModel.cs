using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>
/// A waveform: a curve over its channels, from 0, with noise. A model with an amplitude is scaled so that its largest value
/// is that amplitude. Drawn by one caller at a time.
/// </summary>
internal sealed class SpectrumModel
{
    private readonly double[] _expected;
    private readonly CountingNoise _noise;

    private SpectrumModel(string name, DeviceConfiguration parameters, int length)
    {
        var curve = MonitorModel.Create(name, parameters);
        _noise = CountingNoise.Create(parameters, parameters.Seed);
        _expected = [.. Enumerable.Range(0, length).Select(i => curve(i))];
        var highest = _expected.Where(double.IsFinite).DefaultIfEmpty().Max();
        if (parameters.Asked.ContainsKey("amplitude") && highest > 0)
        {
            var scale = parameters.Number("amplitude", 100, "height of the waveform, counts") / highest;
            for (var i = 0; i < length; i++)
            {
                _expected[i] *= scale;
            }
        }
    }

    /// <summary>The simulation of a detector of waveforms.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <param name="length">Channels.</param>
    public static Simulation<SpectrumModel> For(DeviceConfiguration configuration, int length) => new(
        configuration, "ConstantModel", MonitorModel.Names, (name, parameters) => new SpectrumModel(name, parameters, length));

    /// <summary>Draws a waveform.</summary>
    /// <param name="values">Takes it.</param>
    /// <returns>The sum of all channels.</returns>
    public double Draw(ushort[] values)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var counts = Math.Round(_noise.Apply(_expected[i]));
            values[i] = double.IsNaN(counts) ? (ushort)0 : (ushort)Math.Clamp(counts, 0, ushort.MaxValue);
            sum += values[i];
        }

        return sum;
    }
}

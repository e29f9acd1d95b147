using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>Counts of a point detector: a curve at the present position of a motor, with noise.</summary>
internal sealed class CountingModel
{
    private readonly Func<double, double> _curve;
    private readonly CountingNoise _noise;
    private readonly IPositionSource? _motor;

    private CountingModel(string name, DeviceConfiguration parameters)
    {
        _curve = MonitorModel.Create(name, parameters);
        _motor = parameters.Device<IPositionSource>("ref_motor", "samx", "the motor at which the model is evaluated");
        _noise = CountingNoise.Create(parameters, parameters.Seed);
    }

    /// <summary>The simulation of a detector.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static Simulation<CountingModel> For(DeviceConfiguration configuration) =>
        new(configuration, "ConstantModel", MonitorModel.Names, (name, parameters) => new CountingModel(name, parameters));

    /// <summary>Counts now, from 0 to the largest number of 32 bits.</summary>
    public long Count()
    {
        var counts = Math.Round(_noise.Apply(_curve(_motor?.Position ?? 0)));
        return double.IsNaN(counts) ? 0 : (long)Math.Clamp(counts, 0, uint.MaxValue);
    }
}

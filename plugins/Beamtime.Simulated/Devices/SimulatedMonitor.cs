using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>A detector that counts what its model gives at the present position of a motor, with noise if asked.</summary>
internal sealed class SimulatedMonitor : IDevice
{
    private readonly TimeProvider _time;
    private readonly IPositionSource? _motor;
    private readonly MonitorModel _model;
    private readonly CountingNoise _noise;

    /// <summary>A monitor.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SimulatedMonitor(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        _ = configuration.Text("labels", "", "groups of the device in ophyd; deviceTags say it here");
        var simulation = configuration.Map("sim_init", "the model and its parameters");
        var parameters = simulation.Map("params", "the model's parameters");
        _model = MonitorModel.Create(simulation.Text("model", "ConstantModel", "the model, by lmfit's name"), parameters);
        _motor = parameters.Device<IPositionSource>("ref_motor", "samx", "the motor at which the model is evaluated");
        _noise = CountingNoise.Create(parameters, configuration.Seed);
        Signals =
        [
            new Signal
            {
                Name = configuration.Name, Kind = SignalKind.Hinted, Type = SignalType.Integer, Unit = "counts",
                Description = "Counts, from 0 to 4294967295.",
            },
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            var counts = _noise.Apply(_model.At(_motor?.Position ?? 0));
            row.Span[0] = new Reading(
                Value.Of((long)Math.Clamp(Math.Round(counts), 0, uint.MaxValue)), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Models;

namespace Beamtime.Simulated.Devices;

/// <summary>A detector that counts what its model gives at the present position of a motor, with noise if asked.</summary>
internal sealed class SimulatedMonitor : IDevice, ISettable, IMonitored
{
    private readonly TimeProvider _time;
    private readonly Simulation<CountingModel> _simulation;

    /// <summary>A monitor.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SimulatedMonitor(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        _ = configuration.Text("labels", "", "groups of the device in ophyd; deviceTags say it here");
        _ = configuration.Integer("precision", 3, "digits that are worth showing; counts have none", low: 0, high: 15);
        _simulation = CountingModel.For(configuration);
        Signals =
        [
            new Signal
            {
                Name = configuration.Name, Kind = SignalKind.Hinted, Type = SignalType.Integer, Unit = "counts",
                Description = "Counts, from 0 to 4294967295.",
            },
            _simulation.Model,
            _simulation.Parameters,
        ];
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (configuration)
        {
            _simulation.Read(row.Span);
        }
        else
        {
            row.Span[0] = new Reading(Value.Of(_simulation.Current.Count()), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (!_simulation.TrySet(signal, value))
        {
            throw SimulatedErrors.NotSettable.Fault($"{signal.Name} cannot be set.");
        }

        Changed?.Invoke(signal, new Reading(value, _time.GetUtcNow()));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

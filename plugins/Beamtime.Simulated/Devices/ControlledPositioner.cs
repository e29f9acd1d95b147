using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>A motor on a controller that has a setting of its own.</summary>
internal sealed class ControlledPositioner : IDevice, ISettable, IStoppable, IMonitored, IPositionSource
{
    private readonly SimulatedPositioner _motor;
    private readonly Signal _setting;
    private readonly TimeProvider _time;
    private long _value = 10;

    /// <summary>A motor.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public ControlledPositioner(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        _motor = SimulatedPositioner.Linear(configuration);
        _setting = new Signal
        {
            Name = $"{configuration.Name}_controller_some_var", Kind = SignalKind.Config, Type = SignalType.Integer,
            IsSettable = true, Description = "A setting of the controller.",
        };
        Signals = [.. _motor.Signals, _setting];
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed
    {
        add => _motor.Changed += value;
        remove => _motor.Changed -= value;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public double Position => _motor.Position;

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var values = row.Span;
        _motor.Read(configuration, values);
        if (configuration)
        {
            values[^1] = new Reading(Value.Of(Volatile.Read(ref _value)), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (!ReferenceEquals(signal, _setting))
        {
            return _motor.SetAsync(signal, value, cancel);
        }

        Volatile.Write(ref _value, value.AsInteger());
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel) => _motor.StopAsync(cancel);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _motor.DisposeAsync();
}

using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A motor whose communication can be made to fail while it runs: <c>&lt;name&gt;_fails</c> is 0 for a good motor, 1 for one
/// that refuses every move and 2 for one that never answers.
/// </summary>
internal sealed class FailingPositioner : IDevice, ISettable, IStoppable, IMonitored, IPositionSource
{
    private readonly SimulatedPositioner _motor;
    private readonly Signal _fails;
    private readonly TimeProvider _time;
    private long _mode;
    private readonly bool _cannotDescribe;

    private FailingPositioner(DeviceConfiguration configuration, bool cannotDescribe)
    {
        _time = configuration.Time;
        _motor = SimulatedPositioner.Linear(configuration);
        _cannotDescribe = cannotDescribe;
        _mode = configuration.Integer("fails", cannotDescribe ? 1 : 0, "how it fails: 0 not, 1 at once, 2 never ends", 0, 2);
        _fails = new Signal
        {
            Name = $"{configuration.Name}_fails", Kind = SignalKind.Config, Type = SignalType.Integer, IsSettable = true,
            Limits = (0, 2), Description = "How a move fails: 0 not, 1 at once, 2 never ends.",
        };
        Signals = [.. _motor.Signals, _fails];
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

    /// <summary>A motor that fails at moves.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static FailingPositioner AtMoves(DeviceConfiguration configuration) => new(configuration, cannotDescribe: false);

    /// <summary>A motor that fails when it is to say what it has, that is when it connects.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static FailingPositioner AtConnection(DeviceConfiguration configuration) => new(configuration, cannotDescribe: true);

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) =>
        _cannotDescribe ? FailAsync("to say what it has", cancel) : ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var values = row.Span;
        _motor.Read(configuration, values);
        if (configuration)
        {
            values[^1] = new Reading(Value.Of(Volatile.Read(ref _mode)), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _fails))
        {
            Volatile.Write(ref _mode, value.AsInteger());
            return;
        }

        await FailAsync("to move", cancel);
        await _motor.SetAsync(signal, value, cancel);
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel) => _motor.StopAsync(cancel);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _motor.DisposeAsync();

    private async ValueTask FailAsync(string what, CancellationToken cancel)
    {
        switch (Volatile.Read(ref _mode))
        {
            case 1:
                throw SimulatedErrors.Faulty.Fault($"{_motor.Signals[0].Name} fails {what}, as configured.");
            case 2:
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);
                break;
        }
    }
}

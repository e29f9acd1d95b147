using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>A device of as many settable values as its configuration says, named <c>&lt;device&gt;_messages_message1</c> and so on.</summary>
internal sealed class SettableSignals : IDevice, ISettable, IMonitored
{
    private readonly TimeProvider _time;
    private readonly Reading[] _readings;
    private readonly Lock _gate = new();

    /// <summary>The values.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SettableSignals(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        var count = configuration.Integer("signals", 5, "how many values it has", low: 1, high: 100);
        Signals =
        [
            .. Enumerable.Range(1, count).Select(i => new Signal
            {
                Name = $"{configuration.Name}_messages_message{i}", IsSettable = true, Description = "A value that can be set.",
            }),
        ];
        _readings = [.. Signals.Select(_ => new Reading(Value.Of(0.0), _time.GetUtcNow()))];
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
        if (!configuration)
        {
            lock (_gate)
            {
                _readings.CopyTo(row.Span);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        var reading = new Reading(Value.Of(value.AsDouble()), _time.GetUtcNow());
        lock (_gate)
        {
            _readings[Signals.Index().First(s => ReferenceEquals(s.Item, signal)).Index] = reading;
        }

        Changed?.Invoke(signal, reading);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

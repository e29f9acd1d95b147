using System.Globalization;
using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>One value that stays what it was set to, or that only its configuration gives.</summary>
internal sealed class SimulatedSignal : IDevice, ISettable, IMonitored, IPositionSource
{
    private readonly TimeProvider _time;
    private readonly Signal _signal;
    private readonly Lock _gate = new();
    private Reading _reading;

    /// <summary>A signal.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">An unknown type, or a value that is not of it.</exception>
    public SimulatedSignal(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        var type = configuration.Text("type", "float", "float, integer, boolean or text");
        var value = type switch
        {
            "float" => Value.Of(configuration.Number("value", 0, "value at start")),
            "integer" => Value.Of((long)configuration.Integer("value", 0, "value at start")),
            "boolean" => Value.Of(configuration.Flag("value", false, "value at start")),
            "text" => Value.Of(configuration.Text("value", "", "value at start")),
            _ => throw new FormatException(
                $"{configuration.Name}: deviceConfig.type is float, integer, boolean or text, not '{type}'."),
        };
        var unit = configuration.Text("egu", "", "unit");
        _signal = new Signal
        {
            Name = configuration.Name,
            Kind = SignalKind.Hinted,
            Type = value.Type,
            Unit = unit.Length == 0 ? null : unit,
            IsSettable = !configuration.Flag("read_only", false, "whether it refuses to be set"),
            Limits = configuration.Range("limits", "lowest and highest value"),
            Description = configuration.Text("meaning", "A simulated value.", "what the value means"),
        };
        Signals = [_signal];
        _reading = new Reading(value, _time.GetUtcNow());
    }

    /// <summary>A signal under BEC's class of settable ones, whose configuration may say how many digits to show.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedSignal Settable(DeviceConfiguration configuration)
    {
        _ = configuration.Integer("precision", 3, "digits that are worth showing", low: 0, high: 15);
        return new SimulatedSignal(configuration);
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public double Position
    {
        get
        {
            lock (_gate)
            {
                return _reading.Value.Type == SignalType.Text ? double.NaN : _reading.Value.AsDouble();
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            lock (_gate)
            {
                row.Span[0] = _reading with { Timestamp = _time.GetUtcNow() };
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (!ReferenceEquals(signal, _signal) || !_signal.IsSettable)
        {
            throw SimulatedErrors.NotSettable.Fault($"{signal.Name} is read-only.");
        }

        Reading reading;
        lock (_gate)
        {
            _reading = reading = new Reading(Convert(value), _time.GetUtcNow());
        }

        Changed?.Invoke(_signal, reading);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Value Convert(Value value)
    {
        try
        {
            return _signal.Type switch
            {
                SignalType.Integer => Value.Of(value.AsInteger()),
                SignalType.Boolean => Value.Of(value.AsBoolean()),
                SignalType.Text => Value.Of(value.Type == SignalType.Text
                    ? value.AsText()
                    : value.AsDouble().ToString(CultureInfo.InvariantCulture)),
                _ => Value.Of(value.AsDouble()),
            };
        }
        catch (InvalidOperationException e)
        {
            throw SimulatedErrors.NotSettable.Fault($"{_signal.Name}: {e.Message}", e);
        }
    }
}

using Beamtime.Sdk.Devices;

namespace Beamtime.Tests.Devices;

/// <summary>A device whose driver asks for no key of its own, and which may know its signals only once it is connected.</summary>
internal sealed class PlainDevice : IDevice, ISettable
{
    private readonly Signal[] _signals;
    private readonly bool _isLate;

    public PlainDevice(DeviceConfiguration configuration)
    {
        var name = configuration.Name;
        _isLate = configuration.Flag("late", false, "whether it knows its signals only once it is connected");
        _signals =
        [
            new Signal { Name = name, Kind = SignalKind.Hinted, IsSettable = true, Unit = "mm" },
            new Signal { Name = $"{name}_gain", Kind = SignalKind.Config, IsSettable = true },
            new Signal { Name = $"{name}_state", Kind = SignalKind.Config, Type = SignalType.Text },
        ];
        Signals = _isLate ? [] : _signals;
    }

    public IReadOnlyList<Signal> Signals { get; private set; }

    public double Value { get; private set; }

    public double Gain { get; private set; } = 1;

    public ValueTask ConnectAsync(CancellationToken cancel)
    {
        Signals = _signals;
        return ValueTask.CompletedTask;
    }

    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        row.Span[0] = new Reading(Sdk.Devices.Value.Of(configuration ? Gain : Value), default);
        if (configuration)
        {
            row.Span[1] = new Reading(Sdk.Devices.Value.Of("well"), default);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _signals[0]))
        {
            Value = value.AsDouble();
        }
        else if (ReferenceEquals(signal, _signals[1]))
        {
            Gain = value.AsDouble();
        }
        else
        {
            throw new InvalidOperationException($"{signal.Name} is not mine.");
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

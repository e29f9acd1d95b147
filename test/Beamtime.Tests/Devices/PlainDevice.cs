using Beamtime.Sdk.Devices;

namespace Beamtime.Tests.Devices;

/// <summary>A device whose driver asks for no key of its own, and which may know its signals only once it is connected.</summary>
internal sealed class PlainDevice : IDevice, ISettable, ICallable
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
            new Signal { Name = $"{name}_mode", Kind = SignalKind.Omitted, Type = SignalType.Integer, IsSettable = true, Choices = ["closed", "open"] },
            new Signal { Name = $"{name}_state", Kind = SignalKind.Config, Type = SignalType.Text },
        ];
        Signals = _isLate ? [] : _signals;
    }

    public IReadOnlyList<Signal> Signals { get; private set; }

    public IReadOnlyList<DeviceMethod> Methods { get; } =
    [
        new DeviceMethod
        {
            Name = "add",
            Description = "Adds a number to the value.",
            IsMutating = false,
            Returns = SignalType.Float,
            Unit = "mm",
            Parameters =
            [
                new DeviceMethodParameter { Name = "what", Type = SignalType.Float, Description = "What is added.", Unit = "mm", Low = 0 },
                new DeviceMethodParameter { Name = "times", Type = SignalType.Integer, Description = "How often.", Default = "1" },
            ],
        },
        new DeviceMethod { Name = "home", Description = "Goes to zero.", IsMutating = true },
    ];

    public long Mode { get; private set; }

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
        else if (ReferenceEquals(signal, _signals[2]))
        {
            Mode = value.AsInteger();
        }
        else
        {
            throw new InvalidOperationException($"{signal.Name} is not mine.");
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<Value> CallAsync(DeviceMethod method, IReadOnlyList<Value> arguments, CancellationToken cancel)
    {
        if (method.Name == "add")
        {
            return ValueTask.FromResult(Sdk.Devices.Value.Of(Value + (arguments[0].AsDouble() * arguments[1].AsInteger())));
        }

        Value = 0;
        return ValueTask.FromResult(Sdk.Devices.Value.Missing);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A device that fails on demand, at an operation and in a way of choice, both settable while it runs: for drills and tests
/// of everything around it.
/// </summary>
internal sealed class FaultyDevice
    : IDevice, ISettable, ITriggered, IStaged, IPreScan, ICompleting, IStoppable
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly int _length;
    private readonly FaultPlan _plan;
    private readonly Signal _mode;
    private readonly Signal _operation;
    private double _value;
    private volatile bool _isStaged;

    /// <summary>A device that fails at one operation.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">An unknown mode or operation.</exception>
    public FaultyDevice(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _length = configuration.Integer("array", 0, "numbers of an array that it has beside its value; 0 for none", 0, 1_000_000);
        _plan = new FaultPlan(configuration);
        _mode = Choice("mode", $"How it fails: {string.Join(", ", FaultPlan.Modes)}.");
        _operation = Choice("at", $"Where it fails: {string.Join(", ", FaultPlan.Operations)}.");
        Signals =
        [
            new Signal { Name = _name, Kind = SignalKind.Hinted, IsSettable = true, Description = "What it was set to." },
            .. _length == 0 ? (Signal[])[] :
            [
                new Signal
                {
                    Name = $"{_name}_array", Type = SignalType.FloatArray, Shape = [_length],
                    Description = "An array of what it was set to.",
                },
            ],
            _mode,
            _operation,
        ];
    }

    /// <summary>True while a scan has it staged.</summary>
    public bool IsStaged => _isStaged;

    /// <summary>When and how it fails.</summary>
    public FaultPlan Plan => _plan;

    /// <summary>Calls that hang or are late at this moment.</summary>
    public int Waiting => _plan.Waiting;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancel) => await _plan.MeetAsync("connect", cancel);

    /// <inheritdoc/>
    public async ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var wrong = await _plan.MeetAsync(configuration ? "configuration" : "read", cancel);
        var at = _time.GetUtcNow();
        if (configuration)
        {
            row.Span[0] = new Reading(wrong ?? Value.Of(_plan.Mode), at);
            row.Span[1] = new Reading(wrong ?? Value.Of(_plan.Operation), at);
            return;
        }

        row.Span[0] = new Reading(wrong ?? Value.Of(_value), at);
        if (_length > 0)
        {
            var isOddlyShaped = _plan.IsShapeWrong && wrong is not null;
            var numbers = new double[isOddlyShaped ? _length + 1 : _length];
            Array.Fill(numbers, wrong is { Type: SignalType.Float } number ? number.AsDouble() : _value);
            row.Span[1] = new Reading(wrong is { Type: SignalType.Missing or SignalType.Text } ? wrong.Value : Value.Of(numbers), at);
            row.Span[0] = isOddlyShaped ? new Reading(Value.Of(_value), at) : row.Span[0];
        }
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _mode))
        {
            _plan.Mode = value.AsText();
        }
        else if (ReferenceEquals(signal, _operation))
        {
            _plan.Operation = value.AsText();
        }
        else
        {
            var wrong = await _plan.MeetAsync("set", cancel);
            _value = wrong is { Type: SignalType.Float } number ? number.AsDouble() : value.AsDouble();
        }
    }

    /// <inheritdoc/>
    public async ValueTask TriggerAsync(CancellationToken cancel) => await _plan.MeetAsync("trigger", cancel);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        _isStaged = true;
        await _plan.MeetAsync("stage", cancel);
        return [];
    }

    /// <inheritdoc/>
    public async ValueTask PreScanAsync(CancellationToken cancel) => await _plan.MeetAsync("prescan", cancel);

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancel) => await _plan.MeetAsync("complete", cancel);

    /// <inheritdoc/>
    public async ValueTask UnstageAsync(CancellationToken cancel)
    {
        await _plan.MeetAsync("unstage", cancel);
        _isStaged = false;
    }

    /// <inheritdoc/>
    public async ValueTask StopAsync(CancellationToken cancel) => await _plan.MeetAsync("stop", cancel);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Signal Choice(string suffix, string description) => new()
    {
        Name = $"{_name}_{suffix}", Kind = SignalKind.Config, Type = SignalType.Text, IsSettable = true,
        Description = description,
    };
}

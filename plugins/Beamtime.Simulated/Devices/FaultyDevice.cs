using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>A device that fails on demand: for drills and tests of everything around it.</summary>
internal sealed class FaultyDevice : IDevice, ISettable, ITriggered, IStaged, IStoppable
{
    private static readonly string[] Modes = ["none", "raise", "hang", "late", "nan"];
    private static readonly string[] Operations = ["connect", "read", "set", "trigger", "stage", "unstage"];

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly string _operation;
    private readonly int _good;
    private readonly int _failures;
    private readonly TimeSpan _lateness;
    private string _mode;
    private double _value;
    private int _calls;

    /// <summary>A device that fails at one operation.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">An unknown mode or operation.</exception>
    public FaultyDevice(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _mode = OneOf(configuration.Text("mode", "raise", "how it fails"), Modes, "mode");
        _operation = OneOf(configuration.Text("at", "read", "the operation at which it fails"), Operations, "at");
        _good = configuration.Integer("after", 0, "calls of the operation that go well before the first failure", low: 0);
        _failures = configuration.Integer("times", 0, "how many calls fail; 0 for all", low: 0);
        _lateness = TimeSpan.FromSeconds(
            configuration.Number("late_seconds", 1, "how late the late mode is, s", low: 0, high: 86400));
        Signals =
        [
            new Signal { Name = _name, Kind = SignalKind.Hinted, IsSettable = true, Description = "What it was set to." },
            new Signal
            {
                Name = $"{_name}_mode", Kind = SignalKind.Config, Type = SignalType.Text, IsSettable = true,
                Description = $"How it fails: {string.Join(", ", Modes)}.",
            },
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancel) => await FailAsync("connect", cancel);

    /// <inheritdoc/>
    public async ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var isNan = !configuration && await FailAsync("read", cancel);
        row.Span[0] = new Reading(
            configuration ? Value.Of(_mode) : Value.Of(isNan ? double.NaN : _value), _time.GetUtcNow());
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, Signals[1]))
        {
            _mode = Modes.Contains(value.AsText())
                ? value.AsText()
                : throw SimulatedErrors.NotSettable.Fault($"{signal.Name} is one of {string.Join(", ", Modes)}.");
            return;
        }

        var isNan = await FailAsync("set", cancel);
        _value = isNan ? double.NaN : value.AsDouble();
    }

    /// <inheritdoc/>
    public async ValueTask TriggerAsync(CancellationToken cancel) => await FailAsync("trigger", cancel);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        await FailAsync("stage", cancel);
        return [];
    }

    /// <inheritdoc/>
    public async ValueTask UnstageAsync(CancellationToken cancel) => await FailAsync("unstage", cancel);

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private string OneOf(string value, string[] allowed, string key) => allowed.Contains(value)
        ? value
        : throw new FormatException($"{_name}: deviceConfig.{key} is one of {string.Join(", ", allowed)}, not '{value}'.");

    private async ValueTask<bool> FailAsync(string operation, CancellationToken cancel)
    {
        if (operation != _operation || _mode == "none")
        {
            return false;
        }

        var call = Interlocked.Increment(ref _calls) - _good;
        if (call <= 0 || (_failures > 0 && call > _failures))
        {
            return false;
        }

        switch (_mode)
        {
            case "raise":
                throw SimulatedErrors.Faulty.Fault($"{_name} fails at {operation}, as configured.");
            case "hang":
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);
                return false;
            case "late":
                await Task.Delay(_lateness, _time, cancel);
                return false;
            default:
                return true;
        }
    }
}

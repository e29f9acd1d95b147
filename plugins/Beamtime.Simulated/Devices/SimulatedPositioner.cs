using System.Globalization;
using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A motor. With a delay it moves at its velocity and settles within its tolerance, as a pure function of the clock;
/// without one it is there at once. A rotation stage also has a home command and an index pulse.
/// </summary>
internal sealed class SimulatedPositioner : IDevice, ISettable, IStoppable, IMonitored, IPositionSource
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly Axis _axis;
    private readonly IndexHoming? _homing;
    private readonly (double Low, double High)? _limits;
    private readonly Signal _readback;
    private readonly Signal _setpoint;
    private readonly Signal _moving;
    private readonly Signal _velocity;
    private readonly Signal _acceleration;
    private readonly Signal _tolerance;
    private readonly Lock _subscriptions = new();
    private Action<Signal, Reading>? _changed;

    private SimulatedPositioner(
        DeviceConfiguration configuration, bool hasRamps = false, bool hasHoming = false, bool isTrajectory = false, string? axis = null)
    {
        _name = axis is null ? configuration.Name : $"{configuration.Name}_{axis}";
        _time = configuration.Time;
        var unit = configuration.Text("egu", hasHoming ? "deg" : "mm", "unit of the position");
        var digits = configuration.Integer("precision", 3, "digits after the point that are worth showing", low: 0, high: 15);
        _ = configuration.Text("labels", "", "groups of the device in ophyd; deviceTags say it here");
        _limits = configuration.Range("limits", $"lowest and highest position, {unit}");
        _axis = new Axis(
            _name, _time, configuration.Seed, configuration.Number("init_pos", 0, $"position at power-up, {unit}"))
        {
            IsInstant = configuration.Number("delay", 1, "0: every move ends at once; else it takes its time", low: 0) == 0,
            Velocity = configuration.Number(
                "velocity", hasHoming ? 720 : 100, $"highest speed, {unit}/s", low: 1e-9),
            AccelerationSeconds = configuration.Number("acceleration", 1, "time from rest to the highest speed, s", low: 0),
            Tolerance = configuration.Number("tolerance", hasHoming ? 0.001 : 0.5, $"largest settling error, {unit}", low: 0),
            UpdateFrequency = configuration.Number(
                "update_frequency", 2, "how often a moving positioner publishes its position, Hz", low: 1e-3, high: 1000),
            HasRamps = configuration.Flag("ramps", hasRamps, "ramps at start and end instead of constant speed"),
            IsTrajectory = isTrajectory,
        };

        var format = $"shown with {digits.ToString(CultureInfo.InvariantCulture)} digits";
        _readback = new Signal
        {
            Name = _name, Kind = SignalKind.Hinted, Unit = unit, IsSettable = true, Limits = _limits,
            Description = $"Position, {format}.",
        };
        _setpoint = new Signal
        {
            Name = $"{_name}_setpoint", Unit = unit, IsSettable = true, Limits = _limits, Description = "Last target.",
        };
        _moving = new Signal
        {
            Name = $"{_name}_motor_is_moving", Type = SignalType.Integer, Description = "1 while it moves, else 0.",
        };
        _velocity = Setting("velocity", $"{unit}/s", "Highest speed.", (1e-9, double.PositiveInfinity));
        _acceleration = Setting("acceleration", "s", "Time from rest to the highest speed.", (0, double.PositiveInfinity));
        _tolerance = Setting("tolerance", unit, "Largest settling error.", (0, double.PositiveInfinity));
        List<Signal> signals = [_readback, _setpoint, _moving];
        if (hasHoming)
        {
            _homing = new IndexHoming(_name, configuration.Flag(
                "first_home_misses", true, "the first home after power-up misses the index, as at 2-BM"));
            signals.AddRange(_homing.IndexPulse, _homing.Home);
        }

        signals.AddRange(_velocity, _acceleration, _tolerance);
        signals.AddRange(
            Constant("low_limit_travel", unit, "Lowest position; with the highest 0 as well: none."),
            Constant("high_limit_travel", unit, "Highest position; with the lowest 0 as well: none."));
        Signals = signals;
    }

    // Without a subscriber the axis does not wake during a motion.
    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed
    {
        add
        {
            lock (_subscriptions)
            {
                _axis.Moved -= PublishPosition;
                _axis.Moved += PublishPosition;
                _changed += value;
            }
        }

        remove
        {
            lock (_subscriptions)
            {
                _changed -= value;
                if (_changed is null)
                {
                    _axis.Moved -= PublishPosition;
                }
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public double Position => _axis.Position;

    /// <summary>Lowest and highest position; null for none.</summary>
    public (double Low, double High)? Limits => _limits;

    /// <summary>A motor that moves at constant speed.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedPositioner Linear(DeviceConfiguration configuration) =>
        new(configuration);

    /// <summary>A motor with ramps at start and end of a motion.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedPositioner Ramped(DeviceConfiguration configuration) =>
        new(configuration, hasRamps: true);

    /// <summary>A rotation stage with ramps, home command and index pulse.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedPositioner Rotation(DeviceConfiguration configuration) =>
        new(configuration, hasRamps: true, hasHoming: true);

    /// <summary>A motor that keeps to its trajectory: it refuses a second target while it moves, and a stop slows it down.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedPositioner Trajectory(DeviceConfiguration configuration) =>
        new(configuration, hasRamps: true, isTrajectory: true);

    /// <summary>One axis of a device that has several.</summary>
    /// <param name="configuration">The device's <c>deviceConfig</c>, the same for all its axes.</param>
    /// <param name="axis">The axis' name within the device.</param>
    public static SimulatedPositioner AxisOf(DeviceConfiguration configuration, string axis) => new(configuration, axis: axis);

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        Read(configuration, row.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads the signals of one sort, at once.</summary>
    /// <param name="configuration">False: hinted and normal signals. True: configuration signals.</param>
    /// <param name="values">Takes them; at least as long as there are signals of that sort.</param>
    public void Read(bool configuration, Span<Reading> values)
    {
        var at = _time.GetUtcNow();
        if (configuration)
        {
            values[0] = new Reading(Value.Of(_axis.Velocity), at);
            values[1] = new Reading(Value.Of(_axis.AccelerationSeconds), at);
            values[2] = new Reading(Value.Of(_axis.Tolerance), at);
            values[3] = new Reading(Value.Of(_limits?.Low ?? 0), at);
            values[4] = new Reading(Value.Of(_limits?.High ?? 0), at);
        }
        else
        {
            values[0] = new Reading(Value.Of(_axis.Position), at);
            values[1] = new Reading(Value.Of(_axis.Setpoint), at);
            values[2] = new Reading(Value.Of(_axis.IsMoving ? 1L : 0L), at);
            if (_homing is not null)
            {
                values[3] = new Reading(Value.Of(_homing.HasIndex ? 1L : 0L), at);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _readback) || ReferenceEquals(signal, _setpoint))
        {
            return _axis.MoveAsync(value.AsDouble(), cancel);
        }

        if (_homing is not null && ReferenceEquals(signal, _homing.Home))
        {
            return HomeAsync(_homing, cancel);
        }

        if (ReferenceEquals(signal, _velocity))
        {
            _axis.Velocity = value.AsDouble();
        }
        else if (ReferenceEquals(signal, _acceleration))
        {
            _axis.AccelerationSeconds = value.AsDouble();
        }
        else if (ReferenceEquals(signal, _tolerance))
        {
            _axis.Tolerance = value.AsDouble();
        }
        else
        {
            throw SimulatedErrors.NotSettable.Fault($"{_name}: {signal.Name} cannot be set.");
        }

        _changed?.Invoke(signal, new Reading(Value.Of(value.AsDouble()), _time.GetUtcNow()));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel)
    {
        _axis.Stop();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _axis.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask HomeAsync(IndexHoming homing, CancellationToken cancel)
    {
        homing.Begin();
        await _axis.MoveAsync(0, cancel);
        homing.Arrive();
        _changed?.Invoke(
            homing.IndexPulse, new Reading(Value.Of(homing.HasIndex ? 1L : 0L), _time.GetUtcNow()));
    }

    private void PublishPosition()
    {
        if (_changed is { } changed)
        {
            var at = _time.GetUtcNow();
            changed(_readback, new Reading(Value.Of(_axis.Position), at));
            changed(_moving, new Reading(Value.Of(_axis.IsMoving ? 1L : 0L), at));
        }
    }

    private Signal Setting(string suffix, string unit, string description, (double Low, double High) limits) =>
        Constant(suffix, unit, description) with { IsSettable = true, Limits = limits };

    private Signal Constant(string suffix, string unit, string description) => new()
    {
        Name = $"{_name}_{suffix}", Kind = SignalKind.Config, Unit = unit, Description = description,
    };
}

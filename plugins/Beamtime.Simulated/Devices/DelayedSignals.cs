using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// Signals that follow what they are set to: one jumps there after a delay, the other climbs at a constant rate. A set is
/// complete when the value is there; a stop leaves it where it is.
/// </summary>
internal sealed class DelayedSignals : IDevice, ISettable, IStoppable, IMonitored, IPositionSource
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _delay;
    private readonly Axis _ramp;
    private readonly Signal _delayed;
    private readonly Signal _climbing;
    private readonly Lock _gate = new();
    private CancellationTokenSource _stop = new();
    private double _value;
    private int _sets;

    /// <summary>The two signals.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public DelayedSignals(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        _delay = TimeSpan.FromSeconds(
            configuration.Number("delay", 1, "time between setting the signal and its jump, s", low: 0, high: 86400));
        var rate = configuration.Number("ramp", 1, "rate at which the other signal climbs, 1/s", low: 1e-9);
        _ramp = new Axis(configuration.Name, _time, configuration.Seed, 0) { Velocity = rate, UpdateFrequency = 20 };
        _delayed = new Signal
        {
            Name = configuration.Name, Kind = SignalKind.Hinted, IsSettable = true, Description = "Jumps after a delay.",
        };
        _climbing = new Signal
        {
            Name = $"{configuration.Name}_ramp", IsSettable = true, Description = "Climbs at a constant rate.",
        };
        Signals = [_delayed, _climbing];
        _ramp.Moved += () => Changed?.Invoke(_climbing, new Reading(Value.Of(_ramp.Position), _time.GetUtcNow()));
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public double Position => Volatile.Read(ref _value);

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            var at = _time.GetUtcNow();
            row.Span[0] = new Reading(Value.Of(Position), at);
            row.Span[1] = new Reading(Value.Of(_ramp.Position), at);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel) => ReferenceEquals(signal, _climbing)
        ? _ramp.MoveAsync(value.AsDouble(), cancel)
        : JumpAsync(value.AsDouble(), cancel);

    /// <inheritdoc/>
    public async ValueTask StopAsync(CancellationToken cancel)
    {
        CancellationTokenSource stopped;
        lock (_gate)
        {
            (stopped, _stop) = (_stop, new CancellationTokenSource());
        }

        await stopped.CancelAsync();
        _ramp.Stop();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _ramp.Dispose();
        _stop.Dispose();
    }

    // The last one set wins: one that is overtaken does not jump back.
    private async ValueTask JumpAsync(double value, CancellationToken cancel)
    {
        CancellationToken stop;
        lock (_gate)
        {
            stop = _stop.Token;
        }

        var set = Interlocked.Increment(ref _sets);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, stop);
        await Task.Delay(_delay, _time, either.Token);
        if (set == Volatile.Read(ref _sets))
        {
            Volatile.Write(ref _value, value);
            Changed?.Invoke(_delayed, new Reading(Value.Of(value), _time.GetUtcNow()));
        }
    }
}

namespace Beamtime.Simulated.Devices;

/// <summary>
/// One moving axis: where it is, where it goes, and who waits for it. A move that starts while another is under way
/// replaces its target, and both end together; a stop freezes the axis where it is. An instantaneous axis is there at
/// once, without a task, a timer or an allocation.
/// </summary>
/// <param name="name">The device's name, for faults.</param>
/// <param name="time">The clock.</param>
/// <param name="seed">Seed of the settling error.</param>
/// <param name="start">Position at power-up.</param>
internal sealed class Axis(string name, TimeProvider time, int seed, double start) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private double _rest = start;
    private double _setpoint = start;
    private Motion? _motion;
    private TaskCompletionSource? _arrival;
    private ITimer? _timer;

    /// <summary>Raised while it moves, when it arrives and when it is stopped.</summary>
    public event Action? Moved;

    /// <summary>True when every move ends at once.</summary>
    public bool IsInstant { get; init; }

    /// <summary>Highest speed, units per second, &gt; 0.</summary>
    public double Velocity { get; set; } = 100;

    /// <summary>Time from rest to the highest speed, s.</summary>
    public double AccelerationSeconds { get; set; } = 1;

    /// <summary>True for ramps at start and end of a motion, false for constant speed.</summary>
    public bool HasRamps { get; init; }

    /// <summary>True for an axis that refuses a target while it moves, and slows down when stopped.</summary>
    public bool IsTrajectory { get; init; }

    /// <summary>Largest difference between target and place of arrival.</summary>
    public double Tolerance { get; set; }

    /// <summary>How often <see cref="Moved"/> is raised during a motion, Hz.</summary>
    public double UpdateFrequency { get; init; } = 2;

    /// <summary>Position now.</summary>
    public double Position
    {
        get
        {
            var motion = Volatile.Read(ref _motion);
            return motion is null
                ? Volatile.Read(ref _rest)
                : motion.At(time.GetElapsedTime(motion.StartedAt));
        }
    }

    /// <summary>Last target.</summary>
    public double Setpoint => Volatile.Read(ref _setpoint);

    /// <summary>True while it moves.</summary>
    public bool IsMoving =>
        Volatile.Read(ref _motion) is { } motion && time.GetElapsedTime(motion.StartedAt) < motion.Duration;

    /// <summary>Moves to a target; the task ends on arrival.</summary>
    /// <param name="target">Where to, finite.</param>
    /// <param name="cancel">Stops the axis.</param>
    public ValueTask MoveAsync(double target, CancellationToken cancel)
    {
        if (!double.IsFinite(target))
        {
            throw SimulatedErrors.NotSettable.Fault($"{name}: a target must be a finite number, not {target}.");
        }

        if (!IsInstant)
        {
            return TravelAsync(target, cancel);
        }

        Volatile.Write(ref _setpoint, target);
        Volatile.Write(ref _rest, target);
        Moved?.Invoke();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Stops the axis: freezes it where it is, or, on a trajectory, lets it slow down. Moves under way end by cancellation,
    /// at once.
    /// </summary>
    public void Stop()
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            if (_motion is not { } motion)
            {
                return;
            }

            if (IsTrajectory && AccelerationSeconds > 0 && motion.IsBraking)
            {
                return;
            }

            if (IsTrajectory && AccelerationSeconds > 0)
            {
                var braking = motion.Brake(time.GetTimestamp(), time.GetElapsedTime(motion.StartedAt));
                Volatile.Write(ref _motion, braking);
                (arrival, _arrival) = (_arrival, null);
                Arm(braking);
            }
            else
            {
                Volatile.Write(ref _rest, Position);
                arrival = Settle();
            }
        }

        Moved?.Invoke();
        arrival?.TrySetCanceled();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
        }
    }

    private async ValueTask TravelAsync(double target, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Task arrived;
        lock (_gate)
        {
            if (IsTrajectory && IsMoving)
            {
                throw SimulatedErrors.Moving.Fault($"{name} moves to {_setpoint}; it takes another target when it stands.");
            }

            var end = target + (Tolerance * ((2 * _random.NextDouble()) - 1));
            var motion = new Motion(
                time.GetTimestamp(), Position, end, Velocity, HasRamps ? AccelerationSeconds : 0);
            Volatile.Write(ref _setpoint, target);
            Volatile.Write(ref _motion, motion);
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrived = _arrival.Task;
            _timer ??= time.CreateTimer(
                static axis => ((Axis)axis!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Arm(motion);
        }

        try
        {
            await arrived.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            Stop();
            throw;
        }
    }

    private void Tick()
    {
        TaskCompletionSource? arrival = null;
        lock (_gate)
        {
            if (_motion is not { } motion || _timer is null)
            {
                return;
            }

            if (IsMoving)
            {
                Arm(motion);
            }
            else
            {
                Volatile.Write(ref _rest, motion.To);
                arrival = Settle();
            }
        }

        Moved?.Invoke();
        arrival?.TrySetResult();
    }

    private TaskCompletionSource? Settle()
    {
        Volatile.Write(ref _motion, null);
        _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var arrival = _arrival;
        _arrival = null;
        return arrival;
    }

    private void Arm(Motion motion)
    {
        var left = motion.Duration - time.GetElapsedTime(motion.StartedAt);
        if (Moved is not null)
        {
            left = TimeSpan.FromTicks(Math.Min(left.Ticks, TimeSpan.FromSeconds(1 / UpdateFrequency).Ticks));
        }

        // Timers count whole milliseconds; rounding down would wake them before the arrival.
        var milliseconds = (Math.Max(left.Ticks, 0) + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        _timer!.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }
}

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A motion as a pure function of the time since its start: a ramp up, constant speed and a ramp down, or constant speed
/// alone. It starts and ends at rest.
/// </summary>
internal sealed class Motion
{
    private readonly double _distance;
    private readonly double _acceleration;
    private readonly double _rampSeconds;
    private readonly double _seconds;
    private readonly double _brakingFrom;

    /// <summary>A motion between two positions.</summary>
    /// <param name="startedAt">Timestamp of the start, in the clock's ticks.</param>
    /// <param name="from">Position at the start.</param>
    /// <param name="to">Position at the end.</param>
    /// <param name="velocity">Highest speed, units per second, &gt; 0.</param>
    /// <param name="rampSeconds">Time from rest to the highest speed, s; 0 for constant speed.</param>
    public Motion(long startedAt, double from, double to, double velocity, double rampSeconds)
    {
        StartedAt = startedAt;
        From = from;
        To = to;
        _distance = Math.Abs(to - from);
        if (rampSeconds <= 0)
        {
            _seconds = _distance / velocity;
        }
        else
        {
            _acceleration = velocity / rampSeconds;
            _rampSeconds = Math.Min(rampSeconds, Math.Sqrt(_distance / _acceleration));
            _seconds = (2 * _rampSeconds) + ((_distance - (_acceleration * _rampSeconds * _rampSeconds))
                / Math.Max(_acceleration * _rampSeconds, double.Epsilon));
        }

        Duration = TimeSpan.FromSeconds(_seconds);
    }

    // Slowing down from a speed to rest.
    private Motion(long startedAt, double from, double speed, double acceleration)
    {
        StartedAt = startedAt;
        From = from;
        _seconds = Math.Abs(speed) / acceleration;
        _brakingFrom = speed;
        _acceleration = acceleration;
        To = from + (speed * _seconds / 2);
        Duration = TimeSpan.FromSeconds(_seconds);
        IsBraking = true;
    }

    /// <summary>True for a motion that a stop began.</summary>
    public bool IsBraking { get; }

    /// <summary>Timestamp of the start, in the clock's ticks.</summary>
    public long StartedAt { get; }

    /// <summary>Position at the start.</summary>
    public double From { get; }

    /// <summary>Position at the end.</summary>
    public double To { get; }

    /// <summary>How long it takes.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The motion that a stop turns this one into: down to rest with the ramps' acceleration.</summary>
    /// <param name="now">Timestamp of the stop.</param>
    /// <param name="elapsed">Time since the start.</param>
    public Motion Brake(long now, TimeSpan elapsed) =>
        new(now, At(elapsed), SpeedAt(elapsed.TotalSeconds), Math.Max(_acceleration, double.Epsilon));

    /// <summary>Where it is.</summary>
    /// <param name="elapsed">Time since the start.</param>
    public double At(TimeSpan elapsed)
    {
        if (elapsed >= Duration)
        {
            return To;
        }

        var t = Math.Max(elapsed.TotalSeconds, 0);
        if (IsBraking)
        {
            return From + (_brakingFrom * t) - (Math.Sign(_brakingFrom) * _acceleration * t * t / 2);
        }

        double travelled;
        if (_rampSeconds <= 0)
        {
            travelled = _distance * t / _seconds;
        }
        else if (t < _rampSeconds)
        {
            travelled = _acceleration * t * t / 2;
        }
        else if (t < _seconds - _rampSeconds)
        {
            travelled = _acceleration * _rampSeconds * (t - (_rampSeconds / 2));
        }
        else
        {
            var left = _seconds - t;
            travelled = _distance - (_acceleration * left * left / 2);
        }

        return To >= From ? From + travelled : From - travelled;
    }

    private double SpeedAt(double t) => t >= _seconds || t < 0
        ? 0
        : Math.Sign(To - From) * _acceleration * Math.Min(Math.Min(t, _seconds - t), _rampSeconds);
}

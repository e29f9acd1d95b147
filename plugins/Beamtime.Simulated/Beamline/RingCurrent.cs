namespace Beamtime.Simulated.Beamline;

/// <summary>A stored beam that decays with its lifetime and is topped up at fixed times, as a pure function of the clock.</summary>
/// <param name="time">The clock.</param>
/// <param name="full">Current after a top-up, mA.</param>
/// <param name="lifetimeHours">Lifetime, h.</param>
/// <param name="intervalSeconds">Time between top-ups, s.</param>
internal sealed class RingCurrent(TimeProvider time, double full, double lifetimeHours, double intervalSeconds)
{
    private readonly long _filledAt = time.GetTimestamp();

    /// <summary>The current relative to a full ring; 0 without stored beam.</summary>
    public double Fraction => full <= 0
        ? 0
        : Math.Exp(-(time.GetElapsedTime(_filledAt).TotalSeconds % intervalSeconds) / (lifetimeHours * 3600));

    /// <summary>The current, mA.</summary>
    public double Milliamperes => full * Fraction;
}

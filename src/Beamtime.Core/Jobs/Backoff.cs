namespace Beamtime.Core.Jobs;

/// <summary>
/// The pause before a retry: a ceiling that grows by a factor with each attempt, and full jitter below it, so that
/// what failed together does not come back together.
/// </summary>
/// <param name="First">Ceiling after the first attempt.</param>
/// <param name="Factor">Growth per attempt, at least 1.</param>
/// <param name="Longest">Where the ceiling stops growing.</param>
internal sealed record Backoff(TimeSpan First, double Factor, TimeSpan Longest)
{
    /// <summary>1 s, doubling, at most 5 min.</summary>
    public static readonly Backoff Usual = new(TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(5));

    /// <summary>The longest pause after this attempt.</summary>
    /// <param name="attempt">Attempts made so far, from 1.</param>
    public TimeSpan Ceiling(int attempt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        // In floating point the product saturates at infinity instead of wrapping round.
        var ticks = First.Ticks * Math.Pow(Factor, attempt - 1);
        return ticks < Longest.Ticks ? TimeSpan.FromTicks((long)ticks) : Longest;
    }

    /// <summary>The pause itself.</summary>
    /// <param name="attempt">Attempts made so far, from 1.</param>
    /// <param name="draw">A draw from [0, 1).</param>
    public TimeSpan Delay(int attempt, double draw) => Ceiling(attempt) * draw;
}

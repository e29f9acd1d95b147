namespace Beamtime.Sdk.Scans.Positions;

/// <summary>A walk through a list of positions forth and back, as often as it takes: for scans of plugins.</summary>
/// <param name="positions">The positions of one axis, at least one.</param>
/// <param name="points">Points of the walk, ≥ 0.</param>
/// <param name="repeatsTurns">Whether the positions where it turns are taken twice.</param>
public sealed class Oscillation(IReadOnlyList<double> positions, int points, bool repeatsTurns) : Trajectory
{
    /// <inheritdoc/>
    public override int Axes => 1;

    /// <inheritdoc/>
    public override int Count => points;

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        Demand(index);
        point[0] = At(positions, index, repeatsTurns);
    }

    /// <summary>One position of the endless walk.</summary>
    /// <param name="positions">The positions, at least one.</param>
    /// <param name="index">From 0.</param>
    /// <param name="repeatsTurns">Whether the positions where it turns are taken twice; the walk then begins with such a pair.</param>
    public static double At(IReadOnlyList<double> positions, long index, bool repeatsTurns)
    {
        var last = positions.Count - 1;
        if (last == 0)
        {
            return positions[0];
        }

        // Begun one step early, a walk that repeats its turns begins with its second stay at the first position.
        var period = 2L * (repeatsTurns ? last + 1 : last);
        var step = (int)((repeatsTurns ? index + period - 1 : index) % period);
        return positions[step <= last ? step : (int)(period - step - (repeatsTurns ? 1 : 0))];
    }
}

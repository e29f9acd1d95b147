namespace Beamtime.Sdk.Scans.Positions;

/// <summary>
/// Steps that grow from start to stop, all axes together: xᵢ = start + fᵢ (stop − start) with
/// fᵢ = (10^(i / (n − 1)) − 1) / 9; one step stays at start.
/// </summary>
/// <param name="start">First position of each axis.</param>
/// <param name="stop">Last position of each axis.</param>
/// <param name="steps">Points, ≥ 1.</param>
public sealed class LogTrajectory(double[] start, double[] stop, int steps) : Trajectory
{
    /// <inheritdoc/>
    public override int Axes => start.Length;

    /// <inheritdoc/>
    public override int Count => steps;

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        Demand(index);
        if (index > 0 && index == steps - 1)
        {
            stop.CopyTo(point);
            return;
        }

        var fraction = index == 0 ? 0 : (Math.Pow(10, (double)index / (steps - 1)) - 1) / 9;
        for (var axis = 0; axis < start.Length; axis++)
        {
            point[axis] = start[axis] + (fraction * (stop[axis] - start[axis]));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(double Low, double High)> Ranges() => Between(start, steps == 1 ? start : stop);
}

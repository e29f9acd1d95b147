namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Equal steps on a straight line, all axes together: xᵢ = start + i (stop − start) / (n − 1); one step stays at start.</summary>
/// <param name="start">First position of each axis.</param>
/// <param name="stop">Last position of each axis.</param>
/// <param name="steps">Points, ≥ 1.</param>
public sealed class LineTrajectory(double[] start, double[] stop, int steps) : Trajectory
{
    /// <inheritdoc/>
    public override int Axes => start.Length;

    /// <inheritdoc/>
    public override int Count => steps;

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        Demand(index);
        for (var axis = 0; axis < start.Length; axis++)
        {
            point[axis] = At(start[axis], stop[axis], steps, index);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(double Low, double High)> Ranges() => Between(start, steps == 1 ? start : stop);

    /// <summary>One of equally spaced numbers; the last one is exactly the stop.</summary>
    /// <param name="start">The first.</param>
    /// <param name="stop">The last.</param>
    /// <param name="steps">How many, ≥ 1.</param>
    /// <param name="index">Which, from 0.</param>
    internal static double At(double start, double stop, int steps, int index) => steps == 1
        ? start
        : index == steps - 1 ? stop : start + (index * (stop - start) / (steps - 1));
}

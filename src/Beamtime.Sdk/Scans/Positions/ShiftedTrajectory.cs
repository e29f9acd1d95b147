namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Positions moved by a constant.</summary>
/// <param name="inner">The positions.</param>
/// <param name="by">For each axis.</param>
internal sealed class ShiftedTrajectory(Trajectory inner, double[] by) : Trajectory
{
    /// <inheritdoc/>
    public override int Axes => inner.Axes;

    /// <inheritdoc/>
    public override int Count => inner.Count;

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        inner.Locate(index, point);
        for (var axis = 0; axis < by.Length; axis++)
        {
            point[axis] += by[axis];
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(double Low, double High)> Ranges() =>
        [.. inner.Ranges().Zip(by, (range, shift) => (range.Low + shift, range.High + shift))];
}

using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans.Positions;

/// <summary>
/// A grid whose first axis is the fast one. Snaked, everything inside an axis is run through backwards wherever that axis
/// stands at an odd step, so that no axis ever flies back.
/// </summary>
public sealed class GridTrajectory : Trajectory
{
    private readonly ScanRegion[] _axes;
    private readonly bool _isSnaked;

    /// <summary>A grid.</summary>
    /// <param name="axes">Start, stop and steps of each axis, the fast one first.</param>
    /// <param name="isSnaked">Whether every second row runs backwards.</param>
    /// <exception cref="RefusedException">There are more points than can be counted.</exception>
    public GridTrajectory(IReadOnlyList<ScanRegion> axes, bool isSnaked)
    {
        (_axes, _isSnaked) = ([.. axes], isSnaked);
        var points = _axes.Aggregate(1.0, (product, axis) => product * axis.Steps);
        Count = points <= int.MaxValue
            ? (int)points
            : throw new RefusedException(TrajectoryErrors.Many.Because(
                $"The grid {string.Join(" × ", _axes.Select(a => a.Steps))} has {points:G6} points; {int.MaxValue} can be counted."));
    }

    /// <inheritdoc/>
    public override int Axes => _axes.Length;

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        Demand(index);
        var (rest, block) = (index, Count);
        for (var axis = _axes.Length - 1; axis >= 0; axis--)
        {
            var (start, stop, steps) = _axes[axis];
            block /= steps;
            (var step, rest) = Math.DivRem(rest, block);
            point[axis] = LineTrajectory.At(start, stop, steps, step);
            if (_isSnaked && (step & 1) == 1)
            {
                rest = block - 1 - rest;
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(double Low, double High)> Ranges() => Between(
        [.. _axes.Select(a => a.Start)], [.. _axes.Select(a => a.Steps == 1 ? a.Start : a.Stop)]);
}

using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Any positions, held in one array.</summary>
public sealed class PointTrajectory : Trajectory
{
    private readonly ReadOnlyMemory<double> _values;

    /// <summary>Positions from one array, which is not copied.</summary>
    /// <param name="values">The points one after the other; not changed afterwards.</param>
    /// <param name="axes">Numbers of a point, ≥ 1.</param>
    public PointTrajectory(ReadOnlyMemory<double> values, int axes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(axes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length % axes, 0, nameof(values));
        (_values, Axes) = (values, axes);
    }

    /// <inheritdoc/>
    public override int Axes { get; }

    /// <inheritdoc/>
    public override int Count => _values.Length / Axes;

    /// <summary>The points one after the other.</summary>
    public ReadOnlySpan<double> Values => _values.Span;

    /// <summary>Positions from a list per axis.</summary>
    /// <param name="columns">The lists, each as long as the others.</param>
    /// <exception cref="RefusedException">The lists differ in length.</exception>
    public static PointTrajectory FromColumns(IReadOnlyList<IReadOnlyList<double>> columns)
    {
        if (columns.Any(column => column.Count != columns[0].Count))
        {
            throw new RefusedException(TrajectoryErrors.Invalid.Because(
                $"The lists of positions have {string.Join(", ", columns.Select(c => c.Count))} entries; each needs as many as the others."));
        }

        var values = new double[columns.Count * columns[0].Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = columns[i % columns.Count][i / columns.Count];
        }

        return new PointTrajectory(values, columns.Count);
    }

    /// <summary>Any trajectory, laid out in one array.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <exception cref="RefusedException">It has more points than can be laid out.</exception>
    public static PointTrajectory From(Trajectory trajectory)
    {
        if (trajectory is PointTrajectory points)
        {
            return points;
        }

        PointList.DemandRoom(trajectory.Count);
        var values = new double[trajectory.Count * trajectory.Axes];
        for (var i = 0; i < trajectory.Count; i++)
        {
            trajectory.Locate(i, values.AsSpan(i * trajectory.Axes, trajectory.Axes));
        }

        return new PointTrajectory(values, trajectory.Axes);
    }

    /// <inheritdoc/>
    public override void Locate(int index, Span<double> point)
    {
        Demand(index);
        _values.Span.Slice(index * Axes, Axes).CopyTo(point);
    }
}

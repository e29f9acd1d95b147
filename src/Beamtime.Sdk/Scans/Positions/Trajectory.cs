using System.Collections;

namespace Beamtime.Sdk.Scans.Positions;

/// <summary>
/// The positions of a scan, a row a point, in the order in which they are taken. A point is computed or copied when it is
/// asked for, so that nobody holds a trajectory of a million points twice.
/// </summary>
public abstract class Trajectory : IReadOnlyList<double[]>
{
    /// <summary>Most points of a trajectory that is laid out in memory.</summary>
    public const int MostPoints = 20_000_000;

    /// <summary>Numbers of a point: one per motor.</summary>
    public abstract int Axes { get; }

    /// <inheritdoc/>
    public abstract int Count { get; }

    /// <summary>A point, in an array of its own.</summary>
    /// <param name="index">From 0.</param>
    public double[] this[int index]
    {
        get
        {
            var point = new double[Axes];
            Locate(index, point);
            return point;
        }
    }

    /// <summary>Writes a point where the caller wants it.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="point">As long as there are axes.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such point.</exception>
    public abstract void Locate(int index, Span<double> point);

    /// <summary>The lowest and highest position of each axis; NaN where a position is none. Looks at every point.</summary>
    public virtual IReadOnlyList<(double Low, double High)> Ranges()
    {
        var ranges = new (double Low, double High)[Axes];
        Array.Fill(ranges, (double.PositiveInfinity, double.NegativeInfinity));
        Span<double> point = stackalloc double[Axes];
        for (var i = 0; i < Count; i++)
        {
            Locate(i, point);
            for (var axis = 0; axis < ranges.Length; axis++)
            {
                ref var range = ref ranges[axis];
                range = (Math.Min(range.Low, point[axis]), Math.Max(range.High, point[axis]));
            }
        }

        return ranges;
    }

    /// <summary>The same positions moved by a constant: a relative scan.</summary>
    /// <param name="by">For each axis.</param>
    public Trajectory Shifted(IReadOnlyList<double> by) => new ShiftedTrajectory(this, [.. by]);

    /// <summary>The same positions with the first two axes turned about a centre, counter-clockwise.</summary>
    /// <param name="radians">By how much, rad.</param>
    /// <param name="center1">The centre on the first axis.</param>
    /// <param name="center2">The centre on the second axis.</param>
    public Trajectory Rotated(double radians, double center1 = 0, double center2 = 0) =>
        new RotatedTrajectory(this, radians, center1, center2);

    /// <inheritdoc/>
    public IEnumerator<double[]> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Refuses an index that no point has.</summary>
    /// <param name="index">The index.</param>
    protected void Demand(int index) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));

    /// <summary>The lowest and highest position of each axis, from two corners.</summary>
    /// <param name="corner">One corner.</param>
    /// <param name="opposite">The other.</param>
    protected static (double Low, double High)[] Between(ReadOnlySpan<double> corner, ReadOnlySpan<double> opposite)
    {
        var ranges = new (double Low, double High)[corner.Length];
        for (var axis = 0; axis < ranges.Length; axis++)
        {
            ranges[axis] = (Math.Min(corner[axis], opposite[axis]), Math.Max(corner[axis], opposite[axis]));
        }

        return ranges;
    }
}

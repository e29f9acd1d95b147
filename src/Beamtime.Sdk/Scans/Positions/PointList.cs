using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Gathers points of two axes in one array; bounded.</summary>
internal sealed class PointList
{
    private double[] _values = new double[256];
    private int _used;

    /// <summary>Points so far.</summary>
    public int Count => _used / 2;

    /// <summary>Refuses more points than can be laid out, before any is computed.</summary>
    /// <param name="points">How many there would be to look at.</param>
    /// <exception cref="RefusedException">They are too many.</exception>
    public static void DemandRoom(double points)
    {
        // Written so that a count that is no number is refused too.
        if (!(points <= Trajectory.MostPoints))
        {
            throw new RefusedException(TrajectoryErrors.Many.Because(
                $"The pattern has {points:G6} points; {Trajectory.MostPoints} can be laid out."));
        }
    }

    /// <summary>Adds a point.</summary>
    /// <param name="first">On the first axis.</param>
    /// <param name="second">On the second axis.</param>
    public void Add(double first, double second)
    {
        if (_used == _values.Length)
        {
            Array.Resize(ref _values, _values.Length * 2);
        }

        _values[_used] = first;
        _values[_used + 1] = second;
        _used += 2;
    }

    /// <summary>Adds a point where it lies in a box.</summary>
    /// <param name="box">The box, its edges included.</param>
    /// <param name="first">On the first axis.</param>
    /// <param name="second">On the second axis.</param>
    public void AddWithin(in PositionBox box, double first, double second)
    {
        if (box.Holds(ref first, ref second))
        {
            Add(first, second);
        }
    }

    /// <summary>Reverses the order of the points from one on.</summary>
    /// <param name="from">Index of the point, from 0.</param>
    public void ReverseFrom(int from)
    {
        for (var (left, right) = (from * 2, _used - 2); left < right; left += 2, right -= 2)
        {
            (_values[left], _values[right]) = (_values[right], _values[left]);
            (_values[left + 1], _values[right + 1]) = (_values[right + 1], _values[left + 1]);
        }
    }

    /// <summary>The points, without much room that is not used; the list is not used afterwards.</summary>
    public PointTrajectory ToTrajectory()
    {
        if (_used < _values.Length / 4 * 3)
        {
            Array.Resize(ref _values, _used);
        }

        return new PointTrajectory(_values.AsMemory(0, _used), 2);
    }
}

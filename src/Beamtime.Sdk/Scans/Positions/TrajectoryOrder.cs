using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans.Positions;

/// <summary>
/// Puts the points of a trajectory into an order with a shorter way. The first two axes count; every point stays, once.
/// </summary>
public static class TrajectoryOrder
{
    /// <summary>Most points that are put in corridors or shells.</summary>
    public const int MostPoints = 2_000_000;

    /// <summary>Most points for which the nearest one is looked for.</summary>
    public const int MostNearest = 200_000;

    private const int Tries = 5;
    private const int Sample = 20_000;

    /// <summary>The length of the way through all points, on the first two axes.</summary>
    /// <param name="points">The points.</param>
    public static double LengthOf(PointTrajectory points) => Way(points, [.. Enumerable.Range(0, points.Count)]).Length;

    /// <summary>
    /// Corridors across the second axis, run through forth and back along the first. Tries five widths about
    /// 1.5 times the median distance of neighbours and keeps the shortest way.
    /// </summary>
    /// <param name="points">The points.</param>
    /// <param name="isAscending1">Whether the first corridor runs upwards on the first axis.</param>
    /// <param name="isAscending2">Whether corridors follow each other upwards on the second axis.</param>
    /// <exception cref="RefusedException">They have fewer than two axes, or are too many.</exception>
    public static PointTrajectory Corridor(PointTrajectory points, bool isAscending1 = true, bool isAscending2 = true)
    {
        Demand(points, MostPoints);
        var width = 1.5 * Quantile(points, neighbours: 1, 0.5);
        var ranges = points.Ranges();
        var area = (ranges[0].High - ranges[0].Low) * (ranges[1].High - ranges[1].Low);
        width = double.IsFinite(width) && width > 0 ? width : 2 * Math.Sqrt(area / points.Count);
        if (width == 0)
        {
            return points;
        }

        var (low, high) = ranges[1];
        return Best(
            points,
            Enumerable.Range(0, Tries).Select(i => width * Math.Pow(10, -0.7 + (1.4 * i / (Tries - 1)))),
            tried => Sorted(points, (first, second) =>
            {
                var bin = Math.Floor((isAscending2 ? second - low : high - second) / tried);
                return (bin, isAscending1 == (bin % 2 == 0) ? first : -first);
            }),
            way => way.Length);
    }

    /// <summary>
    /// Shells about the middle of the points, each run through by angle from where the last one ended. Tries five widths and
    /// keeps the way whose longest jump and length are smallest, weighed 0.7 to 0.3.
    /// </summary>
    /// <param name="points">The points.</param>
    /// <exception cref="RefusedException">They have fewer than two axes, or are too many.</exception>
    public static PointTrajectory Shells(PointTrajectory points)
    {
        Demand(points, MostPoints);
        var ranges = points.Ranges();
        var (middle1, middle2) = ((ranges[0].Low + ranges[0].High) / 2, (ranges[1].Low + ranges[1].High) / 2);
        var farthest = 0.0;
        for (var i = 0; i < points.Count; i++)
        {
            farthest = Math.Max(farthest, double.Hypot(First(points, i) - middle1, Second(points, i) - middle2));
        }

        var between = Quantile(points, neighbours: 4, 0.75);
        var width = Math.Max(double.IsFinite(between) ? 2 * between : 0, farthest / Math.Sqrt(points.Count));
        return width == 0
            ? points
            : Best(
                points,
                Enumerable.Range(0, Tries).Select(i => width * (0.7 + (0.6 * i / (Tries - 1)))),
                tried => InShells(points, middle1, middle2, tried),
                way => (0.7 * way.LongestJump) + (0.3 * way.Length));
    }

    /// <summary>Always on to the nearest point, beginning with the one nearest to the origin.</summary>
    /// <param name="points">The points.</param>
    /// <exception cref="RefusedException">They have fewer than two axes, or are too many.</exception>
    public static PointTrajectory Nearest(PointTrajectory points)
    {
        Demand(points, MostNearest);
        var grid = new PointGrid(points);
        var order = new int[points.Count];
        var (first, second) = (0.0, 0.0);
        for (var i = 0; i < order.Length; i++)
        {
            var next = order[i] = grid.Nearest(first, second);
            (first, second) = (grid.First(next), grid.Second(next));
            grid.Remove(next);
        }

        return Reordered(points, order);
    }

    private static void Demand(PointTrajectory points, int most)
    {
        if (points.Axes < 2)
        {
            throw new RefusedException(TrajectoryErrors.Invalid.Because("Positions of one motor alone cannot be put into another order; two are needed."));
        }

        if (points.Count > most)
        {
            throw new RefusedException(TrajectoryErrors.Many.Because(
                $"{points.Count} points cannot be put into a shorter order; {most} can."));
        }
    }

    private static int[] InShells(PointTrajectory points, double middle1, double middle2, double width)
    {
        double Shell(double first, double second) => Math.Floor(double.Hypot(first - middle1, second - middle2) / width);
        double Angle(double first, double second) => Math.Atan2(first - middle1, second - middle2);
        var order = Sorted(points, (first, second) => (Shell(first, second), Angle(first, second)));
        var last = 0.0;
        for (var from = 0; from < order.Length;)
        {
            var shell = Shell(First(points, order[from]), Second(points, order[from]));
            var to = from;
            while (to < order.Length && Shell(First(points, order[to]), Second(points, order[to])) == shell)
            {
                to++;
            }

            // The first angle at or behind the one where the shell before ended.
            var begin = from;
            while (begin < to && Angle(First(points, order[begin]), Second(points, order[begin])) < last)
            {
                begin++;
            }

            int[] turned = [.. order[begin..to], .. order[from..begin]];
            turned.CopyTo(order, from);
            last = Angle(First(points, order[to - 1]), Second(points, order[to - 1]));
            from = to;
        }

        return order;
    }

    private static int[] Sorted(PointTrajectory points, Func<double, double, (double, double)> key)
    {
        var keys = new (double, double)[points.Count];
        var order = new int[points.Count];
        for (var i = 0; i < order.Length; i++)
        {
            (keys[i], order[i]) = (key(First(points, i), Second(points, i)), i);
        }

        Array.Sort(keys, order);
        return order;
    }

    private static PointTrajectory Best(
        PointTrajectory points, IEnumerable<double> widths, Func<double, int[]> order, Func<(double Length, double LongestJump), double> score)
    {
        int[]? best = null;
        var least = double.PositiveInfinity;
        foreach (var width in widths)
        {
            var tried = order(width);
            var reached = score(Way(points, tried));
            if (best is null || reached < least)
            {
                (best, least) = (tried, reached);
            }
        }

        return Reordered(points, best!);
    }

    private static PointTrajectory Reordered(PointTrajectory points, int[] order)
    {
        var values = new double[points.Values.Length];
        for (var i = 0; i < order.Length; i++)
        {
            points.Values.Slice(order[i] * points.Axes, points.Axes).CopyTo(values.AsSpan(i * points.Axes));
        }

        return new PointTrajectory(values, points.Axes);
    }

    private static (double Length, double LongestJump) Way(PointTrajectory points, int[] order)
    {
        var (length, longest) = (0.0, 0.0);
        for (var i = 1; i < order.Length; i++)
        {
            var jump = double.Hypot(
                First(points, order[i]) - First(points, order[i - 1]), Second(points, order[i]) - Second(points, order[i - 1]));
            (length, longest) = (length + jump, Math.Max(longest, jump));
        }

        return (length, longest);
    }

    // Of the distances to the nearest neighbours; of very many points a sample is looked at.
    private static double Quantile(PointTrajectory points, int neighbours, double quantile)
    {
        var grid = new PointGrid(points);
        var stride = Math.Max(1, points.Count / Sample);
        List<double> found = [];
        Span<double> distances = stackalloc double[neighbours];
        for (var i = 0; i < points.Count; i += stride)
        {
            grid.Neighbours(i, distances);
            found.AddRange(distances);
        }

        found.Sort();
        return found[(int)(quantile * (found.Count - 1))];
    }

    private static double First(PointTrajectory points, int point) => points.Values[point * points.Axes];

    private static double Second(PointTrajectory points, int point) => points.Values[(point * points.Axes) + 1];
}

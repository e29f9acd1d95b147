using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Tests.Scans.Positions;

public sealed class TrajectoryOrderTests
{
    private static readonly PointTrajectory Spiral = FermatSpiral.Within(new PositionBox(-5, 5, -5, 5), 0.5);

    public static TheoryData<string> Orders => ["corridor", "shell", "nearest"];

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_spiral_in_another_order_has_the_same_points_and_a_much_shorter_way(string order)
    {
        var ordered = Order(order, Spiral);
        Assert.Equal(Points(Spiral).Order(), Points(ordered).Order());
        var (before, after) = (TrajectoryOrder.LengthOf(Spiral), TrajectoryOrder.LengthOf(ordered));
        Assert.True(after < 0.25 * before, $"{order}: {before} to {after}");
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Points_that_lie_badly_are_all_kept(string order)
    {
        PointTrajectory[] bad =
        [
            new(new double[20], 2),
            PointTrajectory.From(new LineTrajectory([0, 0], [0, 7], 9)),
            PointTrajectory.From(new LineTrajectory([3, 0], [-3, 0], 9)),
            PointTrajectory.FromColumns([[0, 0, 1e9, 1, 1e9], [0, 0, 1, 1e9, 1]]),
            PointTrajectory.FromColumns([[1], [2]]),
            PointTrajectory.FromColumns([[1, 2], [2, 3]]),
        ];
        Assert.All(bad, points => Assert.Equal(Points(points).Order(), Points(Order(order, points)).Order()));
    }

    [Fact]
    public void A_further_axis_stays_with_its_point()
    {
        var points = PointTrajectory.FromColumns([[0, 5, 1, 6, 2], [0, 0, 0, 0, 0], [10, 15, 11, 16, 12]]);
        Assert.All(TrajectoryOrder.Nearest(points), p => Assert.Equal(p[0] + 10, p[2]));
        Assert.Equal([0, 1, 2, 5, 6], TrajectoryOrder.Nearest(points).Select(p => p[0]));
    }

    [Fact]
    public void A_corridor_begins_where_the_scan_begins()
    {
        var up = TrajectoryOrder.Corridor(Spiral)[0];
        var down = TrajectoryOrder.Corridor(Spiral, isAscending1: false, isAscending2: false)[0];
        Assert.True(up[0] < -3.5 && up[1] < -3.5, $"{up[0]} {up[1]}");
        Assert.True(down[0] > 3.5 && down[1] > 3.5, $"{down[0]} {down[1]}");
    }

    [Fact]
    public void The_nearest_point_is_the_nearest()
    {
        var random = new Random(5);
        var points = new PointTrajectory(Enumerable.Range(0, 600).Select(_ => random.NextDouble() * 3).ToArray(), 2);
        var expected = Greedy([.. points]);
        Assert.Equal(expected, TrajectoryOrder.Nearest(points));
    }

    [Fact]
    public void What_cannot_be_ordered_is_refused()
    {
        var single = Assert.Throws<RefusedException>(() => TrajectoryOrder.Corridor(new PointTrajectory(new double[4], 1)));
        Assert.Equal("scan.positions.invalid", single.Reasons[0].Code);
        var many = new PointTrajectory(new double[2 * (TrajectoryOrder.MostNearest + 1)], 2);
        Assert.Equal("scan.points.many", Assert.Throws<RefusedException>(() => TrajectoryOrder.Nearest(many)).Reasons[0].Code);
    }

    private static PointTrajectory Order(string order, PointTrajectory points) => order switch
    {
        "corridor" => TrajectoryOrder.Corridor(points),
        "shell" => TrajectoryOrder.Shells(points),
        _ => TrajectoryOrder.Nearest(points),
    };

    private static IEnumerable<(double, double)> Points(Trajectory points) => points.Select(p => (p[0], p[1]));

    private static IEnumerable<double[]> Greedy(List<double[]> left)
    {
        double[] at = [0, 0];
        while (left.Count > 0)
        {
            at = left.MinBy(p => double.Hypot(p[0] - at[0], p[1] - at[1]))!;
            left.Remove(at);
            yield return at;
        }
    }
}

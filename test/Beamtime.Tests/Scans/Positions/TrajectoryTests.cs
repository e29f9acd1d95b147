using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Tests.Scans.Positions;

public sealed class TrajectoryTests
{
    [Fact]
    public void A_line_has_equal_steps_and_ends_exactly_at_its_ends()
    {
        var line = new LineTrajectory([-5, 0], [5, 0.3], 4);
        Near([[-5, 0], [-5 + (10.0 / 3), 0.3 / 3], [-5 + (20.0 / 3), 0.6 / 3], [5, 0.3]], line);
        Assert.Equal([5, 0.3], line[3]);
    }

    [Fact]
    public void Ten_steps_of_a_tenth_have_no_drift()
    {
        var line = new LineTrajectory([0], [1], 11);
        for (var i = 0; i <= 10; i++)
        {
            Assert.Equal(i / 10.0, line[i][0], 15);
        }
    }

    [Fact]
    public void One_step_stays_at_the_start()
    {
        Assert.Equal([[3.0]], new LineTrajectory([3], [9], 1));
        Assert.Equal([[3.0]], new LogTrajectory([3], [9], 1));
        Assert.Equal([(3.0, 3.0)], new LineTrajectory([3], [9], 1).Ranges());
        Assert.Equal([[3.0, 0], [3, 1]], new GridTrajectory([new(3, 9, 1), new(0, 1, 2)], isSnaked: true));
    }

    [Fact]
    public void A_position_outside_is_a_bug()
    {
        Trajectory[] all =
        [
            new LineTrajectory([0], [1], 2), new LogTrajectory([0], [1], 2), new GridTrajectory([new(0, 1, 2)], false),
            new PointTrajectory(new double[2], 1), new Oscillation([1, 2], 2, false),
        ];
        Assert.All(all.Concat(all.Select(t => t.Shifted([1.0]))), trajectory =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => trajectory[2]);
            Assert.Throws<ArgumentOutOfRangeException>(() => trajectory[-1]);
        });
    }

    [Fact]
    public void Computed_trajectories_of_very_many_points_take_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([0.5], new LineTrajectory([0], [1], 100_000_001)[50_000_000]);
        var grid = new GridTrajectory([new(0, 1, 40_001), new(0, 1, 40_001)], isSnaked: true);
        Assert.Equal([0.5, 0.5], grid[20_000 + (20_000 * 40_001)]);
        Assert.Equal([(0.0, 1.0), (0.0, 1.0)], grid.Ranges());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void The_first_axis_of_a_grid_is_the_fast_one_and_a_snaked_grid_never_flies_back()
    {
        Near(
            [[0, 0], [1, 0], [2, 0], [2, 1], [1, 1], [0, 1]],
            new GridTrajectory([new(0, 2, 3), new(0, 1, 2)], isSnaked: true));
        Near(
            [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]],
            new GridTrajectory([new(0, 2, 3), new(0, 1, 2)], isSnaked: false));
        Assert.Equal(
            ["000", "100", "110", "010", "011", "111", "101", "001"],
            new GridTrajectory([new(0, 1, 2), new(0, 1, 2), new(0, 1, 2)], isSnaked: true).Select(p => string.Concat(p)));
    }

    [Theory]
    [InlineData(3, 4, 5)]
    [InlineData(2, 5, 3)]
    [InlineData(1, 3, 2)]
    public void A_snaked_grid_takes_every_point_once_and_moves_one_axis_by_one_step(int first, int second, int third)
    {
        var grid = new GridTrajectory([new(0, first - 1, first), new(0, second - 1, second), new(0, third - 1, third)], isSnaked: true);
        Assert.Equal(first * second * third, grid.Select(p => (p[0], p[1], p[2])).Distinct().Count());
        Assert.All(grid.Zip(grid.Skip(1)), pair =>
            Assert.Equal(1, pair.First.Zip(pair.Second).Sum(axis => Math.Abs(axis.First - axis.Second)), 9));
    }

    [Fact]
    public void A_grid_of_more_points_than_can_be_counted_is_refused()
    {
        var refused = Assert.Throws<RefusedException>(() => new GridTrajectory([new(0, 1, 100_000), new(0, 1, 100_000)], true));
        Assert.Equal("scan.points.many", refused.Reasons[0].Code);
    }

    [Fact]
    public void Logarithmic_steps_grow_tenfold() =>
        Near([[0], [0.7783], [2.1623], [4.6234], [9]], new LogTrajectory([0], [9], 5), 4);

    [Fact]
    public void Lists_go_side_by_side_and_must_be_equally_long()
    {
        Assert.Equal([[1.0, 10], [2, 20], [4, 40]], PointTrajectory.FromColumns([[1, 2, 4], [10, 20, 40]]));
        var refused = Assert.Throws<RefusedException>(() => PointTrajectory.FromColumns([[1, 2], [3]]));
        Assert.Equal("scan.positions.invalid", refused.Reasons[0].Code);
    }

    [Fact]
    public void A_shifted_trajectory_is_the_same_elsewhere()
    {
        var shifted = new GridTrajectory([new(0, 2, 3), new(0, 1, 2)], isSnaked: true).Shifted([10, -1]);
        Near([[10, -1], [11, -1], [12, -1], [12, 0], [11, 0], [10, 0]], shifted);
        Assert.Equal([(10, 12), (-1, 0)], shifted.Ranges());
    }

    [Fact]
    public void A_rotated_trajectory_turns_counter_clockwise_about_its_centre()
    {
        var line = new LineTrajectory([1, 0, 7], [2, 0, 8], 2);
        Near([[0, 1, 7], [0, 2, 8]], line.Rotated(Math.PI / 2));
        Near([[1, 0, 7], [1, 1, 8]], line.Rotated(Math.PI / 2, 1, 0));
        var ranges = line.Rotated(Math.PI / 2).Ranges();
        Assert.Equal(2, ranges[1].High, 12);
    }

    [Fact]
    public void An_oscillation_goes_forth_and_back_for_ever()
    {
        Assert.Equal([600, 620, 640, 620, 600, 620, 640], new Oscillation([600, 620, 640], 7, repeatsTurns: false).Select(p => p[0]));
        Assert.Equal([600, 600, 620, 640, 640, 620, 600, 600], new Oscillation([600, 620, 640], 8, repeatsTurns: true).Select(p => p[0]));
        Assert.Equal([5, 5, 5], new Oscillation([5], 3, repeatsTurns: true).Select(p => p[0]));
        Assert.Equal(620, Oscillation.At([600, 620, 640], 4L * 1_000_000_000_000 + 1, repeatsTurns: false));
    }

    [Fact]
    public void A_range_with_a_position_that_is_no_number_is_no_number() =>
        Assert.True(double.IsNaN(new PointTrajectory(new[] { 1, double.NaN, 2 }, 1).Ranges()[0].Low));

    private static void Near(double[][] expected, Trajectory actual, int digits = 12)
    {
        Assert.Equal(expected.Length, actual.Count);
        foreach (var (i, point) in expected.Index())
        {
            Assert.Equal(point.Length, actual.Axes);
            Assert.All(point.Zip(actual[i]), axis => Assert.Equal(axis.First, axis.Second, digits));
        }
    }
}

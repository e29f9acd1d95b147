using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Tests.Scans.Positions;

public sealed class PatternTests
{
    private static readonly PositionBox Square = new(-5, 5, -5, 5);

    [Fact]
    public void Fermats_spiral_has_its_known_points()
    {
        var spiral = FermatSpiral.Within(Square, 0.5);
        Assert.Equal(400, spiral.Count);
        Near([-0.2080, -0.1906], spiral[0]);
        Near([0.0349, 0.3974], spiral[1]);
        Near([0.2973, -0.3878], spiral[2]);
        Near([4.8874, -4.8190], spiral[399]);
        Near([0.2080, 0.1906], FermatSpiral.Within(Square, 0.5, type: 1)[0]);
        var centred = FermatSpiral.Within(Square, 0.5, isCentred: true);
        Assert.Equal(401, centred.Count);
        Assert.Equal([0, 0], centred[0]);
    }

    [Fact]
    public void Fermats_spiral_lies_in_any_box_in_either_direction()
    {
        var spiral = FermatSpiral.Within(new PositionBox(12, 10, -1, 4), 0.25);
        Assert.InRange(spiral.Count, 150, 170);
        Assert.All(spiral, p => Assert.True(p[0] is >= 10 and <= 12 && p[1] is >= -1 and <= 4));
    }

    // The formula of old gave radii -5, -10 and -15 here, 18 points: wrong in sign, and one ring too many.
    [Fact]
    public void Rings_lie_between_the_inner_and_the_outer_radius()
    {
        var rings = Rings.Between(0, 10, rings: 2, first: 3);
        double[][] expected = [[0, 5], [4.3301, -2.5], [-4.3301, -2.5], [0, 10], [8.6603, 5], [8.6603, -5]];
        Assert.Equal(9, rings.Count);
        Assert.All(expected.Index(), p => Near(p.Item, rings[p.Index]));
        Assert.Equal(45, Rings.Between(0, 40, 5, 3).Count);
        Assert.Equal([10, 20, 30, 40], RadiiOf(Rings.Between(10, 40, 4, 2)));
        Assert.Equal([8], RadiiOf(Rings.Between(8, 8, 1, 4)));
    }

    [Fact]
    public void Rings_have_their_centre()
    {
        var rings = Rings.Between(0, 1, 1, 4, center1: 10, center2: -3);
        Assert.All(new double[][] { [10, -2], [11, -3], [10, -4], [9, -3] }.Index(), p => Near(p.Item, rings[p.Index]));
    }

    [Fact]
    public void Rings_in_a_box_end_at_its_edges()
    {
        Assert.Equal(49, Rings.Within(Square, 1, 3).Count);
        var few = Rings.Within(Square, 2, 3);
        Assert.Equal(11, few.Count);
        Assert.All(new double[][] { [2, 0], [-1, 1.7321], [-1, -1.7321] }.Index(), p => Near(p.Item, few[p.Index]));
        Assert.All(Rings.Within(new PositionBox(5, 3, 7, 2), 0.5, 4, 4, 4), p => Assert.True(p[0] is >= 3 and <= 5 && p[1] is >= 2 and <= 7));
    }

    [Fact]
    public void Hexagons_shift_every_second_row_by_half_a_step()
    {
        var hexagons = Hexagons.Within(new PositionBox(0, 4, 0, 3), 1, 1, isSnaked: true);
        Assert.Equal(18, hexagons.Count);
        Near([0.5, 3], hexagons[17]);
        Near([3.5, 1], hexagons[5]);
        Near([0.5, 1], Hexagons.Within(new PositionBox(0, 4, 0, 3), 1, 1, isSnaked: false)[5]);
    }

    [Fact]
    public void Hexagons_run_in_the_direction_of_their_axes()
    {
        var hexagons = Hexagons.Within(new PositionBox(4, 0, 3, 0), 1, 1, isSnaked: true);
        Assert.Equal(18, hexagons.Count);
        Near([4, 3], hexagons[0]);
        Near([3, 3], hexagons[1]);
        Near([3.5, 0], hexagons[17]);
    }

    [Fact]
    public void Rounding_leaves_no_point_out_and_puts_none_beyond_the_edge()
    {
        // 3 · 0.1 is a little more than 0.3.
        var hexagons = Hexagons.Within(new PositionBox(0, 0.3, 0, 0.3), 0.1, 0.1, isSnaked: false);
        Assert.Equal(14, hexagons.Count);
        Assert.Equal([(0, 0.3), (0, 0.3)], hexagons.Ranges());
    }

    [Fact]
    public void Regions_of_a_line_share_the_point_where_they_meet()
    {
        Assert.Equal([0, 0.5, 1, 2, 3], JoinedRegions.Lines([new(0, 1, 3), new(1, 3, 3)]).Select(p => p[0]));
        Assert.Equal([0, 1, 5, 4], JoinedRegions.Lines([new(0, 1, 2), new(5, 4, 2)]).Select(p => p[0]));
        Assert.Equal(21, JoinedRegions.Lines([new(0, 0.3, 11), new(0.1 * 3, 1, 11)]).Count);
    }

    [Fact]
    public void Regions_of_a_grid_follow_each_other() => Assert.Equal(
        [[0, 0], [1, 0], [1, 1], [0, 1], [5, 5], [6, 5]],
        JoinedRegions.Grids([new(new(0, 1, 2), new(0, 1, 2)), new(new(5, 6, 2), new(5, 5, 1))], isSnaked: true));

    [Fact]
    public void A_spiral_winds_to_the_edge_of_its_box()
    {
        var spiral = ArchimedeanSpiral.Within(10, 10, 1, 8);
        Assert.Equal(41, spiral.Count);
        Assert.Equal([0, 0], spiral[0]);
        Near([1, 0], spiral[8]);
        Near([5, 0], spiral[40]);
        Near([0, 1], ArchimedeanSpiral.Within(10, 10, 1, 8, tilt: Math.PI / 2)[8]);
        Near([0, 0.5], ArchimedeanSpiral.Within(10, 10, 1, 4, spacing2: 2)[1]);
    }

    [Fact]
    public void A_pattern_of_too_many_points_is_refused_before_it_is_computed()
    {
        Action[] patterns =
        [
            () => FermatSpiral.Within(Square, 1e-6), () => FermatSpiral.Within(Square, double.Epsilon),
            () => Rings.Between(0, 1, 100_000_000, 100_000_000), () => Rings.Within(Square, 1e-9, 1),
            () => Hexagons.Within(Square, 1e-5, 1e-5, true), () => JoinedRegions.Lines([new(0, 1, int.MaxValue), new(1, 2, int.MaxValue)]),
            () => JoinedRegions.Grids([new(new(0, 1, 100_000), new(0, 1, 100_000))], true), () => ArchimedeanSpiral.Within(1, 1, 1e-9, 8),
            () => PointTrajectory.From(new LineTrajectory([0], [1], 100_000_000)),
        ];
        Assert.All(patterns, pattern => Assert.Equal("scan.points.many", Assert.Throws<RefusedException>(pattern).Reasons[0].Code));
    }

    private static double[] RadiiOf(Trajectory rings) =>
        [.. rings.Select(p => Math.Round(double.Hypot(p[0], p[1]), 9)).Distinct()];

    private static void Near(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), axis => Assert.Equal(axis.First, axis.Second, 4));
}

using Beamtime.Control.Scans.Library;

namespace Beamtime.Tests.Scans;

public sealed class LinePositionsTests
{
    [Fact]
    public void A_line_has_equal_steps_and_ends_exactly_at_its_ends()
    {
        var line = new LinePositions([-5, 0], [5, 0.3], 4);
        double[][] expected = [[-5, 0], [-5 + (10.0 / 3), 0.3 / 3], [-5 + (20.0 / 3), 0.6 / 3], [5, 0.3]];
        Assert.Equal(4, line.Count);
        Assert.Equal([.. line], expected, (a, b) => a.Zip(b).All(p => Math.Abs(p.First - p.Second) < 1e-12));
        Assert.Equal([5, 0.3], line[3]);
    }

    [Fact]
    public void Ten_steps_of_a_tenth_have_no_drift()
    {
        var line = new LinePositions([0], [1], 11);
        for (var i = 0; i <= 10; i++)
        {
            Assert.Equal(i / 10.0, line[i][0], 15);
        }
    }

    [Fact]
    public void One_step_stays_at_the_start() => Assert.Equal([[3.0]], new LinePositions([3], [9], 1));

    [Fact]
    public void A_position_outside_is_a_bug()
    {
        var line = new LinePositions([0], [1], 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => line[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => line[-1]);
    }

    [Fact]
    public void A_line_of_a_hundred_million_points_takes_no_memory() =>
        Assert.Equal([0.5], new LinePositions([0], [1], 100_000_001)[50_000_000]);
}

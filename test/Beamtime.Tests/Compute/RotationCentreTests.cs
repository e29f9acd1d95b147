using Beamtime.Data.Compute;

namespace Beamtime.Tests.Compute;

public class RotationCentreTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(127.5)]
    [InlineData(127.8)]
    [InlineData(140.3)]
    [InlineData(103.15)]
    [InlineData(156.65)]
    public void A_pair_half_a_turn_apart_tells_the_axis_under_noise(double centre)
    {
        foreach (var photonsPerCount in (double[])[1e6, 2, 0.02])
        {
            var scan = PhantomScan.Of(64, 256, centre, [0, 180], photonsPerCount);
            var found = RotationCentre.FromPair(scan.LineIntegrals(0), scan.LineIntegrals(1), 256);
            output.WriteLine($"{photonsPerCount} photons a count: {found.Column - centre:F3} px, similarity {found.Similarity:F3}");
            Assert.InRange(found.Column, centre - 0.25, centre + 0.25);
            Assert.True(found.Similarity > 0.8);
        }
    }

    [Theory]
    [InlineData(127.5)]
    [InlineData(140.3)]
    [InlineData(103.15)]
    public void A_sinogram_without_a_pair_tells_the_axis(double centre)
    {
        var scan = PhantomScan.Of(32, 256, centre, PhantomScan.HalfTurn(91));
        var sinogram = new double[91 * 256];
        for (var i = 0; i < 91; i++)
        {
            var integrals = scan.LineIntegrals(i);
            for (var at = 0; at < integrals.Length; at++)
            {
                sinogram[i * 256 + at % 256] += integrals[at];
            }
        }

        var found = RotationCentre.FromSinogram(sinogram, scan.Degrees);
        output.WriteLine($"{found.Column - centre:F3} px, similarity {found.Similarity:F3}");
        Assert.InRange(found.Column, centre - 0.25, centre + 0.25);
        Assert.True(found.Similarity > 0.8);
    }

    [Fact]
    public void Without_a_sample_there_is_nothing_to_go_by()
    {
        var random = new Random(5);
        var noise = () => Enumerable.Range(0, 32 * 256).Select(_ => random.NextDouble() * 0.02).ToArray();
        Assert.True(RotationCentre.FromPair(noise(), noise(), 256).Similarity < 0.3);
        Assert.True(RotationCentre.FromPair(new double[512], new double[512], 256).Similarity < 0.3);
    }
}

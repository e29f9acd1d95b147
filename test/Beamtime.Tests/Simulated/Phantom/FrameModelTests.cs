using Beamtime.Simulated.Phantom;

namespace Beamtime.Tests.Simulated.Phantom;

public class FrameModelTests
{
    private static readonly FrameParameters Parameters = new()
    {
        Rows = 64, Columns = 96, RotationCentre = 50, Seed = 3, ExposureSeconds = 0.05,
    };

    [Fact]
    public void The_same_seed_gives_the_same_frames()
    {
        var (one, other, third) = (Frame(Parameters, 2), Frame(Parameters, 2), Frame(Parameters with { Seed = 4 }, 2));
        Assert.Equal(one, other);
        Assert.NotEqual(one, third);
        Assert.NotEqual(one, Frame(Parameters, 3));
    }

    [Fact]
    public void Dark_frames_show_offset_dark_current_and_read_noise()
    {
        var (means, variances) = Statistics(Parameters, 200, (model, frame) => model.Dark(frame));
        Assert.InRange(means.Average(), 100.5, 101.5);
        Assert.InRange(variances.Average(), 8.8, 9.4);
    }

    [Theory]
    [InlineData(0.05, 0.5)]
    [InlineData(0.05, 2)]
    [InlineData(0.0005, 0.1)]
    public void Flat_frames_vary_as_photons_do(double exposure, double photonsPerCount)
    {
        // The shortest exposure is one of some twenty photons a pixel, where the counts are truly Poisson.
        var parameters = Parameters with { ExposureSeconds = exposure, PhotonsPerCount = photonsPerCount };
        var (means, variances) = Statistics(parameters, 300, (model, frame) => model.Flat(frame));
        var offset = 100 + 20 * exposure;
        var expected = means.Average(m => Math.Max(0, m - offset)) / photonsPerCount + 9;
        Assert.InRange(variances.Average() / expected, 0.98, 1.02);
    }

    [Fact]
    public void A_projection_lets_through_what_the_line_integrals_say()
    {
        var parameters = Parameters with { PhotonsPerCount = 1e6 };
        var model = new FrameModel(parameters, EllipsoidPhantom.Fitting(parameters));
        var (dark, flat, projection) = (new ushort[64 * 96], new ushort[64 * 96], new ushort[64 * 96]);
        model.Dark(dark);
        model.Flat(flat);
        model.Projection(25, projection);
        var rays = new float[64 * 96];
        model.Rays.Fill(25, 50, 0, rays);
        for (var i = 0; i < rays.Length; i++)
        {
            if (flat[i] > 1000)
            {
                Assert.Equal(rays[i], Math.Log((flat[i] - dark[i]) / (double)(projection[i] - dark[i])), 0.02);
            }
        }
    }

    [Fact]
    public void Too_much_light_saturates()
    {
        var model = new FrameModel(Parameters, EllipsoidPhantom.Fitting(Parameters)) { ExposureSeconds = 5 };
        var frame = new ushort[64 * 96];
        model.Flat(frame);
        Assert.True(frame.Count(c => c == ushort.MaxValue) > 0.99 * frame.Length);
    }

    [Fact]
    public void A_closed_shutter_gives_a_dark_frame()
    {
        var model = new FrameModel(Parameters, EllipsoidPhantom.Fitting(Parameters));
        var frame = new ushort[64 * 96];
        model.Projection(0, frame, beam: 0);
        Assert.InRange(frame.Max(), (ushort)95, (ushort)120);
    }

    [Fact]
    public void A_frame_of_eight_megabytes_works()
    {
        var parameters = Parameters with { Rows = 2048, Columns = 2048, RotationCentre = 1100 };
        var frame = new ushort[2048 * 2048];
        new FrameModel(parameters, EllipsoidPhantom.Fitting(parameters)).Projection(10, frame);
        Assert.True(frame[1024 * 2048 + 1100] < frame[1024 * 2048 + 10]);
    }

    [Fact]
    public void Normal_deviates_have_the_moments_of_the_normal_distribution()
    {
        var noise = new NoiseSource(1, 2);
        double[] moments = [0, 0, 0, 0, 0];
        const int count = 2_000_000;
        var beyond = 0;
        for (var i = 0; i < count; i++)
        {
            var x = noise.NextNormal();
            beyond += Math.Abs(x) > 3.7 ? 1 : 0;
            for (var power = 1; power <= 4; power++)
            {
                moments[power] += Math.Pow(x, power) / count;
            }
        }

        Assert.Equal(0, moments[1], 0.004);
        Assert.Equal(1, moments[2], 0.006);
        Assert.Equal(0, moments[3], 0.02);
        Assert.Equal(3, moments[4], 0.04);
        Assert.InRange(beyond, 431 - 110, 431 + 110);
    }

    private static ushort[] Frame(FrameParameters parameters, int frames)
    {
        var model = new FrameModel(parameters, EllipsoidPhantom.Fitting(parameters));
        var frame = new ushort[64 * 96];
        for (var i = 0; i < frames; i++)
        {
            model.Projection(10, frame);
        }

        return frame;
    }

    private static (double[] Means, double[] Variances) Statistics(
        FrameParameters parameters, int frames, Action<FrameModel, ushort[]> take)
    {
        var model = new FrameModel(parameters, EllipsoidPhantom.Fitting(parameters));
        var frame = new ushort[64 * 96];
        var (sums, squares) = (new double[frame.Length], new double[frame.Length]);
        for (var i = 0; i < frames; i++)
        {
            take(model, frame);
            for (var at = 0; at < frame.Length; at++)
            {
                sums[at] += frame[at];
                squares[at] += (double)frame[at] * frame[at];
            }
        }

        double[] means = [.. sums.Select(s => s / frames)];
        return (means, [.. squares.Zip(means, (s, m) => (s / frames - m * m) * frames / (frames - 1))]);
    }
}

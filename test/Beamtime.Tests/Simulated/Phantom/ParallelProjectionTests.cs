using System.Diagnostics;
using Beamtime.Simulated.Phantom;

namespace Beamtime.Tests.Simulated.Phantom;

public class ParallelProjectionTests
{
    private const double Pixel = 0.01;

    [Theory]
    [InlineData(0)]
    [InlineData(37)]
    [InlineData(90)]
    [InlineData(201.5)]
    public void Line_integrals_equal_sums_over_the_slice(double degrees)
    {
        // Sums along rays over a fine picture of the same plane.
        const int columns = 128;
        const int fine = 4 * columns;
        const double centre = 70.25;
        var phantom = new EllipsoidPhantom(0.75 * columns * Pixel / 2);
        var projection = new ParallelProjection(phantom, 101, columns, Pixel);
        foreach (var row in (int[])[50, 30, 78])
        {
            var exact = new float[columns];
            projection.Fill(degrees, centre, row, exact);
            var slice = projection.Slice(row, fine);
            var (sin, cos) = double.SinCos(double.DegreesToRadians(degrees));
            var (worst, mean) = (0.0, 0.0);
            var total = 0.0;
            for (var column = 0; column < columns; column++)
            {
                var sum = 0.0;
                for (var step = -fine; step < fine; step++)
                {
                    var (across, along) = ((column - centre) * 4, step * 0.5);
                    var j = (int)Math.Round(across * cos - along * sin + (fine - 1) / 2.0);
                    var i = (int)Math.Round(across * sin + along * cos + (fine - 1) / 2.0);
                    sum += j is >= 0 and < fine && i is >= 0 and < fine ? slice[i * fine + j] : 0;
                }

                sum *= 0.5 * Pixel / 4;
                worst = Math.Max(worst, Math.Abs(sum - exact[column]));
                mean += Math.Abs(sum - exact[column]) / columns;
                total += sum;
            }

            // A raster is coarse where a ray grazes a rim.
            Assert.True(worst < 0.2 && mean < 0.015, $"row {row}: {worst} at worst, {mean} in the mean");
            Assert.InRange(total / exact.Sum(), 0.997, 1.003);
        }
    }

    [Fact]
    public void Half_a_turn_mirrors_the_projection_about_the_axis()
    {
        var projection = new ParallelProjection(new EllipsoidPhantom(0.4), 11, 101, Pixel);
        var (one, other) = (new float[11 * 101], new float[11 * 101]);
        projection.Fill(30, 53, 0, one);
        projection.Fill(210, 53, 0, other);
        for (var at = 0; at < one.Length; at++)
        {
            var mirror = 106 - at % 101;
            if (mirror < 101)
            {
                Assert.Equal(one[at], other[at / 101 * 101 + mirror], 1e-3f);
            }
        }
    }

    [Fact]
    public void The_phantom_stays_in_the_field_with_the_axis_an_eighth_off_centre()
    {
        var parameters = new FrameParameters { Rows = 9, Columns = 512, RotationCentre = 255.5 + 60, Seed = 1 };
        var projection = new ParallelProjection(EllipsoidPhantom.Fitting(parameters), 9, 512, parameters.PixelSizeMm);
        var rays = new float[9 * 512];
        for (var degrees = 0; degrees < 360; degrees += 3)
        {
            projection.Fill(degrees, parameters.RotationCentre, 0, rays);
            for (var row = 0; row < 9; row++)
            {
                Assert.Equal(0, rays[row * 512]);
                Assert.Equal(0, rays[row * 512 + 511]);
            }

            Assert.InRange(rays.Max(), 0.8f, 2.5f);
        }
    }

    [Fact]
    public void Rows_may_be_projected_piece_by_piece()
    {
        var projection = new ParallelProjection(new EllipsoidPhantom(0.4), 40, 100, Pixel);
        var (whole, pieces) = (new float[4000], new float[4000]);
        projection.Fill(12, 50, 0, whole);
        Parallel.For(0, 8, i => projection.Fill(12, 50, i * 5, pieces.AsSpan(i * 500, 500)));
        Assert.Equal(whole, pieces);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_frame_costs_milliseconds()
    {
        var parameters = new FrameParameters { Rows = 512, Columns = 512, RotationCentre = 275, Seed = 1 };
        var model = new FrameModel(parameters, EllipsoidPhantom.Fitting(parameters));
        var frame = new ushort[512 * 512];
        var rays = new float[512 * 512];
        for (var i = 0; i < 60; i++)
        {
            model.Projection(i, frame);
        }

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
        {
            model.Projection(i, frame);
        }

        var whole = watch.Elapsed.TotalMilliseconds / 20;
        watch.Restart();
        for (var i = 0; i < 20; i++)
        {
            model.Rays.Fill(i, 275, 0, rays);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"frame {whole:F2} ms, of it rays {watch.Elapsed.TotalMilliseconds / 20:F2} ms");
        Assert.True(whole < 60);
    }
}

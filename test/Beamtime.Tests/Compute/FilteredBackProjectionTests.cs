using System.Diagnostics;
using Beamtime.Data.Compute;

namespace Beamtime.Tests.Compute;

public class FilteredBackProjectionTests(ITestOutputHelper output)
{
    private const int Size = 256;

    [Theory]
    [InlineData(127.5)]
    [InlineData(128)]
    [InlineData(148.3)]
    [InlineData(103.75)]
    public void A_slice_looks_like_the_phantom_wherever_the_axis_is(double centre)
    {
        var scan = PhantomScan.Of(20, Size, centre, PhantomScan.HalfTurn(181), photonsPerCount: 1e6);
        var volume = PhantomScan.Volume(scan.Reconstruction());
        foreach (var row in (int[])[0, 9, 19])
        {
            AssertAlike(scan, volume, row, 0.95);
        }
    }

    [Fact]
    public void Attenuation_comes_out_in_inverse_millimetres()
    {
        var scan = PhantomScan.Of(16, Size, 130, PhantomScan.HalfTurn(361), photonsPerCount: 1e6);
        var slice = PhantomScan.Slice(PhantomScan.Volume(scan.Reconstruction()), 8, Size);
        var truth = scan.Truth(8);
        Assert.InRange(slice.Sum() / truth.Sum(), 0.99, 1.01);
        // In the body, away from edges: the mean of a patch about the axis.
        double measured = 0, expected = 0;
        for (var i = -5; i <= 5; i++)
        {
            for (var j = -5; j <= 5; j++)
            {
                measured += slice[(128 + i) * Size + 128 + j];
                expected += truth[(128 + i) * Size + 128 + j];
            }
        }

        Assert.InRange(measured / expected, 0.97, 1.03);
    }

    [Fact]
    public void Photon_noise_leaves_the_phantom_recognisable()
    {
        var scan = PhantomScan.Of(16, Size, 140, PhantomScan.HalfTurn(181));
        AssertAlike(scan, PhantomScan.Volume(scan.Reconstruction()), 8, 0.95);
    }

    [Fact]
    public void A_flipped_slice_is_clearly_worse()
    {
        var scan = PhantomScan.Of(4, Size, 140, PhantomScan.HalfTurn(181));
        var slice = PhantomScan.Slice(PhantomScan.Volume(scan.Reconstruction()), 2, Size);
        var upright = PhantomScan.Correlation(slice, scan.Truth(2));
        float[] leftRight = [.. Enumerable.Range(0, Size * Size).Select(i => slice[i / Size * Size + Size - 1 - i % Size])];
        float[] upDown = [.. Enumerable.Range(0, Size * Size).Select(i => slice[(Size - 1 - i / Size) * Size + i % Size])];
        float[] transposed = [.. Enumerable.Range(0, Size * Size).Select(i => slice[i % Size * Size + i / Size])];
        foreach (var wrong in (float[][])[leftRight, upDown, transposed, [.. slice.Reverse()]])
        {
            Assert.True(PhantomScan.Correlation(wrong, scan.Truth(2)) < upright - 0.1);
        }
    }

    [Fact]
    public void A_wrong_axis_is_clearly_worse()
    {
        var scan = PhantomScan.Of(4, Size, 140, PhantomScan.HalfTurn(181));
        var right = Correlation(scan, PhantomScan.Volume(scan.Reconstruction()), 2);
        var wrong = Correlation(scan, PhantomScan.Volume(scan.Reconstruction(centre: 150)), 2);
        Assert.True(wrong < right - 0.1, $"{wrong} against {right}");
    }

    [Fact]
    public void A_half_turn_with_both_ends_and_a_whole_turn_are_right_too()
    {
        var inclusive = PhantomScan.Of(2, Size, 140, PhantomScan.HalfTurn(182, isInclusive: true), photonsPerCount: 1e6);
        AssertAlike(inclusive, PhantomScan.Volume(inclusive.Reconstruction()), 1, 0.95);
        double[] turn = [.. Enumerable.Range(0, 401).Select(i => 360.0 * i / 400)];
        var whole = PhantomScan.Of(2, Size, 140, turn, photonsPerCount: 1e6);
        var volume = PhantomScan.Volume(whole.Reconstruction());
        AssertAlike(whole, volume, 1, 0.95);
        Assert.InRange(PhantomScan.Slice(volume, 1, Size).Sum() / whole.Truth(1).Sum(), 0.99, 1.01);
    }

    [Fact]
    public void Frames_that_did_not_come_are_left_out()
    {
        var scan = PhantomScan.Of(2, Size, 120, PhantomScan.HalfTurn(240));
        var present = Enumerable.Range(0, 240).Select(i => i % 9 != 4 && i is not (100 or 101 or 102 or 239)).ToArray();
        foreach (var gone in Enumerable.Range(0, 240).Where(i => !present[i]))
        {
            for (var at = 0; at < 2 * Size; at++)
            {
                scan.Projections[gone * 2 * Size + at] = (ushort)(at * 7919 * gone);
            }
        }

        AssertAlike(scan, PhantomScan.Volume(scan.Reconstruction() with { IsPresent = present }), 1, 0.95);
        Assert.True(Correlation(scan, PhantomScan.Volume(scan.Reconstruction()), 1) < 0.9);
    }

    [Fact]
    public void Pieces_threads_and_registers_do_not_change_the_result()
    {
        var scan = PhantomScan.Of(37, 64, 30.2, PhantomScan.HalfTurn(61));
        var whole = PhantomScan.Volume(scan.Reconstruction() with { Threads = 1 });
        var pieces = PhantomScan.Volume(scan.Reconstruction() with { CountsBytes = 1, WorkBytes = 1, Threads = 3 });
        Assert.Equal(whole, pieces);
        AssertClose(whole, Run<Lanes16>(scan));
        AssertClose(whole, Run<Lanes8>(scan));
        AssertClose(whole, Run<Lanes4>(scan));
    }

    [Fact]
    public void A_dead_pixel_is_bridged()
    {
        var scan = PhantomScan.Of(2, Size, 130, PhantomScan.HalfTurn(181), photonsPerCount: 1e6);
        foreach (var column in (int[])[0, 90, 91, 92, 200, 255])
        {
            for (var at = Size + column; at < scan.Projections.Length; at += 2 * Size)
            {
                scan.Projections[at] = 100;
            }

            for (var at = Size + column; at < scan.Flats.Length; at += 2 * Size)
            {
                scan.Flats[at] = 90;
            }
        }

        Assert.Equal(6, scan.FlatField.DeadPixels);
        AssertAlike(scan, PhantomScan.Volume(scan.Reconstruction()), 1, 0.95);
    }

    [Fact]
    public void Rows_that_the_beam_never_reached_are_empty()
    {
        var scan = PhantomScan.Of(3, 64, 30, PhantomScan.HalfTurn(60));
        for (var frame = 0; frame < 20; frame++)
        {
            scan.Flats.AsSpan((frame * 3 + 1) * 64, 64).Clear();
        }

        var volume = PhantomScan.Volume(scan.Reconstruction());
        Assert.All(PhantomScan.Slice(volume, 1, 64), v => Assert.Equal(0, v));
        Assert.All(volume, v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Cancelling_stops_before_the_end()
    {
        var scan = PhantomScan.Of(64, 64, 30, PhantomScan.HalfTurn(60));
        using var cancel = new CancellationTokenSource();
        var taken = 0;
        var reconstruction = scan.Reconstruction() with { Threads = 1 };
        Assert.ThrowsAny<OperationCanceledException>(() => reconstruction.Run(
            (_, _) =>
            {
                taken++;
                cancel.Cancel();
            },
            null,
            cancel.Token));
        Assert.Equal(1, taken);
    }

    [Fact]
    public void A_writer_that_fails_ends_it_with_its_own_error()
    {
        var scan = PhantomScan.Of(64, 64, 30, PhantomScan.HalfTurn(60));
        Assert.Throws<IOException>(() => scan.Reconstruction().Run(
            (_, _) => throw new IOException("disk full"), null, TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_demo_volume_takes_seconds()
    {
        var scan = PhantomScan.Of(64, 512, 275.5, PhantomScan.HalfTurn(181));
        scan.Reconstruction().Run((_, _) => { }, null, TestContext.Current.CancellationToken);
        var (watch, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.UserTime);
        scan.Reconstruction().Run((_, _) => { }, null, TestContext.Current.CancellationToken);
        cpu = Environment.CpuUsage.UserTime - cpu;
        output.WriteLine($"{watch.Elapsed.TotalMilliseconds / 64:F2} ms a slice of 512 × 512 from 181 angles");
        output.WriteLine($"{cpu.TotalMilliseconds / 64:F2} ms of a processor a slice");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    private static float[] Run<TLanes>(PhantomScan scan)
        where TLanes : struct, ILanes<TLanes>
    {
        var volume = new float[37 * 64 * 64];
        scan.Reconstruction().Run<TLanes>(
            (row, slices) => slices.CopyTo(volume.AsSpan(row * 64 * 64)), null, TestContext.Current.CancellationToken);
        return volume;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        var range = expected.Max() - expected.Min();
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) < 1e-4 * range));
    }

    private static double Correlation(PhantomScan scan, float[] volume, int row) =>
        PhantomScan.Correlation(PhantomScan.Slice(volume, row, scan.Parameters.Columns), scan.Truth(row));

    private void AssertAlike(PhantomScan scan, float[] volume, int row, double least)
    {
        var correlation = Correlation(scan, volume, row);
        output.WriteLine($"row {row}: correlation {correlation:F4}");
        Assert.True(correlation > least, $"correlation {correlation} of row {row}");
    }
}

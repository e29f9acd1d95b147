namespace Beamtime.Data.Compute;

/// <summary>What turns counts into line integrals: each pixel's answer to darkness and to the open beam, means over their frames.</summary>
internal sealed class FlatField
{
    private FlatField(int rows, int columns, float[] dark, float[] beam)
    {
        Rows = rows;
        Columns = columns;
        Dark = dark;
        Beam = beam;
        DeadPixels = beam.Count(b => !(b > 0));
    }

    /// <summary>Rows of a frame.</summary>
    public int Rows { get; }

    /// <summary>Columns of a frame.</summary>
    public int Columns { get; }

    /// <summary>Mean counts without beam, row by row; 0 where no dark frame was taken.</summary>
    public float[] Dark { get; }

    /// <summary>Mean counts of the open beam above <see cref="Dark"/>, row by row; 0 or less is a dead pixel.</summary>
    public float[] Beam { get; }

    /// <summary>Pixels that the open beam does not reach or that do not answer to it.</summary>
    public int DeadPixels { get; }

    /// <summary>Averages dark and flat frames.</summary>
    /// <param name="darks">Frames without beam; may be none.</param>
    /// <param name="flats">Frames of the open beam; at least one.</param>
    /// <param name="cancel">Stops between two frames.</param>
    public static FlatField Of(FrameStack darks, FrameStack flats, CancellationToken cancel)
    {
        if (flats.Frames == 0 || (darks.Rows, darks.Columns) != (flats.Rows, flats.Columns))
        {
            throw new ArgumentException("Dark and flat frames must have one shape, and there must be a flat.", nameof(flats));
        }

        var dark = Mean(darks, cancel);
        var beam = Mean(flats, cancel);
        for (var i = 0; i < beam.Length; i++)
        {
            beam[i] -= dark[i];
        }

        return new FlatField(flats.Rows, flats.Columns, dark, beam);
    }

    /// <summary>The line integrals of one row; a dead pixel gets what lies between its living neighbours.</summary>
    /// <param name="counts">Counts of the row.</param>
    /// <param name="row">Row from 0.</param>
    /// <param name="integrals">As many line integrals, dimensionless.</param>
    public void LineIntegrals(ReadOnlySpan<ushort> counts, int row, Span<double> integrals)
    {
        var dark = Dark.AsSpan(row * Columns, Columns);
        var beam = Beam.AsSpan(row * Columns, Columns);
        var living = -1;
        for (var column = 0; column < Columns; column++)
        {
            if (!(beam[column] > 0))
            {
                continue;
            }

            integrals[column] = Math.Log(beam[column] / Math.Max(counts[column] - dark[column], FewestCounts));
            for (var dead = living + 1; dead < column; dead++)
            {
                var share = living < 0 ? 1 : (double)(dead - living) / (column - living);
                integrals[dead] = share * integrals[column] + (living < 0 ? 0 : (1 - share) * integrals[living]);
            }

            living = column;
        }

        integrals[(living + 1)..Columns].Fill(living < 0 ? 0 : integrals[living]);
    }

    /// <summary>Counts that stand for a pixel which saw fewer than this: no ray is taken for opaque.</summary>
    public const float FewestCounts = 1;

    private static float[] Mean(FrameStack stack, CancellationToken cancel)
    {
        var sum = new double[stack.Rows * stack.Columns];
        var counts = new ushort[sum.Length];
        for (var frame = 0; frame < stack.Frames; frame++)
        {
            cancel.ThrowIfCancellationRequested();
            stack.Read(frame, 1, 0, stack.Rows, counts);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += counts[i];
            }
        }

        return Array.ConvertAll(sum, s => (float)(s / Math.Max(1, stack.Frames)));
    }
}

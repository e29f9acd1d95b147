namespace Beamtime.Data.Compute;

/// <summary>Reads some rows of some successive frames.</summary>
/// <param name="fromFrame">First frame.</param>
/// <param name="frames">Number of frames.</param>
/// <param name="fromRow">First row.</param>
/// <param name="rows">Number of rows.</param>
/// <param name="counts">frames × rows × columns counts, to be filled.</param>
internal delegate void ReadRows(int fromFrame, int frames, int fromRow, int rows, Span<ushort> counts);

/// <summary>Frames of one kind on disk or in memory, read piece by piece, from one thread.</summary>
/// <param name="Frames">Number of frames.</param>
/// <param name="Rows">Rows of a frame.</param>
/// <param name="Columns">Columns of a frame.</param>
/// <param name="Read">Reads rows of frames.</param>
internal sealed record FrameStack(int Frames, int Rows, int Columns, ReadRows Read)
{
    /// <summary>Only the frames that came, in their order; to be read one by one.</summary>
    /// <param name="isPresent">A mark for each frame.</param>
    public FrameStack Where(bool[] isPresent)
    {
        int[] came = [.. Enumerable.Range(0, Frames).Where(i => isPresent[i])];
        return this with
        {
            Frames = came.Length,
            Read = (fromFrame, count, fromRow, rows, into) =>
            {
                for (var i = 0; i < count; i++)
                {
                    Read(came[fromFrame + i], 1, fromRow, rows, into.Slice(i * rows * Columns, rows * Columns));
                }
            },
        };
    }

    /// <summary>Frames that already lie in memory.</summary>
    /// <param name="counts">frames × rows × columns counts.</param>
    /// <param name="frames">Number of frames.</param>
    /// <param name="rows">Rows of a frame.</param>
    /// <param name="columns">Columns of a frame.</param>
    public static FrameStack InMemory(ushort[] counts, int frames, int rows, int columns)
    {
        if (counts.LongLength != (long)frames * rows * columns)
        {
            throw new ArgumentException($"{frames} frames of {rows} × {columns} do not make {counts.Length} counts.", nameof(counts));
        }

        return new FrameStack(frames, rows, columns, (fromFrame, count, fromRow, height, into) =>
        {
            for (var frame = 0; frame < count; frame++)
            {
                counts.AsSpan(((fromFrame + frame) * rows + fromRow) * columns, height * columns)
                    .CopyTo(into[(frame * height * columns)..]);
            }
        });
    }
}

namespace Beamtime.Hdf5;

/// <summary>A block of another data set that appears in a virtual one.</summary>
/// <param name="File">
/// The file, best relative to the folder of the file with the virtual data set; <c>.</c> is that file itself.
/// </param>
/// <param name="Dataset">The path of the data set in it.</param>
/// <param name="SourceShape">The whole shape of the source.</param>
/// <param name="SourceOffset">Where the block begins in the source.</param>
/// <param name="SourceCount">The block's size in the source.</param>
/// <param name="Offset">Where the block appears in the virtual data set.</param>
/// <param name="Count">Its size there: as many elements, perhaps of another rank.</param>
public sealed record H5VirtualSource(
    string File,
    string Dataset,
    IReadOnlyList<long> SourceShape,
    IReadOnlyList<long> SourceOffset,
    IReadOnlyList<long> SourceCount,
    IReadOnlyList<long> Offset,
    IReadOnlyList<long> Count)
{
    /// <summary>The whole of a source, at a place in the virtual data set.</summary>
    /// <param name="file">The file of the source.</param>
    /// <param name="dataset">The path of the data set in it.</param>
    /// <param name="sourceShape">Its shape.</param>
    /// <param name="offset">Where it appears; its rank is the virtual data set's and may exceed the source's.</param>
    public static H5VirtualSource Whole(
        string file, string dataset, IReadOnlyList<long> sourceShape, IReadOnlyList<long> offset)
    {
        ArgumentNullException.ThrowIfNull(sourceShape);
        ArgumentNullException.ThrowIfNull(offset);
        if (offset.Count < sourceShape.Count)
        {
            throw new ArgumentException("A place needs at least as many axes as its source.", nameof(offset));
        }

        long[] count = new long[offset.Count];
        Array.Fill(count, 1);
        for (int axis = 0; axis < sourceShape.Count; axis++)
        {
            count[offset.Count - sourceShape.Count + axis] = sourceShape[axis];
        }

        return new H5VirtualSource(
            file, dataset, sourceShape, new long[sourceShape.Count], sourceShape, offset, count);
    }
}

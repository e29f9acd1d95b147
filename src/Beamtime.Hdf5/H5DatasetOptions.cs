namespace Beamtime.Hdf5;

/// <summary>How a data set is stored.</summary>
/// <typeparam name="T">The element type.</typeparam>
public sealed record H5DatasetOptions<T>
    where T : unmanaged
{
    /// <summary>
    /// The shape of a chunk, one length per axis; empty for one block, or, where the data set is extendable, for chunks
    /// of about 64 KiB made of whole rows.
    /// </summary>
    public IReadOnlyList<long> Chunk { get; init; } = [];

    /// <summary>The value of elements never written; zero when null.</summary>
    public T? Fill { get; init; }

    /// <summary>Filters in the order in which they act on writing. They need chunks.</summary>
    public IReadOnlyList<H5Filter> Filters { get; init; } = [];
}

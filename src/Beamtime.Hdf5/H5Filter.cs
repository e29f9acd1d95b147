namespace Beamtime.Hdf5;

/// <summary>A step that every chunk passes on its way to the file.</summary>
/// <param name="Number">The registered number of the filter.</param>
/// <param name="Parameters">What the filter takes, as its author defined it.</param>
/// <param name="IsOptional">Whether a chunk is stored as it is when the filter is missing or fails.</param>
public sealed record H5Filter(int Number, IReadOnlyList<uint> Parameters, bool IsOptional)
{
    /// <summary>Orders bytes by significance, so that compression finds more.</summary>
    public static H5Filter Shuffle { get; } = new(2, [], IsOptional: false);

    /// <summary>A checksum of each chunk.</summary>
    public static H5Filter Fletcher32 { get; } = new(3, [], IsOptional: false);

    /// <summary>gzip.</summary>
    /// <param name="level">0 (fast) to 9 (small).</param>
    public static H5Filter Deflate(int level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(level);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 9);
        return new H5Filter(1, [(uint)level], IsOptional: false);
    }
}

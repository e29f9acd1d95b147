using System.Buffers.Binary;
using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>
/// A way to compress chunks outside of libhdf5, by any number of threads at once, as the registered filters of that name
/// would; the result is written by <see cref="H5Dataset.AppendChunk"/> or <see cref="H5Dataset.WriteChunk"/>. Readers need
/// the filter: hdf5plugin in Python, hdf5-filter-plugin on Debian.
/// </summary>
public sealed class H5Compression
{
    private const int Lz4Number = 32004;
    private const int Lz4Header = 12;
    private const int Lz4Block = 1 << 30;
    private const int BloscNumber = 32001;
    private const int BloscRevision = 2;
    private const int BloscFormat = 2;
    private const int BloscLevel = 1;
    private const int BitShuffle = 2;
    private const int Lz4Code = 1;

    private H5Compression(string name) => Name = name;

    /// <summary>Chunks as they are.</summary>
    public static H5Compression None { get; } = new("none");

    /// <summary>LZ4 alone: quick, for data with repetitions.</summary>
    public static H5Compression Lz4 { get; } = new("lz4");

    /// <summary>Blosc with LZ4 behind a shuffle of bits: the choice for counts of detectors.</summary>
    public static H5Compression BloscLz4 { get; } = new("blosc-lz4");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<H5Compression> All { get; } = [None, Lz4, BloscLz4];

    /// <summary>Its name, as settings and files tell it.</summary>
    public string Name { get; }

    /// <summary>Whether its library is on this machine.</summary>
    public bool IsAvailable => this == None || (this == Lz4 ? Compressors.HasLz4 : Compressors.HasBlosc);

    /// <summary>The compression of that name; null when there is none.</summary>
    /// <param name="name">A name.</param>
    public static H5Compression? Find(string name) => All.FirstOrDefault(c => c.Name == name);

    /// <summary>What the data set has to state for its chunks to be read.</summary>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="chunkBytes">Bytes of a chunk.</param>
    public IReadOnlyList<H5Filter> FiltersOf(int elementBytes, int chunkBytes) => this switch
    {
        // Optional for those who write: a chunk is never filtered by the library here, so it need not have the filter.
        _ when this == Lz4 => [new H5Filter(Lz4Number, [Lz4Block], IsOptional: true)],
        _ when this == BloscLz4 =>
        [
            new H5Filter(
                BloscNumber,
                [BloscRevision, BloscFormat, (uint)elementBytes, (uint)chunkBytes, BloscLevel, BitShuffle, Lz4Code],
                IsOptional: true),
        ],
        _ => [],
    };

    /// <summary>Bytes that a compressed chunk has at most.</summary>
    /// <param name="chunkBytes">Bytes of the chunk.</param>
    public int LongestOf(int chunkBytes) => this switch
    {
        _ when this == Lz4 => chunkBytes + (chunkBytes / 255) + 16 + Lz4Header + sizeof(int),
        _ when this == BloscLz4 => chunkBytes + Compressors.BloscOverhead,
        _ => chunkBytes,
    };

    /// <summary>Compresses a chunk; holds no lock.</summary>
    /// <param name="chunk">The whole chunk.</param>
    /// <param name="elementBytes">Bytes of an element.</param>
    /// <param name="target">Room for <see cref="LongestOf"/> bytes.</param>
    /// <param name="threads">Threads that may work on it.</param>
    /// <returns>Bytes that were written into the target.</returns>
    /// <exception cref="Hdf5Exception">The library of the compression is missing, or it failed.</exception>
    public int Compress(ReadOnlySpan<byte> chunk, int elementBytes, Span<byte> target, int threads)
    {
        if (!IsAvailable)
        {
            throw new Hdf5Exception($"Chunks cannot be compressed by {Name}: its library is not installed.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(target.Length, LongestOf(chunk.Length), nameof(target));
        if (this == BloscLz4)
        {
            var size = Compressors.Blosc(BloscLevel, BitShuffle, elementBytes, chunk, target, Math.Max(1, threads));
            return size > 0 ? size : throw new Hdf5Exception($"blosc failed with {size} on a chunk of {chunk.Length} bytes.");
        }

        if (this == Lz4)
        {
            return CompressLz4(chunk, target);
        }

        chunk.CopyTo(target);
        return chunk.Length;
    }

    // The form of the registered filter: whole length, length of a block, then each block behind its own length; a block that
    // does not become smaller stands as it is.
    private static int CompressLz4(ReadOnlySpan<byte> chunk, Span<byte> target)
    {
        BinaryPrimitives.WriteInt64BigEndian(target, chunk.Length);
        BinaryPrimitives.WriteInt32BigEndian(target[sizeof(long)..], Math.Min(Lz4Block, Math.Max(1, chunk.Length)));
        var size = Compressors.Lz4(chunk, target[(Lz4Header + sizeof(int))..]);
        if (size <= 0 || size >= chunk.Length)
        {
            chunk.CopyTo(target[(Lz4Header + sizeof(int))..]);
            size = chunk.Length;
        }

        BinaryPrimitives.WriteInt32BigEndian(target[Lz4Header..], size);
        return Lz4Header + sizeof(int) + size;
    }
}

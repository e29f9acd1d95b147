using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>The compressors themselves, in forms that need no lock.</summary>
internal static unsafe partial class Compressors
{
    /// <summary>Bytes by which blosc may exceed what it is given.</summary>
    public const int BloscOverhead = 16;

    private const string BloscName = "libblosc.so.1";
    private const string Lz4Name = "liblz4.so.1";

    /// <summary>Whether blosc is there.</summary>
    public static bool HasBlosc { get; } = NativeLibrary.TryLoad(BloscName, out _);

    /// <summary>Whether lz4 is there.</summary>
    public static bool HasLz4 { get; } = NativeLibrary.TryLoad(Lz4Name, out _);

    /// <summary>Compresses by blosc with lz4; 0 or less is a failure.</summary>
    public static int Blosc(
        int level, int shuffle, int elementBytes, ReadOnlySpan<byte> source, Span<byte> target, int threads)
    {
        ReadOnlySpan<byte> compressor = "lz4\0"u8;
        fixed (byte* from = source, to = target, name = compressor)
        {
            return BloscCompress(
                level, shuffle, (nuint)elementBytes, (nuint)source.Length, from, to, (nuint)target.Length, name, 0, threads);
        }
    }

    /// <summary>Compresses by lz4; 0 is a failure.</summary>
    public static int Lz4(ReadOnlySpan<byte> source, Span<byte> target)
    {
        fixed (byte* from = source, to = target)
        {
            return Lz4Compress(from, to, source.Length, target.Length);
        }
    }

    [LibraryImport(BloscName, EntryPoint = "blosc_compress_ctx")]
    private static partial int BloscCompress(
        int level, int shuffle, nuint elementBytes, nuint bytes, byte* source, byte* target, nuint targetBytes, byte* compressor,
        nuint blockBytes, int threads);

    [LibraryImport(Lz4Name, EntryPoint = "LZ4_compress_default")]
    private static partial int Lz4Compress(byte* source, byte* target, int sourceBytes, int targetBytes);
}

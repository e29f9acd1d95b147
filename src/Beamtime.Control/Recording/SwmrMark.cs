using System.Buffers.Binary;
using System.Numerics;

namespace Beamtime.Control.Recording;

/// <summary>
/// Takes the mark of a writer from an HDF5 file whose writer was killed, so that everybody can open it: the flags of the
/// superblock are cleared and its end of file set to the file's length, as the tool <c>h5clear</c> does.
/// </summary>
internal static class SwmrMark
{
    private const int Length = 48;
    private const int FlagsAt = 11;
    private const int BaseAt = 12;
    private const int EndAt = 28;
    private const int ChecksumAt = 44;
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Clears the mark; only when nothing writes the file any more.</summary>
    /// <param name="path">The file.</param>
    /// <returns>False when the file is not marked, or is none that a SWMR writer makes.</returns>
    public static bool Clear(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        var block = new byte[Length];
        // Version 3 with addresses of 8 bytes, at the file's beginning: the only form that SWMR allows and we write.
        if (RandomAccess.Read(file, block, 0) < Length || !block.AsSpan().StartsWith(Signature) || block[8] != 3 || block[9] != 8
            || block[FlagsAt] == 0 || BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(BaseAt)) != 0
            || BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(ChecksumAt)) != Checksum(block.AsSpan(0, ChecksumAt)))
        {
            return false;
        }

        block[FlagsAt] = 0;
        BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(EndAt), RandomAccess.GetLength(file));
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(ChecksumAt), Checksum(block.AsSpan(0, ChecksumAt)));
        RandomAccess.Write(file, block, 0);
        RandomAccess.FlushToDisk(file);
        return true;
    }

    // Bob Jenkins' lookup3, which the format prescribes for metadata; 44 bytes are three rounds of 12 and a rest of 8.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var a = 0xdeadbeef + (uint)bytes.Length;
        var b = a;
        var c = a;
        for (; bytes.Length > 12; bytes = bytes[12..])
        {
            a += BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            b += BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            c += BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
            a -= c;
            a ^= BitOperations.RotateLeft(c, 4);
            c += b;
            b -= a;
            b ^= BitOperations.RotateLeft(a, 6);
            a += c;
            c -= b;
            c ^= BitOperations.RotateLeft(b, 8);
            b += a;
            a -= c;
            a ^= BitOperations.RotateLeft(c, 16);
            c += b;
            b -= a;
            b ^= BitOperations.RotateLeft(a, 19);
            a += c;
            c -= b;
            c ^= BitOperations.RotateLeft(b, 4);
            b += a;
        }

        a += BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        b += BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        c ^= b;
        c -= BitOperations.RotateLeft(b, 14);
        a ^= c;
        a -= BitOperations.RotateLeft(c, 11);
        b ^= a;
        b -= BitOperations.RotateLeft(a, 25);
        c ^= b;
        c -= BitOperations.RotateLeft(b, 16);
        a ^= c;
        a -= BitOperations.RotateLeft(c, 4);
        b ^= a;
        b -= BitOperations.RotateLeft(a, 14);
        c ^= b;
        c -= BitOperations.RotateLeft(b, 24);
        return c;
    }
}

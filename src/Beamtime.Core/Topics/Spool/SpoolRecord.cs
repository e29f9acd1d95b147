using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Beamtime.Core.Topics.Spool;

/// <summary>One record of a spool.</summary>
/// <param name="Stream">What it belongs to; records of one stream are in order of their sequence.</param>
/// <param name="Sequence">Its place in the stream; rises, gaps allowed.</param>
/// <param name="Id">Whose redelivery its receiver knows.</param>
/// <param name="Tag">A number of the stream's owner.</param>
/// <param name="Body">Its content.</param>
internal readonly record struct SpoolRecord(string Stream, long Sequence, Guid Id, long Tag, ReadOnlyMemory<byte> Body);

/// <summary>
/// How a record lies in a segment: length (4 bytes, of what follows the checksum), CRC-32C of that (4), kind (1), length of the stream's
/// name (2), sequence (8), tag (8), id (16), name, body; numbers are little-endian.
/// </summary>
internal static class SpoolFormat
{
    /// <summary>A record.</summary>
    public const byte Record = 1;

    /// <summary>How far a stream is dropped: the sequence before which nothing is needed; the body is the next sequence.</summary>
    public const byte Mark = 2;

    /// <summary>The sequence of a mark that says that another spool has the stream now.</summary>
    public const long Forgotten = long.MaxValue;

    /// <summary>Bytes before the name.</summary>
    public const int HeaderSize = 8 + 1 + 2 + 8 + 8 + 16;

    /// <summary>Bytes of the largest record.</summary>
    public const int Largest = 80 * 1024 * 1024;

    /// <summary>Bytes that a record takes.</summary>
    public static int SizeOf(int nameSize, int bodySize) => HeaderSize + nameSize + bodySize;

    /// <summary>Writes a record.</summary>
    public static void Write(Span<byte> into, byte kind, ReadOnlySpan<byte> name, long sequence, Guid id, long tag, ReadOnlySpan<byte> body)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into, into.Length - 8);
        into[8] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(into[9..], (ushort)name.Length);
        BinaryPrimitives.WriteInt64LittleEndian(into[11..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(into[19..], tag);
        id.TryWriteBytes(into[27..]);
        name.CopyTo(into[HeaderSize..]);
        body.CopyTo(into[(HeaderSize + name.Length)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], Checksum(into[8..]));
    }

    /// <summary>Reads the record at the beginning; false where there is no whole one.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> from, out byte kind, out SpoolRecord record, out int size)
    {
        (kind, record, size) = (0, default, 0);
        var span = from.Span;
        if (span.Length < HeaderSize)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(span);
        if (length < HeaderSize - 8 || length > Largest || span.Length < length + 8
            || BinaryPrimitives.ReadUInt32LittleEndian(span[4..]) != Checksum(span.Slice(8, length)))
        {
            return false;
        }

        var nameSize = BinaryPrimitives.ReadUInt16LittleEndian(span[9..]);
        if (HeaderSize + nameSize > length + 8)
        {
            return false;
        }

        (kind, size) = (span[8], length + 8);
        record = new SpoolRecord(
            Encoding.UTF8.GetString(span.Slice(HeaderSize, nameSize)),
            BinaryPrimitives.ReadInt64LittleEndian(span[11..]),
            new Guid(span.Slice(27, 16)),
            BinaryPrimitives.ReadInt64LittleEndian(span[19..]),
            from.Slice(HeaderSize + nameSize, size - HeaderSize - nameSize));
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}

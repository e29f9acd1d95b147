using System.Buffers.Binary;
using System.IO.Compression;

namespace Beamtime.Data.Compute;

/// <summary>A grey picture of 8 bits as PNG.</summary>
internal static class GreyPicture
{
    private const byte GreyColour = 0;
    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>Writes a picture whose darkest and brightest hundredth are cut off, so that no odd pixel sets the scale.</summary>
    /// <param name="stream">Takes the PNG.</param>
    /// <param name="values">height × width values, row by row; larger is brighter.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public static void Write(Stream stream, ReadOnlySpan<float> values, int width, int height)
    {
        if (width <= 0 || height <= 0 || values.Length != width * height)
        {
            throw new ArgumentException("The picture must have width × height values.", nameof(values));
        }

        stream.Write([0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n']);
        Span<byte> header = [.. stackalloc byte[8], 8, GreyColour, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, Compress(values, width, height));
        WriteChunk(stream, "IEND"u8, []);
    }

    private static byte[] Compress(ReadOnlySpan<float> values, int width, int height)
    {
        var (low, high) = Range(values);
        var scale = high > low ? 255 / (high - low) : 0;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            // Each row begins with its filter: none.
            var line = new byte[width + 1];
            for (var row = 0; row < height; row++)
            {
                for (var column = 0; column < width; column++)
                {
                    var value = values[row * width + column];
                    line[column + 1] = (byte)(float.IsFinite(value) ? Math.Clamp((value - low) * scale + 0.5f, 0, 255) : 0);
                }

                zlib.Write(line);
            }
        }

        return packed.ToArray();
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> values)
    {
        float[] sorted = [.. values.ToArray().Where(float.IsFinite).Order()];
        return sorted.Length == 0 ? (0, 0) : (sorted[sorted.Length / 100], sorted[sorted.Length - 1 - sorted.Length / 200]);
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), content));
        stream.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            crc = CrcTable[(crc ^ b) & 0xFF] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            table[i] = i;
            for (var bit = 0; bit < 8; bit++)
            {
                table[i] = (table[i] >> 1) ^ ((table[i] & 1) * 0xEDB88320);
            }
        }

        return table;
    }
}

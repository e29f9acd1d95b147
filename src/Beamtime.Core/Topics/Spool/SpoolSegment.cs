using System.Globalization;

namespace Beamtime.Core.Topics.Spool;

/// <summary>One file of a spool: which streams it holds, and until where.</summary>
/// <param name="folder">The spool's folder.</param>
/// <param name="number">Its place among the segments.</param>
internal sealed class SpoolSegment(string folder, long number)
{
    /// <summary>How segments are named.</summary>
    public const string Suffix = ".spool";

    /// <summary>Its place among the segments.</summary>
    public long Number => number;

    /// <summary>The file.</summary>
    public string Path { get; } = System.IO.Path.Combine(
        folder, number.ToString("D12", CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Bytes in it, those included that are still to be written.</summary>
    public long Length { get; set; }

    /// <summary>Bytes of it that lie on the disk.</summary>
    public long Synced { get; set; }

    /// <summary>The last sequence of each stream that has records here, and its tag.</summary>
    public Dictionary<string, (long Tag, long Sequence)> Last { get; } = new(StringComparer.Ordinal);

    /// <summary>The whole records of a file, and marks.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="whole">How many of them are whole records.</param>
    public static List<(byte Kind, SpoolRecord Record)> Read(string path, out long length, out long whole)
    {
        ReadOnlyMemory<byte> bytes = File.ReadAllBytes(path);
        length = bytes.Length;
        List<(byte, SpoolRecord)> records = [];
        while (SpoolFormat.TryRead(bytes, out var kind, out var record, out var size))
        {
            records.Add((kind, record));
            bytes = bytes[size..];
        }

        whole = length - bytes.Length;
        return records;
    }

    /// <summary>The number that a file's name is, or null.</summary>
    public static long? NumberOf(string path) =>
        long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

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

    /// <summary>The segments of a folder with what is in them, in order. A torn end of the last one is cut off.</summary>
    /// <param name="folder">The spool's folder.</param>
    /// <param name="disk">The disk.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>spool.damaged</c>.</exception>
    public static IEnumerable<(SpoolSegment Segment, List<(byte Kind, SpoolRecord Record)> Records, long Cut)> LoadAll(
        string folder, SpoolDisk disk)
    {
        var paths = Directory.GetFiles(folder, "*" + Suffix)
            .Where(p => NumberOf(p) is not null).OrderBy(p => NumberOf(p)).ToArray();
        for (var i = 0; i < paths.Length; i++)
        {
            var records = Read(paths[i], out var length, out var whole);
            if (whole < length)
            {
                if (i < paths.Length - 1)
                {
                    throw SpoolErrors.Damaged.Fault($"{paths[i]} is damaged behind byte {whole} of {length}.");
                }

                using var file = disk.Open(paths[i]);
                RandomAccess.SetLength(file, whole);
                disk.Sync(file);
            }

            yield return (
                new SpoolSegment(folder, NumberOf(paths[i])!.Value) { Length = whole, Synced = whole }, records, length - whole);
        }
    }

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

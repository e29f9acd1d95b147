using System.Globalization;
using System.IO.Compression;

namespace Beamtime.Core.Telemetry.Logs;

/// <summary>The files of a process's log: the one that grows, and those that were rotated and packed.</summary>
/// <param name="folder">Their folder.</param>
/// <param name="name">What their names begin with.</param>
/// <param name="kept">How many rotated ones are kept.</param>
internal sealed class LogFileFolder(string folder, string name, int kept)
{
    private const string Packed = ".log.gz";

    /// <summary>The file that grows.</summary>
    public string Current => Path.Combine(folder, $"{name}.log");

    /// <summary>The rotated files, the oldest first.</summary>
    public IReadOnlyList<string> Rotated => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, $"{name}.*").Where(f => IsRotated(Path.GetFileName(f))).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Opens the file that grows; what a program that died left is gone on with.</summary>
    public FileStream Open()
    {
        Directory.CreateDirectory(folder);
        return new FileStream(Current, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 16 * 1024);
    }

    /// <summary>Takes the closed file out of the way, packs it and removes those that are too many.</summary>
    /// <param name="at">When, UTC; stands in its name.</param>
    public void Rotate(DateTimeOffset at)
    {
        var plain = Unused(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}.{at.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}")));
        if (File.Exists(Current))
        {
            File.Move(Current, plain + ".log");
        }

        // Also what a program that died between moving and packing left.
        foreach (var unpacked in Rotated.Where(f => !f.EndsWith(Packed, StringComparison.Ordinal)))
        {
            Pack(unpacked);
        }

        foreach (var old in Rotated.SkipLast(kept))
        {
            File.Delete(old);
        }
    }

    private static void Pack(string path)
    {
        var target = path + ".gz";
        using (var source = File.OpenRead(path))
        using (var packed = new GZipStream(File.Create(target + ".tmp"), CompressionLevel.Fastest))
        {
            source.CopyTo(packed);
        }

        File.Move(target + ".tmp", target, overwrite: true);
        File.Delete(path);
    }

    private static string Unused(string path)
    {
        for (var i = 0; ; i++)
        {
            var next = i == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}-{i}");
            if (!File.Exists(next + ".log") && !File.Exists(next + Packed))
            {
                return next;
            }
        }
    }

    private bool IsRotated(string file) =>
        file.StartsWith($"{name}.", StringComparison.Ordinal)
        && (file.EndsWith(Packed, StringComparison.Ordinal) || (file.EndsWith(".log", StringComparison.Ordinal) && file != $"{name}.log"));
}

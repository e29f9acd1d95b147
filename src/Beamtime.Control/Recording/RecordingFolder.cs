using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>Where the files of one scan lie and how they begin.</summary>
/// <param name="Folder">The folder, absolute.</param>
/// <param name="Prefix">How the files begin: <c>S00012</c>.</param>
internal sealed record RecordingFolder(string Folder, string Prefix)
{
    /// <summary>What the name of a live file ends with until readers can open it.</summary>
    public const string Unborn = ".new";

    private const int Bundle = 1000;
    private const string Unreadable = ".unreadable";

    /// <summary>The final file.</summary>
    public string Final => Path.Combine(Folder, $"{Prefix}_master.h5");

    /// <summary>The final file while it is being written.</summary>
    public string Unfinished => Final + ".tmp";

    /// <summary>The live file of a segment; there is more than one where the file writer died during the scan.</summary>
    /// <param name="segment">From 1.</param>
    public string Live(int segment) => Path.Combine(
        Folder,
        segment == 1
            ? $"{Prefix}_master.live.h5"
            : string.Create(CultureInfo.InvariantCulture, $"{Prefix}_master.live.{segment}.h5"));

    /// <summary>The live files that exist, in the order of their segments.</summary>
    public IReadOnlyList<string> FindLive() => [.. Segments().Select(Live)];

    /// <summary>Live files whose writer died while it made them; they hold nothing.</summary>
    public IReadOnlyList<string> FindUnborn() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, $"{Prefix}_master.live*{Unborn}")]
        : [];

    /// <summary>The segment that a writer begins now.</summary>
    public int NextSegment() => Segments().LastOrDefault() + 1;

    /// <summary>Live files that turned out to be unreadable and were put aside.</summary>
    public IReadOnlyList<string> FindUnreadable() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, $"{Prefix}_master.live*{Unreadable}").Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Puts a live file aside that cannot be read.</summary>
    /// <param name="live">The file.</param>
    public static void PutAside(string live) => File.Move(live, live + Unreadable, overwrite: true);

    /// <summary>Names the folder of a scan; touches nothing.</summary>
    /// <param name="recordings">Folder of all recordings.</param>
    /// <param name="beamline">The beamline.</param>
    /// <param name="number">The scan's number.</param>
    /// <param name="suffix">What the user adds to the folder's name; null for nothing.</param>
    /// <param name="directory">A folder below the base path instead of the bundle's; null for the bundle's.</param>
    /// <exception cref="RefusedException"><c>recording.folder.invalid</c>, every reason.</exception>
    public static RecordingFolder Name(
        string recordings, string beamline, int number, string? suffix, string? directory)
    {
        var reasons = new List<Reason>();
        Check(beamline, "the beamline's name", isPath: false, reasons);
        Check(suffix, "the suffix", isPath: false, reasons);
        Check(directory, "the folder", isPath: true, reasons);
        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var root = Path.Combine(Path.GetFullPath(recordings), beamline);
        var prefix = string.Create(CultureInfo.InvariantCulture, $"S{number:D5}");
        var first = number / Bundle * Bundle;
        var folder = directory ?? Path.Combine(
            string.Create(CultureInfo.InvariantCulture, $"S{first:D5}-{first + Bundle - 1:D5}"),
            suffix is null ? prefix : $"{prefix}_{suffix}");
        return new RecordingFolder(Path.Combine(root, folder), prefix);
    }

    /// <summary>Makes the folder for a new recording.</summary>
    /// <exception cref="RefusedException">
    /// <c>recording.folder.unwritable</c>, or <c>recording.folder.taken</c> where a recording of that number is there.
    /// </exception>
    public void Make()
    {
        try
        {
            Directory.CreateDirectory(Folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(RecordingErrors.Explain(error, RecordingErrors.FolderUnwritable, Folder));
        }

        if (File.Exists(Final) || FindLive().Count > 0)
        {
            throw new RefusedException(RecordingErrors.FolderTaken.Because($"{Folder} has files of {Prefix} already."));
        }
    }

    private IEnumerable<int> Segments()
    {
        if (!Directory.Exists(Folder))
        {
            return [];
        }

        var first = $"{Prefix}_master.live.";
        return Directory.EnumerateFiles(Folder, first + "*h5")
            .Select(path => Path.GetFileName(path)[first.Length..])
            .Select(rest => rest == "h5"
                ? 1
                : rest.EndsWith(".h5", StringComparison.Ordinal)
                    && int.TryParse(rest.AsSpan(0, rest.Length - 3), NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                    ? n
                    : 0)
            .Where(n => n > 0)
            .Order();
    }

    private static void Check(string? name, string what, bool isPath, List<Reason> reasons)
    {
        if (name is null)
        {
            return;
        }

        foreach (var part in isPath ? name.Split('/') : [name])
        {
            if (part.Length == 0 || !part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            {
                reasons.Add(RecordingErrors.FolderInvalid.Because($"{what} '{name}' has the part '{part}'"));
                return;
            }
        }
    }
}

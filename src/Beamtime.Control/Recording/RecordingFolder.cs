using System.Globalization;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>Where the files of one scan lie and how they begin.</summary>
/// <param name="Folder">The folder, absolute.</param>
/// <param name="Prefix">How the files begin: <c>S00012</c>.</param>
/// <param name="Suffix">What the user added to the master file's name; null for nothing.</param>
internal sealed record RecordingFolder(string Folder, string Prefix, string? Suffix = null)
{
    /// <summary>What the name of a live file ends with until readers can open it.</summary>
    public const string Unborn = ".new";

    private const int Bundle = 1000;
    private const string Unreadable = ".unreadable";

    private string Master => Suffix is null ? $"{Prefix}_master" : $"{Prefix}_master_{Suffix}";

    /// <summary>The final file.</summary>
    public string Final => Path.Combine(Folder, $"{Master}.h5");

    /// <summary>The final file while it is being written.</summary>
    public string Unfinished => Final + ".tmp";

    /// <summary>The file of a further format.</summary>
    /// <param name="format">The format.</param>
    public string Further(FileFormat format) =>
        Path.Combine(Folder, $"{Prefix}_{format.Name}{(Suffix is null ? "" : $"_{Suffix}")}.{format.Extension}");

    /// <summary>The live file of a segment; there is more than one where the file writer died during the scan.</summary>
    /// <param name="segment">From 1.</param>
    public string Live(int segment) => Path.Combine(
        Folder,
        segment == 1
            ? $"{Master}.live.h5"
            : string.Create(CultureInfo.InvariantCulture, $"{Master}.live.{segment}.h5"));

    /// <summary>The live files that exist, in the order of their segments.</summary>
    public IReadOnlyList<string> FindLive() => [.. Segments().Select(Live)];

    /// <summary>Live files whose writer died while it made them; they hold nothing.</summary>
    public IReadOnlyList<string> FindUnborn() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, $"{Master}.live*{Unborn}")]
        : [];

    /// <summary>The files of asynchronous data that devices wrote for the scan, those of a later staging behind the first.</summary>
    public IReadOnlyList<string> FindAsynchronous() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, $"{Prefix}_*{AsynchronousLayout.Ending}")
            .Where(path => path != Final).OrderBy(p => p.Length).ThenBy(p => p, StringComparer.Ordinal)]
        : [];

    /// <summary>The segment that a writer begins now.</summary>
    public int NextSegment() => Segments().LastOrDefault() + 1;

    /// <summary>Live files that turned out to be unreadable and were put aside.</summary>
    public IReadOnlyList<string> FindUnreadable() => Directory.Exists(Folder)
        ? [.. Directory.EnumerateFiles(Folder, $"{Master}.live*{Unreadable}").Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Puts a live file aside that cannot be read.</summary>
    /// <param name="live">The file.</param>
    public static void PutAside(string live) => File.Move(live, live + Unreadable, overwrite: true);

    /// <summary>Names the folder of a scan; touches nothing.</summary>
    /// <param name="root">Folder under which the scans of this beamline, account and user lie.</param>
    /// <param name="number">The scan's number.</param>
    /// <param name="suffix">What the user adds to the names of folder and master file; null for nothing.</param>
    /// <param name="directory">A folder below the root instead of the numbered one; null for that.</param>
    /// <exception cref="RefusedException"><c>recording.folder.invalid</c>, every reason.</exception>
    public static RecordingFolder Name(string root, int number, string? suffix, string? directory)
    {
        var reasons = new List<Reason>();
        Check(suffix, "the suffix", isPath: false, reasons);
        Check(directory, "the folder", isPath: true, reasons);
        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var prefix = string.Create(CultureInfo.InvariantCulture, $"S{number:D5}");
        var first = number / Bundle * Bundle;
        var folder = directory ?? Path.Combine(
            string.Create(CultureInfo.InvariantCulture, $"S{first:D5}-{first + Bundle - 1:D5}"),
            suffix is null ? prefix : $"{prefix}_{suffix}");
        return new RecordingFolder(Path.Combine(Path.GetFullPath(root), folder), prefix, suffix);
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

        var first = $"{Master}.live.";
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
        if (name is not null
            && (isPath ? name.Split('/') : [name]).FirstOrDefault(part => !ScanFileName.IsName(part)) is { } wrong)
        {
            reasons.Add(RecordingErrors.FolderInvalid.Because($"{what} '{name}' has the part '{wrong}'"));
        }
    }
}

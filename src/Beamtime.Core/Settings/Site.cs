using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>A facility's configuration: a folder of which <c>beamtime.yaml</c> must exist and the other files may.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Folder">The folder's full path.</param>
internal sealed record Site(string Name, string Folder)
{
    private const string DefaultName = "demo";
    private const string SettingsName = "beamtime.yaml";

    /// <summary>The settings file.</summary>
    public string SettingsFile => Path.Combine(Folder, SettingsName);

    /// <summary>The devices.</summary>
    public string DevicesFile => Path.Combine(Folder, "devices.yaml");

    /// <summary>Permits, enclosures and supplies of the beamline.</summary>
    public string BeamlineFile => Path.Combine(Folder, "beamline.yaml");

    /// <summary>The runbook.</summary>
    public string ProceduresFile => Path.Combine(Folder, "procedures.yaml");

    /// <summary>Finds a site; the folder beside the program wins over those above the current folder.</summary>
    /// <param name="nameOrPath">What <c>--site</c> says; without it <c>BEAMTIME_SITE</c>, then <c>demo</c>.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="programFolder">The folder of the executable.</param>
    /// <param name="currentFolder">The current folder.</param>
    /// <exception cref="RefusedException"><c>site.unknown</c>, with the sites that were found.</exception>
    public static Site Find(
        string? nameOrPath, EnvironmentVariables environment, string programFolder, string currentFolder)
    {
        string wanted = nameOrPath ?? environment[EnvironmentVariables.Site] ?? DefaultName;
        if (IsPath(wanted))
        {
            string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(wanted, currentFolder));
            string folder = Path.GetFileName(path) == SettingsName ? Path.GetDirectoryName(path)! : path;
            return IsSite(folder)
                ? new Site(Path.GetFileName(folder), folder)
                : throw new RefusedException(SettingsErrors.UnknownSite.Because($"{folder} has no {SettingsName}"));
        }

        Dictionary<string, string> known = Known(programFolder, currentFolder);
        if (known.TryGetValue(wanted, out string? found))
        {
            return new Site(wanted, found);
        }

        string list = known.Count == 0
            ? $"no folder 'sites' was found in {programFolder} nor in or above {currentFolder}"
            : $"known are {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}";
        throw new RefusedException(SettingsErrors.UnknownSite.Because(
            $"unknown site '{wanted}', {list}{NearestName.Question(wanted, known.Keys)}"));
    }

    private static bool IsPath(string text) =>
        text is "." or ".." || text.Contains(Path.DirectorySeparatorChar) || text.Contains(Path.AltDirectorySeparatorChar);

    private static bool IsSite(string folder) => File.Exists(Path.Combine(folder, SettingsName));

    private static Dictionary<string, string> Known(string programFolder, string currentFolder)
    {
        Dictionary<string, string> known = new(StringComparer.Ordinal);
        List<string> roots = [programFolder];
        for (DirectoryInfo? above = new(currentFolder); above is not null; above = above.Parent)
        {
            roots.Add(above.FullName);
        }

        foreach (string sites in roots.Select(r => Path.Combine(r, "sites")).Where(Directory.Exists))
        {
            foreach (string folder in Directory.EnumerateDirectories(sites).Where(IsSite))
            {
                known.TryAdd(Path.GetFileName(folder), folder);
            }
        }

        return known;
    }
}

using System.Reflection;

namespace Beamtime.Tests.House;

/// <summary>The source tree these tests were built from and the assemblies built of it.</summary>
internal static class Repository
{
    private static readonly string[] Outside =
        [".git", "artifacts", "bin", "obj", "node_modules", "demo-data", "wwwroot", ".vs", ".idea"];

    /// <summary>The root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The product's assemblies, plugins included.</summary>
    public static IReadOnlyList<string> AssemblyFiles { get; } =
    [
        .. Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
            .Where(f => Path.GetFileName(f).StartsWith("beamtime", StringComparison.OrdinalIgnoreCase))
            .Where(f => !Path.GetFileNameWithoutExtension(f).Contains(".Tests", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The product's assemblies, loaded.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } =
        [.. AssemblyFiles.Select(f => Assembly.Load(Path.GetFileNameWithoutExtension(f)))];

    /// <summary>All files of the tree but built and fetched ones, relative to the root.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(Root).Select(f => Path.GetRelativePath(Root, f)).Order(StringComparer.Ordinal)];

    /// <summary>The text of a file.</summary>
    /// <param name="path">Its path, relative to the root.</param>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The files whose names end so.</summary>
    /// <param name="endings">Endings, each with its dot.</param>
    public static IEnumerable<string> FilesEnding(params string[] endings) =>
        Files.Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)));

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Where(f => !Outside.Contains(Path.GetFileName(f))).Concat(
            Directory.EnumerateDirectories(folder).Where(d => !Outside.Contains(Path.GetFileName(d))).SelectMany(Walk));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Beamtime.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("These tests run inside the source tree.");
    }
}

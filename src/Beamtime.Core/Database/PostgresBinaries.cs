using System.Globalization;

namespace Beamtime.Core.Database;

/// <summary>One installed PostgreSQL server: its folder of programs and its major version.</summary>
/// <param name="Folder">Folder that holds postgres and initdb.</param>
/// <param name="Major">Major version, such as 15.</param>
internal sealed record PostgresBinaries(string Folder, int Major)
{
    private static readonly string[] VersionedRoots = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt"];

    public string Postgres => Path.Combine(Folder, "postgres");

    public string InitDb => Path.Combine(Folder, "initdb");

    /// <summary>All servers found in the usual places and beside pg_config, newest first.</summary>
    public static async Task<IReadOnlyList<PostgresBinaries>> FindAsync(CancellationToken cancel)
    {
        var found = new List<PostgresBinaries>();
        foreach (var root in VersionedRoots.Where(Directory.Exists))
        {
            foreach (var version in Directory.GetDirectories(root))
            {
                var bin = Path.Combine(version, "bin");
                if (int.TryParse(Path.GetFileName(version), CultureInfo.InvariantCulture, out var major) && IsServer(bin))
                {
                    found.Add(new PostgresBinaries(bin, major));
                }
            }
        }

        if (found.Count == 0 && await BesideConfigAsync(cancel) is { } beside)
        {
            found.Add(beside);
        }

        return [.. found.OrderByDescending(b => b.Major)];
    }

    private static async Task<PostgresBinaries?> BesideConfigAsync(CancellationToken cancel)
    {
        if (await SystemTool.AskAsync(["pg_config", "--bindir"], cancel) is not { } folder || !IsServer(folder.Trim()))
        {
            return null;
        }

        folder = folder.Trim();
        var version = await SystemTool.AskAsync([Path.Combine(folder, "postgres"), "--version"], cancel);
        var number = version?.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(word => char.IsAsciiDigit(word[0]))?.Split('.')[0];
        return int.TryParse(number, CultureInfo.InvariantCulture, out var major) ? new PostgresBinaries(folder, major) : null;
    }

    private static bool IsServer(string folder) =>
        File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb"));
}

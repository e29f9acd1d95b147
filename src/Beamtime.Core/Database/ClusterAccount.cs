using System.Globalization;

namespace Beamtime.Core.Database;

/// <summary>The account that PostgreSQL runs as: an unprivileged one when the program is root, else the program's own.</summary>
/// <param name="Name">Login name.</param>
/// <param name="Other">User and group id when it is another account than the program's.</param>
internal sealed record ClusterAccount(string Name, (uint User, uint Group)? Other)
{
    public const string Unprivileged = "postgres";

    /// <summary>What runs a program as this account, to end with us: arguments of setsid.</summary>
    public IReadOnlyList<string> Prefix => Other is null
        ? ["setpriv", "--pdeathsig=INT", "--"]
        :
        [
            "setpriv", $"--reuid={Name}", $"--regid={Other.Value.Group.ToString(CultureInfo.InvariantCulture)}", "--init-groups",
            "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--pdeathsig=INT", "--",
        ];

    /// <summary>The account for this program, or null when it is root and the unprivileged account does not exist.</summary>
    public static async Task<ClusterAccount?> FindAsync(CancellationToken cancel)
    {
        if (!Posix.IsRoot)
        {
            return new ClusterAccount(Environment.UserName, null);
        }

        var line = await SystemTool.AskAsync(["getent", "passwd", Unprivileged], cancel);
        return line?.Split(':') is [_, _, var user, var group, ..]
            ? new ClusterAccount(
                Unprivileged,
                (uint.Parse(user, CultureInfo.InvariantCulture), uint.Parse(group, CultureInfo.InvariantCulture)))
            : null;
    }

    /// <summary>Makes the account the owner of a file or folder.</summary>
    public void Own(string path)
    {
        if (Other is { } other)
        {
            Posix.ChangeOwner(path, other.User, other.Group);
        }
    }

    /// <summary>Folders above a path that this account may not pass through.</summary>
    public async Task<IReadOnlyList<string>> BarriersAboveAsync(string path, CancellationToken cancel)
    {
        if (Other is null)
        {
            return [];
        }

        var barriers = new List<string>();
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            // The mode is the cheap answer; an access list may still let the account pass, which only trying tells.
            if (!File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute)
                && await SystemTool.AskAsync(["setsid", .. Prefix, "test", "-x", folder], cancel) is null)
            {
                barriers.Add(folder);
            }
        }

        return barriers;
    }
}

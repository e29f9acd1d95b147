using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>Where the parts of a private cluster lie.</summary>
/// <param name="Root">Data folder: LOCK, RESERVE and the cluster.</param>
/// <param name="SocketFolder">Short folder of the server's socket, open to its owner alone.</param>
internal sealed record ClusterFolder(string Root, string SocketFolder)
{
    public const string Owner = "beamtime";
    public const string Program = "beamtime_program";
    public const int Port = 5432;
    private const int LongestSocketPath = 107;
    private const string SystemRuntimeFolder = "/run/beamtime";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static string User => Posix.EffectiveUser().ToString(CultureInfo.InvariantCulture);

    public string Cluster => Path.Combine(Root, "postgres");

    /// <summary>Where initdb works; renamed when complete, so that a killed one leaves nothing that looks like a cluster.</summary>
    public string Unfinished => Path.Combine(Root, "postgres.new");

    public string VersionFile => Path.Combine(Cluster, "PG_VERSION");

    /// <summary>Places for these options: the defaults depend on whether the program is root.</summary>
    public static ClusterFolder For(DatabaseOptions options)
    {
        var root = Path.GetFullPath(options.DataFolder ?? (Posix.IsRoot
            ? "/var/lib/beamtime"
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
                "beamtime")));
        root = Path.TrimEndingDirectorySeparator(root);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..12];
        return new ClusterFolder(root, Path.Combine(options.RuntimeFolder ?? DefaultRuntimeFolder(), hash));
    }

    /// <summary>How to connect to one of its databases as a role.</summary>
    public NpgsqlConnectionStringBuilder Connection(string role, string database) => new()
    {
        Host = SocketFolder,
        Port = Port,
        Username = role,
        Database = database,
    };

    /// <summary>Makes the data folder for its owner alone; the refusals found.</summary>
    public IReadOnlyList<Reason> PrepareRoot(ClusterAccount? account)
    {
        try
        {
            Directory.CreateDirectory(Root);
            // Another account's server must pass through, and may not look.
            File.SetUnixFileMode(Root, account?.Other is null
                ? OwnerOnly
                : OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            var probe = Path.Combine(Root, ".probe");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return [];
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return [DatabaseErrors.FolderRights.Because($"{Root}: {error.Message}")];
        }
    }

    /// <summary>Whether the socket's path fits; the refusals found.</summary>
    public IReadOnlyList<Reason> CheckSocketPath()
    {
        var socket = Path.Combine(SocketFolder, string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{Port}.lock"));
        var size = Encoding.UTF8.GetByteCount(socket);
        return size <= LongestSocketPath
            ? []
            : [DatabaseErrors.SocketPath.Because($"{socket} has {size} bytes, a socket's path at most {LongestSocketPath}")];
    }

    /// <summary>Makes the socket's folder; only the holder of the lock may. The refusals found.</summary>
    public IReadOnlyList<Reason> PrepareSocketFolder(ClusterAccount account)
    {
        try
        {
            var parent = Path.GetDirectoryName(SocketFolder)!;
            if (!Directory.Exists(parent))
            {
                Directory.CreateDirectory(parent, account.Other is null
                    ? OwnerOnly
                    : OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }

            foreach (var folder in new[] { parent, SocketFolder })
            {
                // In a folder that all may write, somebody may have put a link there before us.
                if (new DirectoryInfo(folder).LinkTarget is { } target)
                {
                    return [DatabaseErrors.SocketPath.Because($"{folder} is a link to {target}")];
                }
            }

            Directory.CreateDirectory(SocketFolder);
            // Fails unless the folder is ours, which is the point.
            File.SetUnixFileMode(SocketFolder, OwnerOnly);
            account.Own(SocketFolder);
            return [];
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            return [DatabaseErrors.SocketPath.Because($"{SocketFolder}: {error.Message}")];
        }
    }

    /// <summary>
    /// Who may connect: over the socket only, as told by the kernel. The program's account, root's and beamtime's stand
    /// for the owner and for the role that the program works as.
    /// </summary>
    public static void WriteAccess(string folder, ClusterAccount account)
    {
        var logins = new[] { Environment.UserName, account.Name, "beamtime" }.Distinct(StringComparer.Ordinal);
        var map = string.Concat(logins.SelectMany(
            login => new[] { Owner, Program }, (login, role) => $"beamtime \"{login}\" {role}\n"));
        Write("pg_hba.conf", "local all all peer map=beamtime\n");
        Write("pg_ident.conf", map);

        void Write(string name, string content)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllText(path + ".new", content);
            File.SetUnixFileMode(path + ".new", UnixFileMode.UserRead | UnixFileMode.UserWrite);
            account.Own(path + ".new");
            File.Move(path + ".new", path, overwrite: true);
        }
    }

    public void CreateUnfinished(ClusterAccount account)
    {
        RemoveUnfinished();
        Directory.CreateDirectory(Unfinished, OwnerOnly);
        account.Own(Unfinished);
    }

    public void RemoveUnfinished()
    {
        if (Directory.Exists(Unfinished))
        {
            Directory.Delete(Unfinished, recursive: true);
        }
    }

    /// <summary>Where sockets and the like lie when no setting names a folder.</summary>
    public static string DefaultRuntimeFolder()
    {
        if (Posix.IsRoot)
        {
            return SystemRuntimeFolder;
        }

        var session = $"/run/user/{User}";
        return Directory.Exists(session) ? Path.Combine(session, "beamtime") : $"/tmp/beamtime-{User}";
    }

    /// <summary>Every usual folder of this account: a session may have begun or ended, and a system service have its own.</summary>
    public static IReadOnlyList<string> RuntimeFolders() =>
        Posix.IsRoot ? [SystemRuntimeFolder] : [$"/run/user/{User}/beamtime", $"/tmp/beamtime-{User}", SystemRuntimeFolder];
}

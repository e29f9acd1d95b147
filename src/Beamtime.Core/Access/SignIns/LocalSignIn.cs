using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Beamtime.Core.Database;

namespace Beamtime.Core.Access.SignIns;

/// <summary>
/// Lets the account that runs the program be its operator without signing in: a random key for the life of the process,
/// in a file of mode 0600 that only this account can read, named by the port that the program serves. It counts on this
/// machine alone, and needs no database.
/// </summary>
internal sealed class LocalSignIn : IDisposable
{
    /// <summary>What the key begins with.</summary>
    public const string Prefix = "bl_";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly byte[] _hash;
    private string? _file;

    /// <summary>With a key of its own.</summary>
    public LocalSignIn()
    {
        Key = RandomText.New(Prefix);
        _hash = RandomText.HashOf(Key);
    }

    /// <summary>The key.</summary>
    public string Key { get; }

    /// <summary>Whether a text is the key.</summary>
    /// <param name="text">What a request carries.</param>
    public bool Matches(string text) => CryptographicOperations.FixedTimeEquals(_hash, RandomText.HashOf(text));

    /// <summary>Leaves the key where this account's command line finds it.</summary>
    /// <param name="port">The port that the program serves.</param>
    /// <param name="runtimeFolder">The folder; null for the usual one.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public void Publish(int port, string? runtimeFolder)
    {
        var folder = runtimeFolder ?? ClusterFolder.DefaultRuntimeFolder();
        // As the private cluster makes it: another account's server passes through, and may not look.
        Directory.CreateDirectory(
            folder, Posix.IsRoot ? OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : OwnerOnly);
        if (new DirectoryInfo(folder).LinkTarget is { } target)
        {
            throw new IOException($"{folder} is a link to {target}");
        }

        if (!Posix.IsRoot)
        {
            // Fails unless the folder is ours, which is the point.
            File.SetUnixFileMode(folder, OwnerOnly);
        }

        var path = PathIn(folder, port);
        var next = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{Environment.ProcessId}\n{StartOf(Environment.ProcessId)}\n{Key}\n")));
        }

        File.Move(next, path, overwrite: true);
        _file = path;
    }

    /// <summary>The key of the program that serves an address, or null where this account runs none there.</summary>
    /// <param name="server">The address.</param>
    public static string? Find(Uri server)
    {
        if (server.Host != "localhost" && !(IPAddress.TryParse(server.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address)))
        {
            return null;
        }

        foreach (var folder in ClusterFolder.RuntimeFolders())
        {
            try
            {
                // A file left by a program that was killed counts nothing: whoever has the port now may be another.
                if (File.ReadAllLines(PathIn(folder, server.Port)) is [var pid, var start, { Length: > 0 } key]
                    && int.TryParse(pid, CultureInfo.InvariantCulture, out var process) && StartOf(process) == start)
                {
                    return key;
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // None there, or another account's.
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_file is { } file)
        {
            _file = null;
            File.Delete(file);
        }
    }

    private static string PathIn(string folder, int port) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"sign-in-{port}"));

    // When a process began, in ticks since the machine did: a number that is taken again has another.
    private static string? StartOf(int process)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (IOException)
        {
            return null;
        }
    }
}

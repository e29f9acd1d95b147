using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Storage;

/// <summary>
/// One storage, open: a folder that every path given to it stays inside of. Paths in a storage are relative, with
/// <c>/</c> between their parts.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Its folder, absolute, links resolved.</param>
/// <param name="Tier">What it is for.</param>
/// <param name="Description">A line for people.</param>
/// <param name="ReserveBytes">Bytes that stay free on it.</param>
internal sealed record StoragePlace(string Name, string Folder, StorageTier Tier, string Description, long ReserveBytes)
{
    private const int LongestName = 255;

    /// <summary>Free bytes that the program may use, the reserve not taken off.</summary>
    public long FreeBytes => new DriveInfo(Folder).AvailableFreeSpace;

    /// <summary>The absolute path of one in this storage, if it stays inside.</summary>
    /// <param name="path">Relative path; it need not exist.</param>
    public Outcome<string> Find(string path)
    {
        var parts = path.Split('/');
        if (parts.Any(p => p is "" or "." or ".." || p.Contains('\0') || System.Text.Encoding.UTF8.GetByteCount(p) > LongestName))
        {
            return Refuse($"'{path}' is no path within storage {Name}");
        }

        var at = Folder;
        foreach (var part in parts)
        {
            at = Path.Combine(at, part);
            if (LeadsOut(at) is { } target)
            {
                return Refuse($"'{path}' leaves storage {Name}: {at} is a link to {target}");
            }
        }

        return new Accepted<string>(at);
    }

    /// <summary>The absolute path of one in this storage.</summary>
    /// <param name="path">Relative path; it need not exist.</param>
    /// <exception cref="RefusedException"><c>storage.path.escape</c>.</exception>
    public string Resolve(string path) => Find(path).OrThrow();

    /// <summary>The path within this storage of an absolute one.</summary>
    /// <param name="path">An absolute path, which may lead through links; it must exist.</param>
    /// <exception cref="RefusedException"><c>storage.path.outside</c>.</exception>
    public string Within(string path)
    {
        var real = RealPath.Of(path);
        return IsBelow(real, Folder)
            ? Path.GetRelativePath(Folder, real)
            : throw new RefusedException(StorageErrors.Outside.Because($"{path} does not lie in storage {Name}, which is {Folder}"));
    }

    /// <summary>Whether one absolute path lies below another.</summary>
    /// <param name="path">The lower path.</param>
    /// <param name="folder">The upper path.</param>
    public static bool IsBelow(string path, string folder) =>
        path.Length > folder.Length + 1
        && path.StartsWith(folder, StringComparison.Ordinal)
        && (folder[^1] == '/' || path[folder.Length] == '/');

    // A link that leads nowhere yet may lead anywhere later.
    private string? LeadsOut(string path) =>
        new FileInfo(path).LinkTarget is { } target && !(RealPath.Find(path) is { } real && IsBelow(real, Folder)) ? target : null;

    private static Refused<string> Refuse(string message) => new([StorageErrors.Escape.Because(message)]);
}

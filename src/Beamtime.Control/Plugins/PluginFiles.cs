using System.Security.Cryptography;
using System.Text;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Plugins;

/// <summary>The files of one plugin as they lay in its folder at one moment, all in memory.</summary>
internal sealed class PluginFiles
{
    private readonly Dictionary<string, byte[]> _files;

    private PluginFiles(string folder, Dictionary<string, byte[]> files)
    {
        Folder = folder;
        _files = files;
        Digest = DigestOf(files);
    }

    /// <summary>The plugin's folder.</summary>
    public string Folder { get; }

    /// <summary>The plugin's name: that of its folder and of its assembly.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>The path of its assembly.</summary>
    public string Source => Path.Combine(Folder, Name + ".dll");

    /// <summary>SHA-256 of names and contents, hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>Reads a plugin's folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>Its files, or why they cannot be read.</returns>
    public static Outcome<PluginFiles> Read(string folder)
    {
        try
        {
            return new Accepted<PluginFiles>(new PluginFiles(folder, Directory.EnumerateFiles(folder)
                .Where(IsRead)
                .ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes, StringComparer.Ordinal)));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new Refused<PluginFiles>([PluginErrors.Failed.Because($"{Path.GetFileName(folder)}: {error.Message}")]);
        }
    }

    /// <summary>What the files of all plugins look like from outside; another text after every change.</summary>
    /// <param name="folders">The folders of plugins.</param>
    public static string Look(IEnumerable<string> folders)
    {
        StringBuilder look = new();
        foreach (var folder in Folders(folders))
        {
            look.Append(folder).Append('\n');
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(f => IsRead(f.Name)).OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                look.Append(file.Name).Append(' ').Append(file.Length).Append(' ').Append(file.LastWriteTimeUtc.Ticks).Append('\n');
            }
        }

        return look.ToString();
    }

    /// <summary>The folders of plugins in these folders, each of which may be absent, by name.</summary>
    /// <param name="folders">The folders of plugins.</param>
    public static IEnumerable<string> Folders(IEnumerable<string> folders) => folders
        .Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateDirectories(f).Order(StringComparer.Ordinal))
        .Where(f => !Path.GetFileName(f).StartsWith('.'));

    /// <summary>A file's content; null where there is none.</summary>
    /// <param name="name">Its name.</param>
    public byte[]? Find(string name) => _files.GetValueOrDefault(name);

    private static bool IsRead(string file) => Path.GetExtension(file) is ".dll" or ".pdb" or ".so";

    private static string DigestOf(Dictionary<string, byte[]> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{content.Length}\n"));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

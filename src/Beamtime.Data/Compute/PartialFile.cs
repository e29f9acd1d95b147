using Beamtime.Data.Storage;

namespace Beamtime.Data.Compute;

/// <summary>
/// A file that appears whole or not at all: written under a name of its own beside its place, synced, then renamed. What a killed
/// program left behind is removed by the next that writes the same file; what another one still writes is left alone.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string Suffix = ".partial";
    private bool _isPublished;

    /// <summary>A place for this file; its folder is made where missing.</summary>
    /// <param name="path">Where the file will appear.</param>
    /// <param name="time">Gives the passing name.</param>
    public PartialFile(string path, TimeProvider time)
    {
        Path = path;
        Directory.CreateDirectory(Folder);
        var prefix = $".{System.IO.Path.GetFileName(path)}.";
        foreach (var left in Directory.EnumerateFiles(Folder, $"{prefix}*{Suffix}"))
        {
            RemoveUnlessInUse(left);
        }

        PartialPath = System.IO.Path.Combine(Folder, $"{prefix}{Guid.CreateVersion7(time.GetUtcNow()):N}{Suffix}");
    }

    /// <summary>Where the file appears in the end.</summary>
    public string Path { get; }

    /// <summary>Where it is written.</summary>
    public string PartialPath { get; }

    private string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>Syncs the written and closed file and gives it its name, in place of an older one.</summary>
    public void Publish()
    {
        FileCalls.SyncFile(PartialPath);
        File.Move(PartialPath, Path, overwrite: true);
        _isPublished = true;
        FileCalls.SyncFolder(Folder);
    }

    /// <summary>Removes what was not published.</summary>
    public void Dispose()
    {
        if (!_isPublished)
        {
            File.Delete(PartialPath);
        }
    }

    private static void RemoveUnlessInUse(string path)
    {
        try
        {
            // A writer holds a lock on its file, and so does this: only what nobody writes is removed.
            using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
        }
        catch (FileNotFoundException)
        {
            // Another one has just published or removed it.
        }
        catch (IOException)
        {
            // Somebody writes it.
        }
    }
}

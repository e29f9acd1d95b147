using System.Security.Cryptography;
using System.Text;
using Beamtime.Core.Database;

namespace Beamtime.Core.Access.Secrets;

/// <summary>
/// The master key that the program makes for its private cluster: a file of the data folder with mode 0600. While the key
/// is being changed, the new one lies beside it.
/// </summary>
/// <param name="folder">The data folder.</param>
internal sealed class MasterKeyFile(string folder)
{
    private const int RandomBytes = 48;

    /// <summary>Its path.</summary>
    public string Path => System.IO.Path.Combine(folder, "MASTER_KEY");

    private string Next => Path + ".new";

    /// <summary>The key, or null where the file is missing. A change that a dying program left half done is finished.</summary>
    /// <param name="expected">Id of the key that the database is sealed with; null where it is sealed with none yet.</param>
    public MasterKey? Find(string? expected)
    {
        var (current, next) = (Read(Path), Read(Next));
        if (next is not null && next.Id == expected)
        {
            Commit();
            return next;
        }

        if (next is not null && current?.Id == expected)
        {
            File.Delete(Next);
        }

        return current;
    }

    /// <summary>Makes a new key beside the present one; <see cref="Commit"/> puts it in its place.</summary>
    public MasterKey Prepare()
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(RandomBytes));
        File.Delete(Next);
        using (var file = new FileStream(Next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(Encoding.ASCII.GetBytes(text + "\n"));
            file.Flush(flushToDisk: true);
        }

        Sync();
        return MasterKey.Of(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>Puts the prepared key in the place of the present one.</summary>
    public void Commit()
    {
        File.Move(Next, Path, overwrite: true);
        Sync();
    }

    /// <summary>Removes the key, once another source holds the one that counts.</summary>
    public void Remove()
    {
        File.Delete(Path);
        File.Delete(Next);
    }

    private void Sync()
    {
        using var handle = Posix.OpenWithoutLock(folder, toWrite: false);
        Posix.SyncFileSystem(handle);
    }

    private static MasterKey? Read(string path) => File.Exists(path) ? MasterKeySource.ReadFile(path) : null;
}

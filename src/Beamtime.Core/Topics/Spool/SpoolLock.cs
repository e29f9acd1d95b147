namespace Beamtime.Core.Topics.Spool;

/// <summary>The lock of a folder of spools: held by an open file, and given back by the system when its process ends.</summary>
internal static class SpoolLock
{
    private const string Name = "LOCK";

    /// <summary>Takes it, or gives null where another has it.</summary>
    /// <param name="folder">The folder.</param>
    public static FileStream? TryTake(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return null;
        }
    }

    /// <summary>Whether somebody has it; changes nothing.</summary>
    /// <param name="folder">The folder.</param>
    public static bool IsTaken(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

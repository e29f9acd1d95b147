namespace Beamtime.Core.Database;

/// <summary>A file that occupies space until the disk is full; giving it up lets PostgreSQL finish and start again.</summary>
/// <param name="folder">Data folder.</param>
internal sealed class DiskReserve(string folder)
{
    public const long Size = 16L << 20;
    private const long NeededBeside = 64L << 20;
    private readonly Lock _lock = new();

    public string File { get; } = Path.Combine(folder, "RESERVE");

    public bool IsHeld => System.IO.File.Exists(File);

    /// <summary>Gives the space up; true when there was any.</summary>
    public bool Release()
    {
        lock (_lock)
        {
            var held = IsHeld;
            System.IO.File.Delete(File);
            return held;
        }
    }

    /// <summary>Takes the space again if the disk has enough beside it; whether it is held now.</summary>
    public bool TryRestore()
    {
        lock (_lock)
        {
            if (System.IO.File.Exists(File) && new FileInfo(File).Length == Size)
            {
                return true;
            }

            System.IO.File.Delete(File);
            if (FreeBytes(folder) < Size + NeededBeside)
            {
                return false;
            }

            try
            {
                Write();
                return true;
            }
            catch (IOException)
            {
                // Another writer took the space between the question and the write; a half reserve helps nobody.
                System.IO.File.Delete(File);
                return false;
            }
        }
    }

    // Written rather than sparse: only blocks that exist can be given back.
    private void Write()
    {
        using var file = System.IO.File.OpenHandle(
            File, FileMode.CreateNew, FileAccess.Write, preallocationSize: Size);
        System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var block = new byte[1 << 20];
        for (long at = 0; at < Size; at += block.Length)
        {
            RandomAccess.Write(file, block, at);
        }
    }

    public static long FreeBytes(string folder) => new DriveInfo(folder).AvailableFreeSpace;
}

using System.Diagnostics;

namespace Beamtime.Tests.Transfers;

/// <summary>A file system in memory of a given size, mounted for one test; only root may mount, so others skip.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static SmallDisk Mount(string path, string options)
    {
        Directory.CreateDirectory(path);
        var isMounted = Environment.UserName == "root" && Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path) == 0;
        Assert.SkipUnless(isMounted, "needs the right to mount a file system");
        return new SmallDisk(path);
    }

    public void Dispose() => Run("umount", Path);

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}

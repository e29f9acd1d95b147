using System.Globalization;

namespace Beamtime.Tests.Support;

/// <summary>A folder of a test's own, removed with it; what killed test processes left is removed at the next start.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "beamtime-tests-";
    private static readonly Lock SweepLock = new();
    private static bool _swept;
    private static int _number;

    private TemporaryFolder(string path) => Path = path;

    public string Path { get; }

    public static TemporaryFolder Create(string name)
    {
        Sweep();
        var path = System.IO.Path.Combine(
            System.IO.Path.GetTempPath(),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _number)}-{name}"));
        Directory.CreateDirectory(path);
        return new TemporaryFolder(path);
    }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Remove(Path);

    private static void Sweep()
    {
        lock (SweepLock)
        {
            if (_swept)
            {
                return;
            }

            _swept = true;
            foreach (var folder in Directory.GetDirectories(System.IO.Path.GetTempPath(), Prefix + "*"))
            {
                var process = System.IO.Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
                if (!Directory.Exists("/proc/" + process))
                {
                    Remove(folder);
                }
            }
        }
    }

    // A server that is just ending may still write; the next sweep takes what stays.
    private static void Remove(string folder)
    {
        for (var attempt = 0; attempt < 20 && Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Thread.Yield();
            }
        }
    }
}

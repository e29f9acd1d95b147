using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Database;

/// <summary>
/// Server processes of an earlier start that still work in a cluster's folder. Only the holder of the folder's lock may
/// look for them: then whatever runs there has lost its program. Every PostgreSQL process has the cluster's folder as its
/// working directory, which is how children of a killed server are told from strangers with a reused process id.
/// </summary>
/// <param name="clusterFolder">Folder of the cluster.</param>
/// <param name="time">Clock for the deadlines.</param>
/// <param name="log">Where it says what it stops.</param>
internal sealed partial class OrphanCluster(string clusterFolder, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Ends what still runs in the folder and removes a stale pid file.</summary>
    public async Task StopAsync(TimeSpan limit, CancellationToken cancel)
    {
        if (!File.Exists(PostmasterFile.PathIn(clusterFolder)))
        {
            return;
        }

        var found = Processes();
        if (found.Count > 0)
        {
            var server = PostmasterFile.TryRead(clusterFolder)?.Pid;
            Stopping(clusterFolder, string.Join(", ", found));
            foreach (var (signal, wait) in new[]
            {
                (Posix.SignalInterrupt, limit), (Posix.SignalQuit, limit), (Posix.SignalKill, limit),
            })
            {
                // The server ends its children itself; where it is gone, they get the signal.
                foreach (var pid in server is { } parent && found.Contains(parent) ? [parent] : found)
                {
                    Posix.Signal(pid, signal);
                }

                if (await EndedAsync(wait, cancel))
                {
                    found = [];
                    break;
                }

                found = Processes();
            }

            if (found.Count > 0)
            {
                throw DatabaseErrors.OrphanStays.Fault(
                    $"process {string.Join(", ", found)} still works in {clusterFolder}");
            }
        }

        // Nothing works in the folder, so the file is stale, whatever now has the process id that it names.
        File.Delete(PostmasterFile.PathIn(clusterFolder));
    }

    /// <summary>Ends by force what a killed initdb left behind in a folder that is thrown away anyhow.</summary>
    public async Task EndAsync(TimeSpan limit, CancellationToken cancel)
    {
        foreach (var pid in Processes())
        {
            Posix.Signal(pid, Posix.SignalKill);
        }

        if (!await EndedAsync(limit, cancel))
        {
            throw DatabaseErrors.OrphanStays.Fault(
                $"process {string.Join(", ", Processes())} still works in {clusterFolder}");
        }
    }

    /// <summary>Ids of the live PostgreSQL processes in the folder.</summary>
    public IReadOnlyList<int> Processes()
    {
        // The kernel names working directories by their real path, whatever links led there.
        var folder = Posix.RealPath(clusterFolder);
        var found = new List<int>();
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var pid) && WorksIn(folder, entry))
            {
                found.Add(pid);
            }
        }

        return found;
    }

    private async Task<bool> EndedAsync(TimeSpan limit, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < limit)
        {
            if (Processes().Count == 0)
            {
                return true;
            }

            await Task.Delay(Pause, time, cancel);
        }

        return false;
    }

    private static bool WorksIn(string folder, string entry)
    {
        try
        {
            // A process that ended but was not reaped has no working directory any more.
            return File.ReadAllText(Path.Combine(entry, "comm")).Trim() is "postgres" or "postmaster"
                && new FileInfo(Path.Combine(entry, "cwd")).LinkTarget == folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked, or belongs to another account and so cannot be ours.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopping the database server left behind in {Folder}: process {Pids}")]
    private partial void Stopping(string folder, string pids);
}

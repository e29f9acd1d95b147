using System.Collections.Concurrent;

namespace Beamtime.Core.Database;

/// <summary>Makes a new cluster in one step: initdb works aside, and only a complete and synced folder gets the name.</summary>
/// <param name="folder">Where the parts lie.</param>
/// <param name="account">Account of the server.</param>
/// <param name="binaries">The installed server.</param>
internal sealed class ClusterMaker(ClusterFolder folder, ClusterAccount account, PostgresBinaries binaries)
{
    /// <summary>Makes the cluster where there is none.</summary>
    public async Task MakeAsync(bool withoutSync, CancellationToken cancel)
    {
        if (Directory.Exists(folder.Cluster))
        {
            throw DatabaseErrors.InitFailed.Fault($"{folder.Cluster} exists and is no cluster; move it away");
        }

        folder.CreateUnfinished(account);
        var output = new ConcurrentQueue<string>();
        var process = await TiedProcess.StartAsync(
            account,
            [
                binaries.InitDb, "-D", folder.Unfinished, "-U", ClusterFolder.Owner, "-A", "peer", "-E", "UTF8",
                "--lc-collate=C", "--lc-ctype=C.UTF-8", "-k", "-N", "--wal-segsize=1",
            ],
            output.Enqueue);
        try
        {
            var code = await process.Exited.WaitAsync(cancel);
            if (code != 0)
            {
                throw DatabaseErrors.InitFailed.Fault($"initdb ended with {code}: {string.Join(" / ", output.TakeLast(5))}");
            }

            ClusterFolder.WriteAccess(folder.Unfinished, account);
        }
        catch
        {
            process.Signal(Posix.SignalKill);
            await process.Exited;
            folder.RemoveUnfinished();
            throw;
        }

        if (!withoutSync)
        {
            // One call for the thousand files that initdb was told not to sync one by one.
            SyncDisk();
        }

        Directory.Move(folder.Unfinished, folder.Cluster);
        if (!withoutSync)
        {
            SyncDisk();
        }
    }

    private void SyncDisk()
    {
        using var handle = Posix.OpenWithoutLock(folder.Root, toWrite: false);
        Posix.SyncFileSystem(handle);
    }
}

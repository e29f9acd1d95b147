using System.Globalization;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Database;

/// <summary>What an upgrade did.</summary>
/// <param name="From">The version of PostgreSQL before.</param>
/// <param name="To">The version now.</param>
/// <param name="Rows">Rows that were compared.</param>
/// <param name="Kept">Where the former cluster is kept; null when there was nothing to do.</param>
internal sealed record UpgradeReport(int From, int To, long Rows, string? Kept);

/// <summary>
/// Brings the private cluster to the newest installed version of PostgreSQL: a new cluster is made beside it, filled by
/// dump and restore while the old one runs and is held, compared table by table, and exchanged with it in one step of the
/// file system. The former cluster is kept aside.
/// </summary>
/// <param name="options">Where the cluster is.</param>
/// <param name="time">The clock.</param>
/// <param name="logs">Takes the servers' own words.</param>
internal sealed class ClusterUpgrade(DatabaseOptions options, TimeProvider time, ILoggerFactory logs)
{
    private const string Filling = "filling";
    private const string Whole = "whole";
    private readonly ClusterFolder _folder = ClusterFolder.For(options);

    private string Beside => Path.Combine(_folder.Root, "upgrade");

    private string StateFile => Path.Combine(Beside, "STATE");

    private string NewCluster => Path.Combine(Beside, "postgres");

    /// <summary>Upgrades.</summary>
    /// <param name="isAgain">Whether the cluster is made anew also where it is of the newest version.</param>
    /// <param name="cancel">Gives up; the old cluster stays.</param>
    /// <exception cref="RefusedException">There is no cluster, its programs are missing, or a program runs on it.</exception>
    public async Task<UpgradeReport> RunAsync(bool isAgain, CancellationToken cancel)
    {
        var plan = (await PlanAsync(isAgain, cancel)).OrThrow();
        if (!plan.IsNeeded)
        {
            return new UpgradeReport(plan.From, plan.To, 0, null);
        }

        long rows;
        await using (var old = await PrivateCluster.StartAsync(options, time, logs.CreateLogger<PrivateCluster>(), cancel))
        {
            Clear();
            try
            {
                rows = await FillAsync(cancel);
            }
            catch
            {
                Directory.Delete(Beside, recursive: true);
                throw;
            }
        }

        using var held = FolderLock.Take(_folder.Root, "");
        return new UpgradeReport(plan.From, plan.To, rows, Exchange(plan.From));
    }

    private async Task<Outcome<UpgradePlan>> PlanAsync(bool isAgain, CancellationToken cancel)
    {
        if (options.Url is { Length: > 0 })
        {
            return Refuse("the database lies on a server of its own; upgrade that server");
        }

        if (!File.Exists(_folder.VersionFile))
        {
            return Refuse($"there is no cluster in {_folder.Root}");
        }

        var installed = await PostgresBinaries.FindAsync(cancel);
        return UpgradePlan.Of(
            (await File.ReadAllTextAsync(_folder.VersionFile, cancel)).Trim(), [.. installed.Select(b => b.Major)], isAgain);
    }

    // What an interrupted attempt left: a new cluster that is not whole goes; one that was may be the former one already.
    private void Clear()
    {
        if (!Directory.Exists(Beside))
        {
            return;
        }

        if (Directory.Exists(NewCluster) && File.Exists(StateFile) && File.ReadAllText(StateFile) == Whole)
        {
            Directory.Move(NewCluster, AsideName(File.ReadAllText(Path.Combine(NewCluster, "PG_VERSION")).Trim()));
        }

        Directory.Delete(Beside, recursive: true);
    }

    private async Task<long> FillAsync(CancellationToken cancel)
    {
        var beside = new DatabaseOptions
        {
            DataFolder = Beside,
            RuntimeFolder = options.RuntimeFolder,
            MaximumConnections = options.MaximumConnections,
            MinimumFreeBytes = options.MinimumFreeBytes,
            StartLimit = options.StartLimit,
            StopLimit = options.StopLimit,
            WithoutSync = options.WithoutSync,
        };
        await using var server = await RestoreServer.OpenAsync(beside, time, logs, cancel);
        await File.WriteAllTextAsync(StateFile, Filling, cancel);
        await server.CreateAsync(server.Name, cancel);
        var backup = await new DatabaseBackup(OwnerLogin.Of(options), "upgrade", time)
            .MakeAsync(Path.Combine(Beside, "backup"), cancel);
        await DumpReader.ReadAsync(backup.Dump, await server.MajorAsync(cancel), server.Login(), cancel);
        if (await DumpReader.CompareAsync(backup.Manifest, server.Login(), cancel) is { Count: > 0 } differences)
        {
            throw new RefusedException(differences.Select(difference => BackupErrors.NotProved.Because(difference)).ToArray());
        }

        // Transaction numbers begin anew in the new cluster.
        await server.AskAsync(server.Name, "update ledger_epoch set epoch = epoch + 1", cancel);
        return backup.Manifest.Tables.Sum(table => table.Rows);
    }

    private string Exchange(int from)
    {
        File.WriteAllText(StateFile, Whole);
        using (var disk = Posix.OpenWithoutLock(Beside, toWrite: false))
        {
            Posix.SyncFileSystem(disk);
        }

        Posix.Exchange(NewCluster, _folder.Cluster);
        var kept = AsideName(from.ToString(CultureInfo.InvariantCulture));
        Directory.Move(NewCluster, kept);
        Directory.Delete(Beside, recursive: true);
        using var root = Posix.OpenWithoutLock(_folder.Root, toWrite: false);
        Posix.SyncFileSystem(root);
        return kept;
    }

    private string AsideName(string version) => Path.Combine(
        _folder.Root,
        $"postgres.former-{version}-{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}");

    private static Refused<UpgradePlan> Refuse(string why) => new([BackupErrors.UpgradeRefused.Because(why)]);
}

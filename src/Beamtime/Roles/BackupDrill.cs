using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Roles;

/// <summary>What a drill proved.</summary>
/// <param name="Backup">The backup.</param>
/// <param name="MadeAt">The moment that it shows, UTC.</param>
/// <param name="Tables">Tables that were counted and summed up.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="Migrations">Migrations of this program that it lacked.</param>
/// <param name="Streams">Streams that were folded anew.</param>
/// <param name="Seconds">How long it took, s.</param>
internal sealed record DrillReport(
    string Backup, DateTimeOffset MadeAt, int Tables, long Rows, int Migrations, long Streams, double Seconds);

/// <summary>
/// Proves a backup by using it: restores it into a private cluster of its own, compares every table with the manifest,
/// migrates it, folds every stream anew and compares the records. The cluster is removed in any case.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class BackupDrill(TimeProvider time)
{
    private const int ToldAtMost = 20;

    /// <summary>Proves a backup.</summary>
    /// <param name="path">The backup.</param>
    /// <param name="scratch">A folder for the cluster; null for the system's temporary one.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">It is damaged or not proved; every reason.</exception>
    public async Task<DrillReport> RunAsync(string path, string? scratch, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var backup = BackupFolder.Open(path);
        await backup.RequireWholeAsync(cancel);
        var folder = Path.Combine(
            scratch ?? Path.GetTempPath(),
            string.Create(CultureInfo.InvariantCulture, $"beamtime-drill-{Environment.ProcessId}-{begun:x}"));
        var options = new DatabaseOptions
        {
            DataFolder = folder,
            RuntimeFolder = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"bt-{Environment.ProcessId}")),
            MinimumFreeBytes = 0,
            WithoutSync = true,
        };
        try
        {
            await using var server = await RestoreServer.OpenAsync(options, time, NullLoggerFactory.Instance, cancel);
            await server.CreateAsync(server.Name, cancel);
            await DumpReader.ReadAsync(backup.Dump, await server.MajorAsync(cancel), server.Login(), cancel);
            Require(await DumpReader.CompareAsync(backup.Manifest, server.Login(), cancel));
            await using var database = await server.OpenDatabaseAsync(server.Name, cancel);
            var applied = await database.MigrateAsync(BeamtimeHost.Migrations, cancel);
            return new DrillReport(
                backup.Path,
                backup.Manifest.MadeAt,
                backup.Manifest.Tables.Count,
                backup.Manifest.Tables.Sum(table => table.Rows),
                applied,
                await FoldAsync(database, cancel),
                time.GetElapsedTime(begun).TotalSeconds);
        }
        catch (IOException full) when ((full.HResult & 0xffff) == 28)
        {
            throw BackupErrors.DiskFull.Fault($"{folder}: {full.Message}", full);
        }
        finally
        {
            foreach (var left in new[] { folder, options.RuntimeFolder }.Where(Directory.Exists))
            {
                Directory.Delete(left, recursive: true);
            }
        }
    }

    private static async Task<long> FoldAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        var rebuild = new RecordRebuild(database, BeamtimeHost.StreamKinds);
        List<string> wrong = [];
        await foreach (var difference in rebuild.RunAsync(null, correct: false, cancel))
        {
            // A record of an earlier fold is folded anew when it is read; that it differs is no loss.
            if (difference is not null && !difference.Fields.Contains("(fold_version)") && wrong.Count < ToldAtMost)
            {
                wrong.Add($"{difference.Kind} {difference.Id}: {difference.Problem ?? string.Join(", ", difference.Fields)}");
            }
        }

        Require(wrong);
        return rebuild.Examined;
    }

    private static void Require(IReadOnlyList<string> wrong)
    {
        if (wrong.Count > 0)
        {
            throw new RefusedException(wrong.Take(ToldAtMost).Select(what => BackupErrors.NotProved.Because(what)).ToArray());
        }
    }
}

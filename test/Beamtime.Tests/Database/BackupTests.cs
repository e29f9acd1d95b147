using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Beamtime.Tests.Database;

/// <summary>A backup is whole or is not there, is proved by using it, and comes back as it was.</summary>
public sealed class BackupTests
{
    private static readonly RestoreChoice WithoutSecrets = new() { IsWithoutSecrets = true };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_beside_a_running_program_shows_one_moment_and_is_proved()
    {
        using var folder = TemporaryFolder.Create("backup");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, Cancel);
        await AdmitAsync(database, 1, 20);
        Directory.CreateDirectory(folder["backups"]);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writing = WriteOnAsync(database, stop.Token);
        var backup = await BackUpAsync(options, folder["backups"]);
        await stop.CancelAsync();
        await writing;

        Assert.Equal("left out", backup.Manifest.MasterKey);
        Assert.Contains(backup.Manifest.Migrations, migration => migration.Name == "0002_ledger.sql");
        var entries = backup.Manifest.Tables.Single(table => table.Name == "entries").Rows;
        Assert.Equal(backup.Manifest.Tables.Single(table => table.Name == "records").Rows, entries);
        var report = await new BackupDrill(TimeProvider.System).RunAsync(backup.Path, folder.Path, Cancel);
        Assert.Equal((entries, 0), (report.Streams, report.Migrations));
        Assert.DoesNotContain(Directory.EnumerateDirectories(folder.Path), path => path.Contains("drill", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_drill_finds_a_record_that_is_not_what_its_entries_say()
    {
        using var folder = TemporaryFolder.Create("drill");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, Cancel);
        await AdmitAsync(database, 1, 2);
        await ExecuteAsync(database, "update records set status = 'Lost' where number = 2");
        var backup = await BackUpAsync(options, folder["backup"]);

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => new BackupDrill(TimeProvider.System).RunAsync(backup.Path, folder.Path, Cancel));
        var reason = Assert.Single(refused.Reasons);
        Assert.Equal("backup.not_proved", reason.Code);
        Assert.Contains("(status)", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_backup_is_refused_before_anything_is_done()
    {
        using var folder = TemporaryFolder.Create("damaged");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, Cancel);
        var backup = await BackUpAsync(options, folder["backup"]);
        var dump = await File.ReadAllBytesAsync(backup.Dump, Cancel);
        dump[dump.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(backup.Dump, dump, Cancel);

        await RefusedAsync("backup.damaged", () => new BackupDrill(TimeProvider.System).RunAsync(backup.Path, folder.Path, Cancel));
        await File.WriteAllBytesAsync(backup.Dump, dump[..^5], Cancel);
        await RefusedAsync("backup.damaged", () => new BackupDrill(TimeProvider.System).RunAsync(backup.Path, folder.Path, Cancel));
        await File.WriteAllTextAsync(Path.Combine(backup.Path, "manifest.json"), "{", Cancel);
        await RefusedAsync("backup.damaged", () => Task.FromResult(BackupFolder.Open(backup.Path)));
        await RefusedAsync("backup.place.unusable", () => Task.FromResult(BackupFolder.Open(folder["nothing"])));
    }

    [Fact]
    public async Task A_restore_brings_everything_back_under_a_higher_epoch_and_keeps_what_was_there()
    {
        using var folder = TemporaryFolder.Create("restore");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        BackupFolder backup;
        await using (var database = await TestDatabase.CreateClusterAsync(options, Cancel))
        {
            await AdmitAsync(database, 1, 3);
            backup = await BackUpAsync(options, folder["backup"]);
            await AdmitAsync(database, 4, 2);
            await RefusedAsync("database.folder.locked", () => RestoreAsync(options, backup, WithoutSecrets));
        }

        await RefusedAsync("restore.secrets.unsaid", () => RestoreAsync(options, backup, new RestoreChoice()));
        await RefusedAsync("restore.database.not_empty", () => RestoreAsync(options, backup, WithoutSecrets));
        await RefusedAsync("restore.database.not_empty", () => RestoreAsync(options, backup, WithoutSecrets with { Replace = "other" }));
        var report = await RestoreAsync(options, backup, WithoutSecrets with { Replace = "beamtime" });
        Assert.Equal((2, "beamtime"), (report.Epoch, report.Database));

        await using var restored = await BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancel);
        Assert.Equal(0, await restored.MigrateAsync(TestDatabase.Migrations, Cancel));
        Assert.Equal(3L, await ScalarAsync(restored, "select count(*) from entries"));
        await AdmitAsync(restored, 4, 1);
        Assert.Equal(2, await ScalarAsync(restored, "select epoch from entries order by epoch desc, tx desc, position desc limit 1"));
        await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(restored, "delete from entries returning 1"));
        Assert.Equal([report.Former!], await FormerDatabases.ListAsync(options, Cancel));
        await RefusedAsync("restore.former.unknown", async () => { await FormerDatabases.DiscardAsync(options, "beamtime", Cancel); return 0; });
        await FormerDatabases.DiscardAsync(options, report.Former!, Cancel);
        Assert.Empty(await FormerDatabases.ListAsync(options, Cancel));
    }

    [Fact]
    public async Task A_restore_of_an_older_backup_goes_above_the_epoch_that_it_replaces_and_installs_the_key()
    {
        using var folder = TemporaryFolder.Create("again");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        BackupFolder backup;
        await using (await TestDatabase.CreateClusterAsync(options, Cancel))
        {
            backup = await BackUpAsync(options, folder["backup"]);
        }

        await File.WriteAllTextAsync(folder["key"], new string('k', 48), Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder["data"], "MASTER_KEY"), new string('f', 48), Cancel);
        var choice = new RestoreChoice { SecretFile = folder["key"], Replace = "beamtime" };
        Assert.Equal(2, (await RestoreAsync(options, backup, choice)).Epoch);
        var second = await RestoreAsync(options, backup, choice);
        Assert.Equal(3, second.Epoch);

        Assert.Equal(new string('k', 48), await File.ReadAllTextAsync(second.KeyFile!, Cancel));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(second.KeyFile!));
        Assert.Equal(
            new string('f', 48),
            await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder["data"], "MASTER_KEY.beamtime_before_*")), Cancel));
    }

    [Fact]
    public async Task A_restore_into_an_empty_folder_needs_no_flag()
    {
        using var folder = TemporaryFolder.Create("fresh");
        BackupFolder backup;
        await using (var database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(folder["data"]), Cancel))
        {
            await AdmitAsync(database, 1, 3);
            backup = await BackUpAsync(TestDatabase.ClusterOptions(folder["data"]), folder["backup"]);
        }

        var fresh = TestDatabase.ClusterOptions(folder["fresh"]);
        Assert.Null((await RestoreAsync(fresh, backup, WithoutSecrets)).Former);
        await using var restored = await BeamtimeDatabase.OpenAsync(fresh, TimeProvider.System, NullLoggerFactory.Instance, Cancel);
        Assert.Equal(3L, await ScalarAsync(restored, "select count(*) from records where kind = 'scan'"));
    }

    [Fact]
    public async Task Old_backups_go_and_what_is_no_backup_stays()
    {
        using var folder = TemporaryFolder.Create("keep");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, Cancel);
        Directory.CreateDirectory(folder["backups/beamtime-notes"]);
        List<string> made = [];
        for (var i = 0; i < 3; i++)
        {
            made.Add((await BackUpAsync(options, folder["backups"])).Path);
        }

        Assert.Equal([made[0]], BackupFolder.Prune(folder["backups"], 2));
        Assert.Equal(
            [.. made[1..].Append(folder["backups/beamtime-notes"]).Order(StringComparer.Ordinal)],
            Directory.GetDirectories(folder["backups"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_interrupted_backup_leaves_nothing_under_its_name_and_does_not_hinder_the_next()
    {
        using var folder = TemporaryFolder.Create("cut");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, Cancel);
        using var giveUp = new CancellationTokenSource();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new DatabaseBackup(OwnerLogin.Of(options), "test", TimeProvider.System).MakeAsync(folder["backup"], giveUp.Token));
        Assert.False(Directory.Exists(folder["backup"]));
        Assert.False(Directory.Exists(folder["backup.partial"]));

        // As a kill leaves it.
        Directory.CreateDirectory(folder["backup.partial"]);
        await File.WriteAllTextAsync(folder["backup.partial/database.dump"], "half", Cancel);
        var (_, held) = BackupFolder.Begin(folder["other"]);
        using (held)
        {
            await RefusedAsync("backup.place.taken", () => BackUpAsync(options, folder["other"]));
        }

        await BackUpAsync(options, folder["backup"]);
        await RefusedAsync("backup.place.taken", () => BackUpAsync(options, folder["backup"] + "/manifest.json"));
    }

    [Fact]
    public async Task The_same_backup_made_twice_has_the_same_sums()
    {
        using var folder = TemporaryFolder.Create("sums");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, Cancel);
        await AdmitAsync(database, 1, 5);
        var (one, two) = (await BackUpAsync(options, folder["one"]), await BackUpAsync(options, folder["two"]));
        Assert.Equal(one.Manifest.Tables, two.Manifest.Tables);
        await ExecuteAsync(database, "update people set name = 'Operator' where name = 'operator'");
        var three = await BackUpAsync(options, folder["three"]);
        Assert.Equal(
            ["the 2 rows of table people have other contents"], TableSums.Differences(one.Manifest.Tables, three.Manifest.Tables));
    }

    internal static Task<BackupFolder> BackUpAsync(DatabaseOptions options, string place) =>
        new DatabaseBackup(OwnerLogin.Of(options), "test", TimeProvider.System).MakeAsync(place, Cancel);

    internal static async Task AdmitAsync(BeamtimeDatabase database, int first, int count)
    {
        var ledger = new LedgerStore(database, TimeProvider.System);
        for (var number = first; number < first + count; number++)
        {
            await ledger.AppendAsync(
                ScanRecord.Kind,
                StreamState<ScanRecord>.New(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString()),
                [new ScanAdmitted("test", number, "primary", new ScanRequest { Scan = "line" })],
                Why.BySystem("test", $"c-{number}"),
                Cancel);
        }
    }

    internal static async Task<object?> ScalarAsync(BeamtimeDatabase database, string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancel);
    }

    private static Task<RestoreReport> RestoreAsync(DatabaseOptions options, BackupFolder backup, RestoreChoice choice) =>
        new DatabaseRestore(options, TestDatabase.Migrations, TimeProvider.System, NullLoggerFactory.Instance)
            .RunAsync(backup, choice, Cancel);

    private static async Task RefusedAsync<T>(string code, Func<Task<T>> work)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(work);
        Assert.Equal(code, refused.Reasons[0].Code);
    }

    private static async Task WriteOnAsync(BeamtimeDatabase database, CancellationToken stop)
    {
        for (var number = 1000; !stop.IsCancellationRequested; number++)
        {
            await AdmitAsync(database, number, 1);
        }
    }

    private static async Task ExecuteAsync(BeamtimeDatabase database, string sql)
    {
        await using var command = database.Owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}

using System.Diagnostics;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Database;

/// <summary>A cluster is brought to another version by a new one that proves itself before it takes the place.</summary>
public sealed class ClusterUpgradeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("15", "15", false, null, false)]
    [InlineData("15", "15", true, null, true)]
    [InlineData("15", "15,17", false, null, true)]
    [InlineData("14", "15,17", false, "apt-get install postgresql-14", false)]
    [InlineData("18", "15,17", false, "newer than all that are installed", false)]
    [InlineData("15", "", false, "no PostgreSQL is installed", false)]
    [InlineData("9.6", "15", false, "which is no version", false)]
    public void A_plan_names_what_is_needed_or_missing(string made, string installed, bool isAgain, string? refusal, bool isNeeded)
    {
        var outcome = UpgradePlan.Of(
            made, [.. installed.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)], isAgain);
        if (refusal is null)
        {
            Assert.Equal(isNeeded, outcome.OrThrow().IsNeeded);
        }
        else
        {
            Assert.Contains(refusal, Assert.IsType<Refused<UpgradePlan>>(outcome).Reasons[0].Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_cluster_that_is_made_anew_holds_everything_and_the_former_one_is_kept()
    {
        using var folder = TemporaryFolder.Create("upgrade");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using (var database = await TestDatabase.CreateClusterAsync(options, Cancel))
        {
            await BackupTests.AdmitAsync(database, 1, 5);
            var running = await Assert.ThrowsAsync<RefusedException>(() => UpgradeAsync(options));
            Assert.Equal("database.folder.locked", running.Reasons[0].Code);
        }

        // As an attempt leaves it that was killed while it filled the new cluster.
        Directory.CreateDirectory(Path.Combine(folder["data"], "upgrade", "postgres"));
        var report = await UpgradeAsync(options);

        Assert.True(File.Exists(Path.Combine(report.Kept!, "PG_VERSION")));
        Assert.False(Directory.Exists(Path.Combine(folder["data"], "upgrade")));
        await using var upgraded = await BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancel);
        Assert.Equal(0, await upgraded.MigrateAsync(TestDatabase.Migrations, Cancel));
        Assert.Equal(5L, await BackupTests.ScalarAsync(upgraded, "select count(*) from entries"));
        Assert.Equal(2, await BackupTests.ScalarAsync(upgraded, "select epoch from ledger_epoch"));
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("upgrade/STATE")]
    [InlineData("upgrade/backup.partial/database.dump")]
    [InlineData("upgrade/backup/manifest.json")]
    public async Task Killed_half_way_it_leaves_the_old_cluster_startable_with_all_that_it_held_and_can_be_begun_again(string at)
    {
        using var folder = TemporaryFolder.Create("upgrade-killed");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using (var database = await TestDatabase.CreateClusterAsync(options, Cancel))
        {
            await BackupTests.AdmitAsync(database, 1, 5);
        }

        using (var upgrading = Process.Start(new ProcessStartInfo(
            RunningProgram.Path, ["database", "upgrade", "--again", "--site", "demo", "--data", folder["data"]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!)
        {
            while (!Path.Exists(Path.Combine(folder["data"], at)) && !upgrading.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel);
            }

            Assert.False(upgrading.HasExited, $"it ended before {at}: {(upgrading.HasExited ? await upgrading.StandardError.ReadToEndAsync(Cancel) : "")}");
            upgrading.Kill();
            await upgrading.WaitForExitAsync(Cancel);
        }

        await using (var database = await BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancel))
        {
            Assert.Equal(5L, await BackupTests.ScalarAsync(database, "select count(*) from entries"));
            Assert.Equal(1, await BackupTests.ScalarAsync(database, "select epoch from ledger_epoch"));
        }

        await UpgradeAsync(options);
        Assert.False(Directory.Exists(folder["data/upgrade"]));
        await using var upgraded = await BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancel);
        Assert.Equal(5L, await BackupTests.ScalarAsync(upgraded, "select count(*) from entries"));
        Assert.Equal(2, await BackupTests.ScalarAsync(upgraded, "select epoch from ledger_epoch"));
    }

    [Fact]
    public async Task A_cluster_of_a_version_that_is_not_installed_is_refused_with_the_remedy()
    {
        using var folder = TemporaryFolder.Create("foreign");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        Directory.CreateDirectory(folder["data/postgres"]);
        await File.WriteAllTextAsync(folder["data/postgres/PG_VERSION"], "12\n", Cancel);

        var start = await Assert.ThrowsAsync<RefusedException>(
            () => BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Cancel));
        Assert.Equal("database.version.mismatch", Assert.Single(start.Reasons).Code);
        Assert.Contains("beamtime database upgrade", start.Reasons[0].Remedy, StringComparison.Ordinal);
        var upgrade = await Assert.ThrowsAsync<RefusedException>(() => UpgradeAsync(options));
        Assert.Contains("apt-get install postgresql-12", Assert.Single(upgrade.Reasons).Message, StringComparison.Ordinal);
        Assert.Equal("12\n", await File.ReadAllTextAsync(folder["data/postgres/PG_VERSION"], Cancel));
    }

    private static Task<UpgradeReport> UpgradeAsync(DatabaseOptions options) =>
        new ClusterUpgrade(options, TimeProvider.System, NullLoggerFactory.Instance).RunAsync(isAgain: true, Cancel);
}

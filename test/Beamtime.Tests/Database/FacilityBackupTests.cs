using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Database;

/// <summary>Backups of and into a facility's server, with a password, by an owner who may make no databases.</summary>
public sealed class FacilityBackupTests(FacilityServer server) : IClassFixture<FacilityServer>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_is_restored_into_an_empty_database_of_the_owner()
    {
        using var folder = TemporaryFolder.Create("facility-backup");
        var from = new DatabaseOptions { Url = server.UrlOf("owner_of_tables", await server.CreateDatabaseAsync()) };
        await FillAsync(from);
        var backup = await BackupTests.BackUpAsync(from, folder["backup"]);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => RestoreAsync(from, backup, replace: true));
        Assert.Contains("restore.database.not_allowed", refused.Reasons.Select(reason => reason.Code));
        var into = new DatabaseOptions { Url = server.UrlOf("owner_of_tables", await server.CreateDatabaseAsync()) };
        var report = await RestoreAsync(into, backup, replace: false);

        Assert.Equal((2, (string?)null), (report.Epoch, report.Former));
        await using var database = await FacilityServer.OpenAsync(into.Url);
        Assert.Equal(0, await database.MigrateAsync(TestDatabase.Migrations, Cancel));
        Assert.Equal(4L, await BackupTests.ScalarAsync(database, "select count(*) from entries"));
    }

    [Fact]
    public async Task A_login_of_the_program_alone_makes_no_backup()
    {
        using var folder = TemporaryFolder.Create("facility-program");
        var options = new DatabaseOptions { ProgramUrl = server.UrlOf("app", await server.CreateDatabaseAsync()) };
        var fault = await Assert.ThrowsAsync<FaultException>(() => BackupTests.BackUpAsync(options, folder["backup"]));
        Assert.Equal("database.owner.absent", fault.Reason.Code);
    }

    private static async Task FillAsync(DatabaseOptions options)
    {
        await using var database = await FacilityServer.OpenAsync(options.Url);
        await database.MigrateAsync(TestDatabase.Migrations, Cancel);
        await BackupTests.AdmitAsync(database, 1, 4);
    }

    private static Task<RestoreReport> RestoreAsync(DatabaseOptions options, BackupFolder backup, bool replace) =>
        new DatabaseRestore(options, TestDatabase.Migrations, TimeProvider.System, NullLoggerFactory.Instance).RunAsync(
            backup,
            new RestoreChoice { IsWithoutSecrets = true, Replace = replace ? OwnerLogin.Of(options).Database : null },
            Cancel);
}

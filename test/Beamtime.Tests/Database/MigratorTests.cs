using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Database;

public sealed class MigratorTests
{
    private static readonly (string Origin, string Name, string Sql)[] Two =
    [
        ("core", "0001_first.sql", "create table first (x integer)"),
        ("core", "0003_third.sql", "create table third (x integer)"),
    ];

    [Fact]
    public async Task Migrations_are_applied_once()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateEmptyAsync();

        Assert.Equal(2, await database.MigrateAsync(MigrationSet.Of(Two), cancel));
        Assert.Equal(0, await database.MigrateAsync(MigrationSet.Of(Two), cancel));
    }

    [Fact]
    public async Task Programs_that_migrate_at_once_apply_each_migration_once()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateEmptyAsync();

        var counts = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => database.MigrateAsync(MigrationSet.Of(Two), cancel)));

        Assert.Equal(2, counts.Sum());
    }

    [Fact]
    public async Task A_changed_text_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateEmptyAsync();
        await database.MigrateAsync(MigrationSet.Of(Two), cancel);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => database.MigrateAsync(
            MigrationSet.Of([Two[0], Two[1] with { Sql = "create table third (y integer)" }]), cancel));

        Assert.Equal(["database.migration.changed"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task A_database_of_a_newer_program_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateEmptyAsync();
        await database.MigrateAsync(MigrationSet.Of(Two), cancel);

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => database.MigrateAsync(MigrationSet.Of([Two[0]]), cancel));

        Assert.Equal(["database.migration.newer"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task A_number_may_be_skipped_but_not_filled_in_afterwards_by_the_same_assembly()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateEmptyAsync();
        await database.MigrateAsync(MigrationSet.Of(Two), cancel);

        Assert.Equal(1, await database.MigrateAsync(
            MigrationSet.Of([.. Two, ("data", "0002_second.sql", "create table second (x integer)")]), cancel));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => database.MigrateAsync(
            MigrationSet.Of(
            [
                .. Two,
                ("data", "0002_second.sql", "create table second (x integer)"),
                ("core", "0000_zeroth.sql", "select 1"),
            ]),
            cancel));

        Assert.Equal(["database.migration.order"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateEmptyAsync();
        (string, string, string)[] broken = [Two[0], ("core", "0002_half.sql", "create table half (x integer); select 1/0")];

        await Assert.ThrowsAsync<PostgresException>(() => database.MigrateAsync(MigrationSet.Of(broken), cancel));

        await using var ask = database.Owner.CreateCommand(
            "select to_regclass('half') is null and to_regclass('first') is not null and (select count(*) from migrations) = 1");
        Assert.Equal(true, await ask.ExecuteScalarAsync(cancel));
    }

    [Fact]
    public void Bad_names_and_shared_numbers_are_all_refused()
    {
        var refused = Assert.Throws<RefusedException>(() => MigrationSet.Of(
        [
            ("core", "1_first.sql", ""), ("core", "0002_a.sql", ""), ("data", "0002_b.sql", ""),
        ]));

        Assert.Equal(2, refused.Reasons.Count);
    }

    [Fact]
    public async Task The_lease_clock_shifts_in_a_test_database_and_the_program_cannot_shift_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        await TestDatabase.ShiftLeaseClockAsync(database, TimeSpan.FromHours(1), cancel);

        await using var ask = database.Source.CreateCommand(
            "select lease_clock() - clock_timestamp() > interval '59 minutes'");
        Assert.Equal(true, await ask.ExecuteScalarAsync(cancel));
        await using var shift = database.Source.CreateCommand("update lease_clock_shift set shift = '0'");
        var error = await Assert.ThrowsAsync<PostgresException>(() => shift.ExecuteNonQueryAsync(cancel));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }
}

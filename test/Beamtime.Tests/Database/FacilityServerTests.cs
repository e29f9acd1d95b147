using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Database;

/// <summary>A database on a server that another program runs: who owns it, what the program may do, what is refused.</summary>
public sealed class FacilityServerTests(FacilityServer server) : IClassFixture<FacilityServer>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("private")]
    [InlineData("owner's url")]
    [InlineData("program's url")]
    [InlineData("program's url alone")]
    [InlineData("several hosts")]
    public async Task The_program_can_add_to_the_ledger_and_never_change_it(string mode)
    {
        await using var database = await OpenAsync(mode);
        await RunAsync(database, """
            insert into entries (epoch, kind, id, version, type, type_version, who, why, at, correlation, data)
            values (1, 'lamp', 'a', 1, 'lamp.lit', 1, gen_random_uuid(), 'dark', now(), 'x', '{}')
            """);
        foreach (var sql in new[]
        {
            "update entries set why = 'light'",
            "delete from entries",
            "truncate entries",
            "drop table entries",
            "alter table entries add column more text",
            "update ledger_epoch set epoch = 7",
            "insert into lease_clock_shift (shift) values ('1 hour')",
            "create table more (x integer)",
            "create schema more",
            "with gone as (delete from entries returning 1) select * from gone",
            "insert into entries (epoch, kind, id, version, type, type_version, who, why, at, correlation, data) "
            + "select epoch, kind, id, version, type, type_version, who, why, at, correlation, data from entries "
            + "on conflict (kind, id, version) do update set why = 'light'",
        })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => RunAsync(database, sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Theory]
    [InlineData("owner's url", "reset role", false)]
    [InlineData("owner's url", "reset all", false)]
    [InlineData("owner's url", "discard all", false)]
    [InlineData("owner's url", "set role none", true)]
    [InlineData("owner's url", "set session authorization default", false)]
    [InlineData("program's url", "reset role", false)]
    [InlineData("program's url", "discard all", false)]
    [InlineData("program's url", "set role none", false)]
    [InlineData("program's url", "set role owner_of_tables", false)]
    [InlineData("program's url", "set session authorization owner_of_tables", false)]
    [InlineData("program's url alone", "set role none", false)]
    [InlineData("program's url alone", "set role beamtime", false)]
    public async Task Only_with_the_owners_login_can_a_session_become_the_owner(string mode, string escape, bool escapes)
    {
        await using var database = await OpenAsync(mode);
        await using var connection = await database.Source.OpenConnectionAsync(Cancel);
        foreach (var sql in new[] { escape, "delete from public.entries" })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            try
            {
                await command.ExecuteNonQueryAsync(Cancel);
            }
            catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                Assert.False(escapes);
                return;
            }
        }

        Assert.True(escapes);
    }

    [Fact]
    public async Task A_program_with_its_own_login_waits_for_the_owner_to_migrate()
    {
        var name = await server.CreateDatabaseAsync();
        await using (var early = await FacilityServer.OpenAsync(null, server.UrlOf("app", name)))
        {
            Assert.Equal("database.migration.pending", (await RefusalAsync(() => early.MigrateAsync(TestDatabase.Migrations, Cancel))).Code);
            Assert.False(early.HasOwner);
            Assert.Equal("database.owner.absent", Assert.Throws<FaultException>(() => early.Owner).Reason.Code);
        }

        await using var owner = await FacilityServer.OpenAsync(server.UrlOf("owner_of_tables", name));
        Assert.Equal(TestDatabase.Migrations.Migrations.Count, await owner.MigrateAsync(TestDatabase.Migrations, Cancel));
        Assert.Equal(0, await owner.MigrateAsync(TestDatabase.Migrations, Cancel));
        await using var program = await FacilityServer.OpenAsync(null, server.UrlOf("app", name));
        Assert.Equal(0, await program.MigrateAsync(TestDatabase.Migrations, Cancel));
    }

    [Theory]
    [InlineData("nobody", null, "database.login.refused")]
    [InlineData("stranger", null, "database.rights.missing")]
    [InlineData("owner_of_tables", "stranger", "database.role.missing")]
    [InlineData("owner_of_tables", "mighty", "database.program.rights")]
    [InlineData("owner_of_tables", "maker", "database.program.rights")]
    [InlineData("app", null, "database.rights.missing", "database.owner.wrong")]
    public async Task A_login_that_will_not_do_is_refused_with_every_reason(string owner, string? program, params string[] codes)
    {
        var name = await MigratedAsync();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => FacilityServer.OpenAsync(
            server.UrlOf(owner, name), program is null ? null : server.UrlOf(program, name)));
        Assert.Subset(refused.Reasons.Select(r => r.Code).ToHashSet(), codes.ToHashSet());
        Assert.DoesNotContain(FacilityServer.Password, refused.Message, StringComparison.Ordinal);
        Assert.All(refused.Reasons, r => Assert.NotEmpty(r.Remedy));
    }

    [Fact]
    public async Task An_absent_database_another_encoding_and_two_databases_are_refused()
    {
        Assert.Equal("database.missing", (await RefusalAsync(() => FacilityServer.OpenAsync(server.UrlOf("owner_of_tables", "absent")))).Code);
        var latin = await server.CreateDatabaseAsync("encoding 'latin1' locale 'C' template template0");
        Assert.Equal("database.encoding.refused", (await RefusalAsync(() => FacilityServer.OpenAsync(server.UrlOf("owner_of_tables", latin)))).Code);
        var (one, other) = (await MigratedAsync(), await MigratedAsync());
        Assert.Equal(
            "database.logins.differ",
            (await RefusalAsync(() => FacilityServer.OpenAsync(server.UrlOf("owner_of_tables", one), server.UrlOf("app", other)))).Code);
    }

    [Fact]
    public async Task A_server_that_is_too_old_and_an_owner_without_rights_are_told_at_once()
    {
        var name = await server.CreateDatabaseAsync();
        await server.RunInAsync(name, "drop schema public");
        var logins = ServerLogin.Of(new DatabaseOptions { Url = server.UrlOf("owner_of_tables", name) });
        var refused = await Assert.ThrowsAsync<RefusedException>(() => new ServerCheck(logins) { OldestMajor = 99 }.RequireAsync(Cancel));
        Assert.Equal(["database.version.old", "database.rights.missing"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_a_fault_that_passes()
    {
        var fault = await Assert.ThrowsAsync<FaultException>(
            () => FacilityServer.OpenAsync($"host=/tmp/absent-{Environment.ProcessId} dbname=x user=y"));
        Assert.Equal(("database.unreachable", RetryClass.Later), (fault.Reason.Code, fault.Reason.Retry));
    }

    [Fact]
    public async Task A_program_role_with_rights_on_the_ledger_is_refused_after_migration()
    {
        var name = await MigratedAsync();
        await server.RunInAsync(name, "grant delete on entries to beamtime_program");
        await using var database = await FacilityServer.OpenAsync(server.UrlOf("owner_of_tables", name));
        var reason = await RefusalAsync(() => database.MigrateAsync(TestDatabase.Migrations, Cancel));
        Assert.Equal("database.program.rights", reason.Code);
        Assert.Contains("DELETE", reason.Message, StringComparison.Ordinal);
    }

    private static async Task<Reason> RefusalAsync(Func<Task> act) =>
        Assert.Single((await Assert.ThrowsAsync<RefusedException>(act)).Reasons);

    private static async Task RunAsync(BeamtimeDatabase database, string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    private async Task<string> MigratedAsync()
    {
        var name = await server.CreateDatabaseAsync();
        await using var owner = await FacilityServer.OpenAsync(server.UrlOf("owner_of_tables", name));
        await owner.MigrateAsync(TestDatabase.Migrations, Cancel);
        return name;
    }

    private async Task<BeamtimeDatabase> OpenAsync(string mode)
    {
        if (mode == "private")
        {
            return await TestDatabase.CreateAsync();
        }

        var name = await MigratedAsync();
        var owner = server.UrlOf("owner_of_tables", name);
        return mode switch
        {
            "owner's url" => await FacilityServer.OpenAsync(owner),
            "program's url" => await FacilityServer.OpenAsync(owner, server.UrlOf("app", name)),
            "program's url alone" => await FacilityServer.OpenAsync(null, server.UrlOf("app", name)),
            "several hosts" => await FacilityServer.OpenAsync(server.UrlOfHosts("owner_of_tables", name)),
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "no such mode"),
        };
    }
}

using Beamtime.Core.Database;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Database;

/// <summary>Statements that go with the commit.</summary>
public sealed class DatabaseTransactionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Statements_before_the_commit_are_committed_in_their_order()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var transaction = await database.BeginAsync(Cancel))
        {
            transaction.BeforeCommit("insert into people (id, name) values ($1, $2)", Person(1), "first");
            transaction.BeforeCommit("update people set name = name || $2 where id = $1", Person(1), ", changed");
            Assert.Null(await NameAsync(database, 1));
            await transaction.CommitAsync(Cancel);
        }

        Assert.Equal("first, changed", await NameAsync(database, 1));
    }

    [Fact]
    public async Task A_statement_that_fails_before_the_commit_leaves_nothing_and_the_connection_is_good_again()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var transaction = await database.BeginAsync(Cancel))
        {
            await using var insert = transaction.Command("insert into people (id, name) values ($1, 'one')", Person(1));
            await insert.ExecuteNonQueryAsync(Cancel);
            transaction.BeforeCommit("insert into people (id, name) values ($1, 'two')", Person(2));
            transaction.BeforeCommit("insert into people (id, name) values ($1, 'two again')", Person(2));
            var failed = await Assert.ThrowsAsync<PostgresException>(() => transaction.CommitAsync(Cancel));
            Assert.Equal(PostgresErrorCodes.UniqueViolation, failed.SqlState);
        }

        Assert.Null(await NameAsync(database, 1));
        Assert.Null(await NameAsync(database, 2));
    }

    [Fact]
    public async Task Without_a_commit_statements_before_it_are_not_sent()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var transaction = await database.BeginAsync(Cancel))
        {
            transaction.BeforeCommit("insert into people (id, name) values ($1, 'one')", Person(1));
        }

        Assert.Null(await NameAsync(database, 1));
    }

    private static Guid Person(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);

    private static async Task<string?> NameAsync(BeamtimeDatabase database, int person)
    {
        await using var command = database.Source.CreateCommand("select name from people where id = $1");
        command.Parameters.AddWithValue(Person(person));
        return (string?)await command.ExecuteScalarAsync(Cancel);
    }
}

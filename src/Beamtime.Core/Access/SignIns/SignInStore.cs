using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Npgsql;

namespace Beamtime.Core.Access.SignIns;

/// <summary>
/// The rows of sign-ins and their refresh tokens. Whoever changes them holds the user's row, so that two requests of one
/// user never pass each other.
/// </summary>
/// <param name="database">Where they lie.</param>
internal sealed class SignInStore(BeamtimeDatabase database)
{
    private const string Columns =
        "s.id, s.person, s.scopes, s.client, s.address, s.created_at, s.used_at, s.expires_at, s.ended_at, s.ended_by";

    /// <summary>Locks a user's row until the transaction ends; false where it is gone.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="person">The user.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<bool> LockUserAsync(DatabaseTransaction transaction, PersonId person, CancellationToken cancel)
    {
        await using var find = transaction.Command("select 1 from users where id = $1 for update", person.Value);
        return await find.ExecuteScalarAsync(cancel) is not null;
    }

    /// <summary>Adds a sign-in.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="signIn">The sign-in.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task AddAsync(DatabaseTransaction transaction, SignIn signIn, CancellationToken cancel)
    {
        await using var add = transaction.Command(
            """
            insert into sign_ins (id, person, scopes, client, address, created_at, used_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            signIn.Id,
            signIn.Person.Value,
            signIn.Scopes?.ToArray(),
            signIn.Client,
            signIn.Address,
            signIn.CreatedAt,
            signIn.UsedAt,
            signIn.ExpiresAt);
        await add.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Adds a refresh token to a sign-in, which is in use again.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="signIn">The sign-in.</param>
    /// <param name="hash">Hash of the token.</param>
    /// <param name="now">The time.</param>
    /// <param name="expiresAt">When it expires.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task AddTokenAsync(
        DatabaseTransaction transaction, Guid signIn, byte[] hash, DateTimeOffset now, DateTimeOffset expiresAt,
        CancellationToken cancel)
    {
        await using var add = transaction.Command(
            """
            with used as (update sign_ins set used_at = $3 where id = $2)
            insert into refresh_tokens (hash, sign_in, made_at, expires_at) values ($1, $2, $3, $4)
            """,
            hash,
            signIn,
            now,
            expiresAt);
        await add.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Whose sign-in a refresh token belongs to, or null.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="hash">Hash of the token.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<PersonId?> FindPersonAsync(DatabaseTransaction transaction, byte[] hash, CancellationToken cancel)
    {
        await using var find = transaction.Command(
            "select s.person from refresh_tokens t join sign_ins s on s.id = t.sign_in where t.hash = $1", hash);
        return await find.ExecuteScalarAsync(cancel) is Guid person ? new PersonId(person) : null;
    }

    /// <summary>A refresh token with its sign-in, or null.</summary>
    /// <param name="transaction">The transaction; holds the user's row.</param>
    /// <param name="hash">Hash of the token.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<RefreshToken?> FindTokenAsync(DatabaseTransaction transaction, byte[] hash, CancellationToken cancel)
    {
        await using var find = transaction.Command(
            $"""
            select {Columns}, t.expires_at, t.used_at is not null, u.username, u.is_disabled
            from refresh_tokens t join sign_ins s on s.id = t.sign_in join users u on u.id = s.person where t.hash = $1
            """,
            hash);
        await using var reader = await find.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new RefreshToken(
                await ReadAsync(reader, cancel),
                await reader.GetFieldValueAsync<DateTimeOffset>(10, cancel),
                reader.GetBoolean(11),
                reader.GetString(12),
                reader.GetBoolean(13))
            : null;
    }

    /// <summary>Notes that a refresh token was exchanged.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="hash">Hash of the token.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task UseTokenAsync(
        DatabaseTransaction transaction, byte[] hash, DateTimeOffset now, CancellationToken cancel)
    {
        await using var use = transaction.Command("update refresh_tokens set used_at = $2 where hash = $1", hash, now);
        await use.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Ends a sign-in; false where it had ended.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="signIn">The sign-in.</param>
    /// <param name="by">What ends it.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<bool> EndAsync(
        DatabaseTransaction transaction, Guid signIn, string by, DateTimeOffset now, CancellationToken cancel)
    {
        await using var end = transaction.Command(
            "update sign_ins set ended_at = $3, ended_by = $2 where id = $1 and ended_at is null", signIn, by, now);
        return await end.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Ends all sign-ins of a user that go on; their ids.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="person">The user.</param>
    /// <param name="by">What ends them.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Guid>> EndAllAsync(
        DatabaseTransaction transaction, PersonId person, string by, DateTimeOffset now, CancellationToken cancel)
    {
        var ended = new List<Guid>();
        await using var end = transaction.Command(
            """
            update sign_ins set ended_at = $3, ended_by = $2
            where person = $1 and ended_at is null and expires_at > $3 returning id
            """,
            person.Value,
            by,
            now);
        await using var reader = await end.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            ended.Add(reader.GetGuid(0));
        }

        return ended;
    }

    /// <summary>Sign-ins of a user, newest first.</summary>
    /// <param name="person">The user.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<SignIn>> ListAsync(PersonId person, CancellationToken cancel)
    {
        var list = new List<SignIn>();
        await using var all = database.Source.CreateCommand(
            $"select {Columns} from sign_ins s where s.person = $1 order by s.created_at desc limit 100");
        all.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = person.Value });
        await using var reader = await all.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            list.Add(await ReadAsync(reader, cancel));
        }

        return list;
    }

    /// <summary>Removes sign-ins that ended long ago, and tries that no longer count; how many rows.</summary>
    /// <param name="endedBefore">Sign-ins that ended or expired before are removed.</param>
    /// <param name="triedBefore">Tries before are forgotten.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<int> PruneAsync(DateTimeOffset endedBefore, DateTimeOffset triedBefore, CancellationToken cancel)
    {
        await using var prune = database.Source.CreateCommand(
            """
            with old as (delete from sign_ins where id in (
                     select id from sign_ins where least(ended_at, expires_at) < $1 limit 10000) returning 1),
                 tries as (delete from sign_in_tries where (who, whence) in (
                     select who, whence from sign_in_tries where last_at < $2 limit 10000) returning 1)
            select (select count(*) from old)::int + (select count(*) from tries)::int
            """);
        prune.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = endedBefore });
        prune.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = triedBefore });
        return (int)(await prune.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<SignIn> ReadAsync(NpgsqlDataReader reader, CancellationToken cancel) => new()
    {
        Id = reader.GetGuid(0),
        Person = new PersonId(reader.GetGuid(1)),
        Scopes = await reader.IsDBNullAsync(2, cancel) ? null : await reader.GetFieldValueAsync<string[]>(2, cancel),
        Client = reader.GetString(3),
        Address = reader.GetString(4),
        CreatedAt = await reader.GetFieldValueAsync<DateTimeOffset>(5, cancel),
        UsedAt = await reader.GetFieldValueAsync<DateTimeOffset>(6, cancel),
        ExpiresAt = await reader.GetFieldValueAsync<DateTimeOffset>(7, cancel),
        EndedAt = await reader.IsDBNullAsync(8, cancel) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(8, cancel),
        EndedBy = await reader.IsDBNullAsync(9, cancel) ? null : reader.GetString(9),
    };
}

using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Npgsql;

namespace Beamtime.Core.Access.Users;

/// <summary>A user as the database holds it.</summary>
internal sealed record User
{
    /// <summary>The person.</summary>
    public required PersonId Id { get; init; }

    /// <summary>The name to sign in by.</summary>
    public required string Username { get; init; }

    /// <summary>The person's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where mail goes; null for nowhere.</summary>
    public string? Email { get; init; }

    /// <summary>Hash of the password; null where there is none.</summary>
    public string? Password { get; init; }

    /// <summary>The roles.</summary>
    public required IReadOnlyList<UserRole> Roles { get; init; }

    /// <summary>True while it may not come in.</summary>
    public required bool IsDisabled { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>The users' rows.</summary>
/// <param name="database">Where they lie.</param>
internal sealed class UserStore(BeamtimeDatabase database)
{
    private const string Columns =
        "select u.id, u.username, p.name, u.email, u.password, u.roles, u.is_disabled, u.created_at from users u join people p using (id)";

    /// <summary>A user by name, or null.</summary>
    /// <param name="username">The name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<User?> FindAsync(Username username, CancellationToken cancel)
    {
        await using var find = database.Source.CreateCommand($"{Columns} where u.username = $1");
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = username.Value });
        return (await ReadAsync(find, cancel)).FirstOrDefault();
    }

    /// <summary>A user by id, or null.</summary>
    /// <param name="id">The person.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<User?> FindAsync(PersonId id, CancellationToken cancel)
    {
        await using var find = database.Source.CreateCommand($"{Columns} where u.id = $1");
        find.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id.Value });
        return (await ReadAsync(find, cancel)).FirstOrDefault();
    }

    /// <summary>A user by name, locked until the transaction ends; or null.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="username">The name.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<User?> LockAsync(DatabaseTransaction transaction, Username username, CancellationToken cancel)
    {
        await using var find = transaction.Command($"{Columns} where u.username = $1 for update of u", username.Value);
        return (await ReadAsync(find, cancel)).FirstOrDefault();
    }

    /// <summary>All users, by name.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<User>> ListAsync(CancellationToken cancel)
    {
        await using var all = database.Source.CreateCommand($"{Columns} order by u.username");
        return await ReadAsync(all, cancel);
    }

    /// <summary>Adds a user and the person; false where the name is taken.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="user">The user.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<bool> AddAsync(DatabaseTransaction transaction, User user, CancellationToken cancel)
    {
        await using var add = transaction.Command(
            """
            with free as (select $1::uuid as id where not exists (select from users where username = $3)),
                 person as (insert into people (id, name) select id, $2 from free returning id)
            select id from person
            """,
            user.Id.Value,
            user.Name,
            user.Username);
        if (await add.ExecuteScalarAsync(cancel) is null)
        {
            return false;
        }

        // Two at once: the later waits here for the first, and then adds nothing.
        await using var sign = transaction.Command(
            """
            insert into users (id, username, email, password, roles, created_at, password_at)
            values ($1, $2, $3, $4, $5, $6, case when $4::text is not null then $6 end) on conflict (username) do nothing
            """,
            user.Id.Value,
            user.Username,
            user.Email,
            user.Password,
            user.Roles.Select(r => r.Name).ToArray(),
            user.CreatedAt);
        return await sign.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Sets roles, password and whether the user may come in.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="user">As it is from now on.</param>
    /// <param name="passwordAt">When the password was set; null where it was not.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task UpdateAsync(
        DatabaseTransaction transaction, User user, DateTimeOffset? passwordAt, CancellationToken cancel)
    {
        await using var update = transaction.Command(
            """
            update users set roles = $2, password = $3, is_disabled = $4, password_at = coalesce($5, password_at) where id = $1
            """,
            user.Id.Value,
            user.Roles.Select(r => r.Name).ToArray(),
            user.Password,
            user.IsDisabled,
            passwordAt);
        await update.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Keeps a hash of higher cost of the same password.</summary>
    /// <param name="user">The user.</param>
    /// <param name="better">The hash.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task KeepHashAsync(User user, string better, CancellationToken cancel)
    {
        // Only in the place of the hash that was checked: the password may have been changed meanwhile.
        await using var update = database.Source.CreateCommand("update users set password = $3 where id = $1 and password = $2");
        update.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = user.Id.Value });
        update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = user.Password! });
        update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = better });
        await update.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Whether another user than this one is an administrator who may come in; the rows are locked.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="but">The one that does not count.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<bool> HasOtherAdministratorAsync(DatabaseTransaction transaction, PersonId but, CancellationToken cancel)
    {
        await using var find = transaction.Command(
            "select id from users where 'administrator' = any(roles) and not is_disabled order by id for update");
        await using var reader = await find.ExecuteReaderAsync(cancel);
        var found = false;
        while (await reader.ReadAsync(cancel))
        {
            found |= reader.GetGuid(0) != but.Value;
        }

        return found;
    }

    /// <summary>Whether anybody can sign in from another machine: with a password or a key.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<bool> HasAnyAsync(CancellationToken cancel)
    {
        await using var find = database.Source.CreateCommand(
            """
            select exists (select from users u where not u.is_disabled and (u.password is not null
                or exists (select from api_keys k where k.person = u.id and k.revoked_at is null)))
            """);
        return (bool)(await find.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<List<User>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        var users = new List<User>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            users.Add(new User
            {
                Id = new PersonId(reader.GetGuid(0)),
                Username = reader.GetString(1),
                Name = reader.GetString(2),
                Email = await reader.IsDBNullAsync(3, cancel) ? null : reader.GetString(3),
                Password = await reader.IsDBNullAsync(4, cancel) ? null : reader.GetString(4),
                Roles = RolesOf(await reader.GetFieldValueAsync<string[]>(5, cancel)),
                IsDisabled = reader.GetBoolean(6),
                CreatedAt = await reader.GetFieldValueAsync<DateTimeOffset>(7, cancel),
            });
        }

        return users;
    }

    /// <summary>Roles by their names; one that a later program brought gives nothing here.</summary>
    /// <param name="names">The names.</param>
    public static IReadOnlyList<UserRole> RolesOf(IEnumerable<string> names) =>
        [.. names.Select(UserRoles.Find).OfType<UserRole>().Distinct().Order()];
}

using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Access.SignIns;

/// <summary>A key without its secret.</summary>
internal sealed record ApiKey
{
    /// <summary>The public id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required PersonId Person { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>What it is narrowed to; null for nothing.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends, UTC; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was used last, UTC, to the minute.</summary>
    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>When it was revoked, UTC.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>Makes, lists and revokes keys, by which programs come in without a password.</summary>
/// <param name="database">Where they lie.</param>
/// <param name="ledger">Takes the entries.</param>
/// <param name="callers">Forgets what it knew of a key.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiKeyRegister(BeamtimeDatabase database, LedgerStore ledger, CallerDirectory callers, TimeProvider time)
{
    private const int LongestName = 100;

    /// <summary>Makes a key; its text is shown this once.</summary>
    /// <param name="caller">Whose it will be.</param>
    /// <param name="name">What it is for.</param>
    /// <param name="scopes">What it is narrowed to; null for all that the caller may do.</param>
    /// <param name="expiresAt">When it ends; null for never.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Every reason.</exception>
    public async Task<(ApiKey Key, string Text)> CreateAsync(
        Caller caller, string name, IReadOnlyList<string>? scopes, DateTimeOffset? expiresAt, Why why, CancellationToken cancel)
    {
        // Whoever comes in by a narrowed key or token cannot make a wider one.
        scopes ??= caller.Scopes;
        var now = time.GetUtcNow();
        List<Reason> reasons = [.. scopes is null ? [] : PermissionBook.Against(scopes, caller.Permissions)];
        if (name.Trim().Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            reasons.Add(AccessErrors.KeyInvalid.Because($"the name of a key has 1 to {LongestName} characters that can be shown"));
        }

        if (expiresAt <= now)
        {
            reasons.Add(AccessErrors.KeyInvalid.Because("the end of the key lies in the past"));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var (text, kept) = ApiKeyText.New();
        var key = new ApiKey
        {
            Id = kept.Id,
            Person = caller.Who,
            Name = name.Trim(),
            Scopes = scopes,
            CreatedAt = now,
            ExpiresAt = expiresAt,
        };
        await database.TransactAsync(
            async transaction =>
            {
                if (!await SignInStore.LockUserAsync(transaction, caller.Who, cancel))
                {
                    throw new RefusedException(AccessErrors.UserUnknown.Because("the user is gone"));
                }

                await using (var add = transaction.Command(
                    "insert into api_keys (id, person, name, hash, scopes, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)",
                    key.Id,
                    key.Person.Value,
                    key.Name,
                    kept.Hash,
                    key.Scopes?.ToArray(),
                    key.CreatedAt,
                    key.ExpiresAt))
                {
                    await add.ExecuteNonQueryAsync(cancel);
                }

                await NoteAsync(transaction, key.Person, new UserKeyCreated(key.Id, key.Scopes, key.ExpiresAt), why, cancel);
            },
            cancel);
        return (key, text);
    }

    /// <summary>Keys of a user, newest first.</summary>
    /// <param name="person">The user.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(PersonId person, CancellationToken cancel)
    {
        var keys = new List<ApiKey>();
        await using var all = database.Source.CreateCommand(
            """
            select id, name, scopes, created_at, expires_at, used_at, revoked_at
            from api_keys where person = $1 order by created_at desc, id limit 1000
            """);
        all.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = person.Value });
        await using var reader = await all.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            keys.Add(new ApiKey
            {
                Id = reader.GetString(0),
                Person = person,
                Name = reader.GetString(1),
                Scopes = await reader.IsDBNullAsync(2, cancel) ? null : await reader.GetFieldValueAsync<string[]>(2, cancel),
                CreatedAt = await reader.GetFieldValueAsync<DateTimeOffset>(3, cancel),
                ExpiresAt = await TimeAsync(4),
                UsedAt = await TimeAsync(5),
                RevokedAt = await TimeAsync(6),
            });
        }

        return keys;

        async Task<DateTimeOffset?> TimeAsync(int column) =>
            await reader.IsDBNullAsync(column, cancel) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(column, cancel);
    }

    /// <summary>Revokes a key; it opens nothing any more. Revoking it again changes nothing.</summary>
    /// <param name="id">The key's public id.</param>
    /// <param name="owner">Whose it must be; null for anybody's.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>key.unknown</c>.</exception>
    public async Task RevokeAsync(string id, PersonId? owner, Why why, CancellationToken cancel)
    {
        await database.TransactAsync(
            async transaction =>
            {
                await using var find = transaction.Command("select person from api_keys where id = $1", id);
                var person = await find.ExecuteScalarAsync(cancel) is Guid found && (owner is null || owner.Value.Value == found)
                    ? new PersonId(found)
                    : throw new RefusedException(AccessErrors.KeyUnknown.Because($"there is no key {id}"));
                await SignInStore.LockUserAsync(transaction, person, cancel);
                await using var revoke = transaction.Command(
                    "update api_keys set revoked_at = $2 where id = $1 and revoked_at is null", id, time.GetUtcNow());
                if (await revoke.ExecuteNonQueryAsync(cancel) == 1)
                {
                    await NoteAsync(transaction, person, new UserKeyRevoked(id), why, cancel);
                }
            },
            cancel);
        callers.Refresh();
    }

    private async Task NoteAsync(
        DatabaseTransaction transaction, PersonId person, UserEntry entry, Why why, CancellationToken cancel)
    {
        var stream = await ledger.LoadAsync(transaction, UserHistory.Kind, person.ToString(), cancel);
        await ledger.AppendAsync(transaction, UserHistory.Kind, stream, [entry], why, cancel);
        transaction.NotifyAfterCommit(CallerDirectory.Channel);
    }
}

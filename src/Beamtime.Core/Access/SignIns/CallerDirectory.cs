using System.Collections.Concurrent;
using System.Security.Cryptography;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Access.SignIns;

/// <summary>
/// What is known of users, sign-ins and keys, remembered for a moment, so that a request costs no question to the
/// database. A change is announced and counts at once; a lost announcement costs seconds. While the database does not
/// answer, what was known last goes on, so that an operator can end a scan.
/// </summary>
/// <param name="database">Where they lie.</param>
/// <param name="time">The clock.</param>
internal sealed class CallerDirectory(BeamtimeDatabase database, TimeProvider time)
{
    /// <summary>Announced when a user, sign-in or key has changed.</summary>
    public const string Channel = "access";

    private const int Most = 10_000;
    private const string Users =
        "select u.id, u.username, u.roles, u.is_disabled, null::text[], false, null::timestamptz, null::bytea, null::timestamptz from users u where u.id = $1";

    private const string SignIns =
        """
        select u.id, u.username, u.roles, u.is_disabled, s.scopes, s.ended_at is not null, s.expires_at, null::bytea, null::timestamptz
        from sign_ins s join users u on u.id = s.person where s.id = $1
        """;

    private const string Keys =
        """
        select u.id, u.username, u.roles, u.is_disabled, k.scopes, k.revoked_at is not null, k.expires_at, k.hash, k.used_at
        from api_keys k join users u on u.id = k.person where k.id = $1
        """;

    private static readonly TimeSpan Age = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UseInterval = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<(string Kind, object Id), Known> _known = new();
    private int _generation;

    /// <summary>Looks everything up anew from now on.</summary>
    public void Refresh() => Interlocked.Increment(ref _generation);

    /// <summary>The operator at this machine.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">The user is disabled or gone.</exception>
    public async Task<Caller> LocalOperatorAsync(CancellationToken cancel) => await FindAsync("user", Users, PersonId.LocalOperator.Value, cancel) is { } user
        ? CallerOf(user, null)
        : throw new RefusedException(AccessErrors.UserDisabled.Because("the user operator was removed"));

    /// <summary>The caller of a sign-in.</summary>
    /// <param name="signIn">The sign-in.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">The sign-in has ended, or its user is disabled.</exception>
    public async Task<Caller> OfSignInAsync(Guid signIn, CancellationToken cancel)
    {
        var known = await FindAsync("sign-in", SignIns, signIn, cancel)
            ?? throw new RefusedException(AccessErrors.SignInEnded.Because("the sign-in is gone"));
        return known.IsEnded || known.ExpiresAt <= time.GetUtcNow()
            ? throw new RefusedException(AccessErrors.SignInEnded.Because("the sign-in has ended"))
            : CallerOf(known, signIn);
    }

    /// <summary>The caller of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">The key is unknown, revoked or expired, or its user is disabled.</exception>
    public async Task<Caller> OfKeyAsync(ApiKeyText key, CancellationToken cancel)
    {
        var known = await FindAsync("key", Keys, key.Id, cancel);
        if (known is null || !CryptographicOperations.FixedTimeEquals(known.Hash, key.Hash) || known.IsEnded)
        {
            throw new RefusedException(AccessErrors.TokenInvalid.Because("the key is unknown or was revoked"));
        }

        if (known.ExpiresAt <= time.GetUtcNow())
        {
            throw new RefusedException(AccessErrors.TokenExpired.Because($"the key {key.Id} has expired"));
        }

        var caller = CallerOf(known, null);
        await NoteUseAsync(key.Id, known, cancel);
        return caller;
    }

    /// <summary>Hears of changes until cancelled.</summary>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var signal = database.Listener.Subscribe(Channel);
        while (true)
        {
            if (await signal.WaitAsync(TimeSpan.FromMinutes(1), cancel))
            {
                Refresh();
            }
        }
    }

    private static Caller CallerOf(Known known, Guid? signIn) => known.IsDisabled
        ? throw new RefusedException(AccessErrors.UserDisabled.Because($"the user {known.Username} is disabled"))
        : new Caller(known.Who, known.Permissions)
        {
            Username = known.Username,
            Roles = known.Roles,
            Scopes = known.Scopes,
            SignIn = signIn,
        };

    private async Task<Known?> FindAsync<TId>(string kind, string sql, TId id, CancellationToken cancel)
        where TId : notnull
    {
        var generation = Volatile.Read(ref _generation);
        var isKnown = _known.TryGetValue((kind, id), out var before);
        if (isKnown && before!.Generation == generation && time.GetElapsedTime(before.LoadedAt) < Age)
        {
            return before;
        }

        Known? found;
        try
        {
            found = await LoadAsync(sql, id, generation, cancel);
        }
        catch (NpgsqlException outage) when (isKnown && outage.IsOutage())
        {
            return before;
        }

        if (found is null)
        {
            _known.TryRemove((kind, id), out _);
            return null;
        }

        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        _known[(kind, id)] = found;
        return found;
    }

    private async Task<Known?> LoadAsync<TId>(string sql, TId id, int generation, CancellationToken cancel)
    {
        await using var find = database.Source.CreateCommand(sql);
        find.Parameters.Add(new NpgsqlParameter<TId> { TypedValue = id });
        await using var reader = await find.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var roles = UserStore.RolesOf(await reader.GetFieldValueAsync<string[]>(2, cancel));
        var scopes = await reader.IsDBNullAsync(4, cancel) ? null : await reader.GetFieldValueAsync<string[]>(4, cancel);
        return new Known(
            new PersonId(reader.GetGuid(0)),
            reader.GetString(1),
            roles,
            reader.GetBoolean(3),
            scopes,
            reader.GetBoolean(5),
            await reader.IsDBNullAsync(6, cancel) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(6, cancel),
            await reader.IsDBNullAsync(7, cancel) ? null : await reader.GetFieldValueAsync<byte[]>(7, cancel),
            await reader.IsDBNullAsync(8, cancel) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(8, cancel),
            PermissionBook.Of(roles, scopes),
            generation,
            time.GetTimestamp());
    }

    // When a key was used last is worth a write in a minute, and no failed request.
    private async Task NoteUseAsync(string id, Known known, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (known.UsedAt is { } last && now - last < UseInterval)
        {
            return;
        }

        _known[("key", id)] = known with { UsedAt = now };
        try
        {
            await using var use = database.Source.CreateCommand("update api_keys set used_at = greatest(used_at, $2) where id = $1");
            use.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
            use.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
            await use.ExecuteNonQueryAsync(cancel);
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            // The next use notes itself.
        }
    }

    private sealed record Known(
        PersonId Who, string Username, IReadOnlyList<UserRole> Roles, bool IsDisabled, IReadOnlyList<string>? Scopes,
        bool IsEnded, DateTimeOffset? ExpiresAt, byte[]? Hash, DateTimeOffset? UsedAt, Permissions Permissions,
        int Generation, long LoadedAt);
}

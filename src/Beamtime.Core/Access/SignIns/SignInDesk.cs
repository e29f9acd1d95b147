using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.SignIns;

/// <summary>Name and password.</summary>
internal sealed record SignInRequest
{
    /// <summary>The name to sign in by.</summary>
    public required string Username { get; init; }

    /// <summary>The password.</summary>
    public required string Password { get; init; }

    /// <summary>Narrows the sign-in: names of permissions, or <c>scans.*</c>; null for all that the user may do.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>What the client calls itself.</summary>
    public string Client { get; init; } = "";
}

/// <summary>Tokens of a sign-in.</summary>
/// <param name="AccessToken">Sent with each request as <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresAt">When the access token expires, UTC.</param>
/// <param name="RefreshToken">Exchanged once for the next pair.</param>
/// <param name="RefreshExpiresAt">When the refresh token expires, UTC.</param>
/// <param name="Username">Who signed in.</param>
internal sealed record SignInTokens(
    string AccessToken, DateTimeOffset ExpiresAt, string RefreshToken, DateTimeOffset RefreshExpiresAt, string Username);

/// <summary>
/// Signs in and out, and exchanges refresh tokens. A refresh token counts once: whoever sends it again has a copy, so the
/// whole sign-in ends, whichever of the two was the thief.
/// </summary>
/// <param name="room">What it needs.</param>
/// <param name="options">How long things last.</param>
/// <param name="time">The clock.</param>
internal sealed class SignInDesk(SignInRoom room, AccessOptions options, TimeProvider time)
{
    private const int LongestClient = 100;

    /// <summary>Signs in.</summary>
    /// <param name="request">Name and password.</param>
    /// <param name="address">Where it came from.</param>
    /// <param name="correlation">The request's id.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Name and password do not fit, the user is disabled, or a scope is not the user's.</exception>
    public async Task<SignInTokens> SignInAsync(
        SignInRequest request, string address, string correlation, CancellationToken cancel)
    {
        var user = Username.Find(request.Username) is { } username ? await room.Users.FindAsync(username, cancel) : null;
        var (fits, better) = await room.Hashes.CheckAsync(user?.Password, request.Password, cancel);
        if (user is null || !fits)
        {
            throw await RefuseAsync(
                user, AccessErrors.SignInRefused.Because("the user does not exist or the password is another one"), correlation, cancel);
        }

        if (user.IsDisabled)
        {
            throw await RefuseAsync(user, AccessErrors.UserDisabled.Because($"the user {user.Username} is disabled"), correlation, cancel);
        }

        if (request.Scopes is { } scopes && PermissionBook.Against(scopes, PermissionBook.Of(user.Roles, null)) is { Count: > 0 } reasons)
        {
            throw new RefusedException(reasons);
        }

        if (better is not null)
        {
            await room.Users.KeepHashAsync(user, better, cancel);
        }

        var now = time.GetUtcNow();
        SignIn signIn = new()
        {
            Id = Guid.CreateVersion7(now),
            Person = user.Id,
            Scopes = request.Scopes,
            Client = Shown(request.Client),
            Address = address,
            CreatedAt = now,
            UsedAt = now,
            ExpiresAt = now + options.SignInLife,
        };
        var tokens = await room.Database.TransactAsync(
            async transaction =>
            {
                // Read again under the lock: the user may have been disabled, or the password changed, since it was checked.
                var still = await UserStore.LockAsync(transaction, Username.Find(user.Username)!.Value, cancel);
                if (still is null || still.IsDisabled || (still.Password != user.Password && still.Password != better))
                {
                    throw new RefusedException(AccessErrors.SignInRefused.Because("the user was changed at this moment"));
                }

                await SignInStore.AddAsync(transaction, signIn, cancel);
                await NoteAsync(
                    transaction, user.Id, new UserSignedIn(signIn.Id), new Why(user.Id, "signed in", correlation), cancel);
                return await IssueAsync(transaction, signIn, user.Username, cancel);
            },
            cancel);
        await room.Brake.ClearAsync(user.Username, address, cancel);
        return tokens;
    }

    /// <summary>Exchanges a refresh token for the next pair.</summary>
    /// <param name="token">The refresh token.</param>
    /// <param name="correlation">The request's id.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">It is unknown, expired, was used before, or the sign-in has ended.</exception>
    public async Task<SignInTokens> RefreshAsync(string token, string correlation, CancellationToken cancel)
    {
        var hash = RandomText.HashOf(token);
        var outcome = await room.Database.TransactAsync(
            transaction => RefreshAsync(transaction, hash, correlation, cancel), cancel);
        if (outcome is Refused<SignInTokens>)
        {
            room.Callers.Refresh();
        }

        return outcome.OrThrow();
    }

    /// <summary>Ends the sign-in that a refresh token belongs to; one that has ended stays so.</summary>
    /// <param name="token">The refresh token, also one that was used.</param>
    /// <param name="correlation">The request's id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task SignOutAsync(string token, string correlation, CancellationToken cancel)
    {
        var hash = RandomText.HashOf(token);
        await room.Database.TransactAsync(
            async transaction =>
            {
                if (await LockedAsync(transaction, hash, cancel) is { } kept)
                {
                    await EndAsync(transaction, kept.SignIn, SignInEnd.SignedOut, "signed out", correlation, cancel);
                }
            },
            cancel);
        room.Callers.Refresh();
    }

    private static async Task<RefreshToken?> LockedAsync(DatabaseTransaction transaction, byte[] hash, CancellationToken cancel) =>
        await SignInStore.FindPersonAsync(transaction, hash, cancel) is { } person
            && await SignInStore.LockUserAsync(transaction, person, cancel)
            ? await SignInStore.FindTokenAsync(transaction, hash, cancel)
            : null;

    // What ends the sign-in is committed with the refusal, which therefore is an outcome and no exception.
    private async Task<Outcome<SignInTokens>> RefreshAsync(
        DatabaseTransaction transaction, byte[] hash, string correlation, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (await LockedAsync(transaction, hash, cancel) is not { } kept)
        {
            return Refuse(AccessErrors.TokenInvalid.Because("the refresh token is unknown"));
        }

        var signIn = kept.SignIn;
        if (kept.IsUsed)
        {
            await EndAsync(transaction, signIn, SignInEnd.Reused, "a refresh token was used twice", correlation, cancel);
            return Refuse(AccessErrors.TokenReused.Because("the refresh token was used before; the sign-in has ended"));
        }

        if (signIn.EndedAt is not null)
        {
            return Refuse(AccessErrors.SignInEnded.Because("the sign-in has ended"));
        }

        if (kept.ExpiresAt <= now || signIn.ExpiresAt <= now)
        {
            return Refuse(AccessErrors.TokenExpired.Because("the refresh token has expired"));
        }

        if (kept.IsUserDisabled)
        {
            return Refuse(AccessErrors.UserDisabled.Because("the user is disabled"));
        }

        await SignInStore.UseTokenAsync(transaction, hash, now, cancel);
        return new Accepted<SignInTokens>(await IssueAsync(transaction, signIn, kept.Username, cancel));

        static Refused<SignInTokens> Refuse(Reason reason) => new([reason]);
    }

    private async Task<SignInTokens> IssueAsync(
        DatabaseTransaction transaction, SignIn signIn, string username, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var refresh = RandomText.New(RefreshToken.Prefix);
        var refreshExpiresAt = now + options.RefreshTokenLife < signIn.ExpiresAt ? now + options.RefreshTokenLife : signIn.ExpiresAt;
        await SignInStore.AddTokenAsync(transaction, signIn.Id, RandomText.HashOf(refresh), now, refreshExpiresAt, cancel);
        var (access, expiresAt) = room.Tokens.Issue(signIn.Person, signIn.Id);
        return new SignInTokens(access, expiresAt, refresh, refreshExpiresAt, username);
    }

    private async Task EndAsync(
        DatabaseTransaction transaction, SignIn signIn, string by, string reason, string correlation, CancellationToken cancel)
    {
        if (await SignInStore.EndAsync(transaction, signIn.Id, by, time.GetUtcNow(), cancel))
        {
            await NoteAsync(
                transaction, signIn.Person, new UserSignInEnded(signIn.Id, by), new Why(signIn.Person, reason, correlation), cancel);
            transaction.NotifyAfterCommit(CallerDirectory.Channel);
        }
    }

    private async Task<RefusedException> RefuseAsync(User? user, Reason reason, string correlation, CancellationToken cancel)
    {
        var isNoted = user is not null || room.Unknown.IsDue();
        await room.Database.TransactAsync(
            async transaction =>
            {
                if (user is not null)
                {
                    await SignInStore.LockUserAsync(transaction, user.Id, cancel);
                }
                else
                {
                    await SignInBrake.LockAsync(transaction, isNoted, cancel);
                }

                var stream = await room.Ledger.LoadAsync(
                    transaction, UserHistory.Kind, user?.Id.ToString() ?? UserHistory.Nobody, cancel);
                if (isNoted)
                {
                    await room.Ledger.AppendAsync(
                        transaction,
                        UserHistory.Kind,
                        stream,
                        [new UserSignInRefused(reason.Code)],
                        Why.BySystem("a sign-in was refused", correlation),
                        cancel);
                }
                else
                {
                    // As many statements and a commit that writes, so that the time tells nothing about who exists.
                    await SignInBrake.TouchAsync(transaction, cancel);
                }
            },
            cancel);
        return new RefusedException(reason);
    }

    private async Task NoteAsync(
        DatabaseTransaction transaction, PersonId person, UserEntry entry, Why why, CancellationToken cancel)
    {
        var stream = await room.Ledger.LoadAsync(transaction, UserHistory.Kind, person.ToString(), cancel);
        await room.Ledger.AppendAsync(transaction, UserHistory.Kind, stream, [entry], why, cancel);
    }

    private static string Shown(string client)
    {
        var text = string.Concat(client.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)));
        return text.Length > LongestClient ? text[..LongestClient] : text;
    }
}

/// <summary>What signing in needs.</summary>
/// <param name="Database">Where everything lies.</param>
/// <param name="Ledger">Takes the entries.</param>
/// <param name="Users">The users.</param>
/// <param name="Hashes">Checks passwords.</param>
/// <param name="Tokens">Writes access tokens.</param>
/// <param name="Brake">Slows guessing down.</param>
/// <param name="Callers">Forgets sign-ins that ended.</param>
/// <param name="Unknown">Bounds the entries about names that no user has.</param>
internal sealed record SignInRoom(
    BeamtimeDatabase Database, LedgerStore Ledger, UserStore Users, PasswordHashes Hashes, AccessTokens Tokens,
    SignInBrake Brake, CallerDirectory Callers, UnknownNames Unknown);

/// <summary>Lets one refusal a minute under an unknown name into the ledger, which only grows.</summary>
/// <param name="time">The clock.</param>
internal sealed class UnknownNames(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private DateTimeOffset _last = DateTimeOffset.MinValue;

    /// <summary>Whether this one is written.</summary>
    public bool IsDue()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _last < Interval)
            {
                return false;
            }

            _last = now;
            return true;
        }
    }
}

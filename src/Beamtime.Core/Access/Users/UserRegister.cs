using System.Globalization;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.Users;

/// <summary>A user to be made.</summary>
internal sealed record NewUser
{
    /// <summary>The name to sign in by.</summary>
    public required string Username { get; init; }

    /// <summary>The password; null for one who only has keys.</summary>
    public string? Password { get; init; }

    /// <summary>Where mail goes.</summary>
    public string? Email { get; init; }

    /// <summary>The person's name; by default the name to sign in by.</summary>
    public string? Name { get; init; }

    /// <summary>Names of the roles; at least one.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>Makes users and changes what they may do; each change is an entry of the ledger and counts at once.</summary>
/// <param name="database">Where users lie.</param>
/// <param name="ledger">Takes the entries.</param>
/// <param name="hashes">Hashes passwords.</param>
/// <param name="callers">Forgets what it knew of the user.</param>
/// <param name="time">The clock.</param>
internal sealed class UserRegister(
    BeamtimeDatabase database, LedgerStore ledger, PasswordHashes hashes, CallerDirectory callers, TimeProvider time)
{
    private const int LongestName = 100;
    private const int LongestEmail = 254;

    /// <summary>Makes a user.</summary>
    /// <param name="asked">The user.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Every reason.</exception>
    public async Task<User> CreateAsync(NewUser asked, Why why, CancellationToken cancel)
    {
        List<Reason> reasons = [];
        var username = Username.Find(asked.Username);
        if (username is null)
        {
            reasons.Add(AccessErrors.UsernameInvalid.Because("the name cannot be one to sign in by"));
        }
        else if (asked.Password is { } password)
        {
            reasons.AddRange(PasswordRules.Against(password, username.Value));
        }

        var name = asked.Name is { Length: > 0 } given ? given : username?.Value ?? "";
        if (name.Length > LongestName || !IsText(name))
        {
            reasons.Add(AccessErrors.NameInvalid.Because($"the person's name has control characters or more than {LongestName} characters"));
        }

        if (asked.Email is { } email && (email.Length > LongestEmail || !IsText(email) || email.Any(char.IsWhiteSpace)
            || email.Split('@') is not [{ Length: > 0 }, { Length: > 0 }]))
        {
            reasons.Add(AccessErrors.EmailInvalid.Because("the address is not of the form name@host"));
        }

        var roles = RolesOf(asked.Roles, reasons);
        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var now = time.GetUtcNow();
        var user = new User
        {
            Id = new PersonId(Guid.CreateVersion7(now)),
            Username = username!.Value.Value,
            Name = name,
            Email = asked.Email,
            Password = asked.Password is null ? null : hashes.Hash(asked.Password),
            Roles = roles,
            IsDisabled = false,
            CreatedAt = now,
        };
        await database.TransactAsync(
            async transaction =>
            {
                if (!await UserStore.AddAsync(transaction, user, cancel))
                {
                    throw new RefusedException(AccessErrors.UsernameTaken.Because($"there is a user {user.Username} already"));
                }

                await NoteAsync(transaction, user, why, cancel, new UserCreated([.. roles.Select(r => r.Name)]));
            },
            cancel);
        return user;
    }

    /// <summary>Keeps a user out, and ends its sign-ins; or lets it in again.</summary>
    /// <param name="username">The user.</param>
    /// <param name="isDisabled">Whether it is kept out.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<User> SetDisabledAsync(string username, bool isDisabled, Why why, CancellationToken cancel) => ChangeAsync(
        username,
        why,
        user => user.IsDisabled == isDisabled
            ? (user, null)
            : (user with { IsDisabled = isDisabled }, isDisabled ? new UserDisabled() : new UserEnabled()),
        cancel);

    /// <summary>Sets a user's password and ends its sign-ins; whoever guessed at it before may try again.</summary>
    /// <param name="username">The user.</param>
    /// <param name="password">The password.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<User> SetPasswordAsync(string username, string password, Why why, CancellationToken cancel)
    {
        if (Username.Find(username) is { } name && PasswordRules.Against(password, name) is { Count: > 0 } reasons)
        {
            throw new RefusedException(reasons);
        }

        var hash = hashes.Hash(password);
        return ChangeAsync(username, why, user => (user with { Password = hash }, new UserPasswordSet()), cancel);
    }

    /// <summary>Sets a user's roles.</summary>
    /// <param name="username">The user.</param>
    /// <param name="names">Names of the roles; at least one.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<User> SetRolesAsync(string username, IReadOnlyList<string> names, Why why, CancellationToken cancel)
    {
        List<Reason> reasons = [];
        var roles = RolesOf(names, reasons);
        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : ChangeAsync(
                username,
                why,
                user => user.Roles.SequenceEqual(roles)
                    ? (user, null)
                    : (user with { Roles = roles }, new UserRolesSet([.. roles.Select(r => r.Name)])),
                cancel);
    }

    private async Task<User> ChangeAsync(
        string text, Why why, Func<User, (User, UserEntry?)> change, CancellationToken cancel)
    {
        var changed = await database.TransactAsync(
            transaction => ChangeAsync(transaction, text, why, change, cancel), cancel);
        callers.Refresh();
        return changed;
    }

    private async Task<User> ChangeAsync(
        DatabaseTransaction transaction, string text, Why why, Func<User, (User, UserEntry?)> change, CancellationToken cancel)
    {
        var before = Username.Find(text) is { } username ? await UserStore.LockAsync(transaction, username, cancel) : null;
        if (before is null)
        {
            throw new RefusedException(AccessErrors.UserUnknown.Because("there is no such user"));
        }

        var (user, entry) = change(before);
        if (entry is null)
        {
            return before;
        }

        if (IsAdministrator(before) && !IsAdministrator(user)
            && !await UserStore.HasOtherAdministratorAsync(transaction, user.Id, cancel))
        {
            throw new RefusedException(AccessErrors.LastAdministrator.Because($"{user.Username} is the only administrator who may sign in"));
        }

        var passwordAt = entry is UserPasswordSet ? time.GetUtcNow() : (DateTimeOffset?)null;
        await UserStore.UpdateAsync(transaction, user, passwordAt, cancel);
        List<UserEntry> entries = [entry];
        if (entry is UserPasswordSet or UserDisabled)
        {
            var by = entry is UserDisabled ? SignInEnd.Disabled : SignInEnd.Password;
            entries.AddRange((await SignInStore.EndAllAsync(transaction, user.Id, by, time.GetUtcNow(), cancel))
                .Select(id => new UserSignInEnded(id, by)));
            await SignInBrake.ClearAsync(transaction, user.Username, cancel);
        }

        await NoteAsync(transaction, user, why, cancel, [.. entries]);
        return user;
    }

    private static bool IsAdministrator(User user) => !user.IsDisabled && user.Roles.Contains(UserRole.Administrator);

    private async Task NoteAsync(
        DatabaseTransaction transaction, User user, Why why, CancellationToken cancel, params UserEntry[] entries)
    {
        var stream = await ledger.LoadAsync(transaction, UserHistory.Kind, user.Id.ToString(), cancel);
        await ledger.AppendAsync(transaction, UserHistory.Kind, stream, entries, why, cancel);
        transaction.NotifyAfterCommit(CallerDirectory.Channel);
    }

    private static IReadOnlyList<UserRole> RolesOf(IReadOnlyList<string> names, List<Reason> reasons)
    {
        if (names.Count == 0)
        {
            reasons.Add(AccessErrors.RoleUnknown.Because("no role is named"));
        }

        foreach (var name in names.Where(n => UserRoles.Find(n) is null))
        {
            reasons.Add(AccessErrors.RoleUnknown.Because(
                $"there is no role '{name}'{NearestName.Question(name, UserRoles.All.Select(r => r.Name))}"));
        }

        return UserStore.RolesOf(names);
    }

    // What PostgreSQL cannot keep, and what would write over a terminal.
    private static bool IsText(string text) => text.EnumerateRunes().All(
        r => r != System.Text.Rune.ReplacementChar
            && System.Text.Rune.GetUnicodeCategory(r) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
}

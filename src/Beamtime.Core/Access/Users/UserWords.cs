using System.Diagnostics;
using System.Globalization;
using Beamtime.Core.Ledger;

namespace Beamtime.Core.Access.Users;

/// <summary>What a user's entries say on the timeline.</summary>
internal static class UserWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(UserEntry entry) => entry switch
    {
        UserCreated created => new EntryWords($"user made, roles: {string.Join(", ", created.Roles)}"),
        UserDisabled => new EntryWords("may no longer sign in"),
        UserEnabled => new EntryWords("may sign in again"),
        UserPasswordSet => new EntryWords("has another password"),
        UserRolesSet set => new EntryWords($"has the roles {string.Join(", ", set.Roles)}"),
        UserSignedIn signedIn => new EntryWords("signed in") { Details = [new EntryDetail("sign-in", signedIn.SignIn.ToString())] },
        UserSignInRefused refused => new EntryWords($"a sign-in was refused: {refused.Code}") { IsTrouble = true },
        UserSignInEnded ended => new EntryWords($"a sign-in ended: {ended.By}")
        {
            Details = [new EntryDetail("sign-in", ended.SignIn.ToString())],
        },
        UserKeyCreated created => new EntryWords($"key {created.Key} was made")
        {
            Details =
            [
                new EntryDetail("scopes", created.Scopes is null ? "all that the roles allow" : string.Join(", ", created.Scopes)),
                new EntryDetail("expires", created.ExpiresAt?.ToString("u", CultureInfo.InvariantCulture) ?? "never"),
            ],
        },
        UserKeyRevoked revoked => new EntryWords($"key {revoked.Key} was revoked"),
        _ => throw new UnreachableException(),
    };
}

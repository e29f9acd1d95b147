using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Core.Access.Users;

/// <summary>What happens to a user, and what one does to come in; no names, addresses or secrets.</summary>
internal abstract record UserEntry;

/// <summary>The user was made.</summary>
/// <param name="Roles">Its roles.</param>
internal sealed record UserCreated(IReadOnlyList<string> Roles) : UserEntry;

/// <summary>The user may no longer sign in; its sign-ins ended.</summary>
internal sealed record UserDisabled : UserEntry;

/// <summary>The user may sign in again.</summary>
internal sealed record UserEnabled : UserEntry;

/// <summary>The user has another password; its sign-ins ended.</summary>
internal sealed record UserPasswordSet : UserEntry;

/// <summary>The user has other roles.</summary>
/// <param name="Roles">Its roles from now on.</param>
internal sealed record UserRolesSet(IReadOnlyList<string> Roles) : UserEntry;

/// <summary>The user signed in.</summary>
/// <param name="SignIn">Id of the sign-in.</param>
internal sealed record UserSignedIn(Guid SignIn) : UserEntry;

/// <summary>Somebody tried to sign in as the user and was refused.</summary>
/// <param name="Code">Why.</param>
internal sealed record UserSignInRefused(string Code) : UserEntry;

/// <summary>A sign-in ended: signed out, a token used twice, the user disabled.</summary>
/// <param name="SignIn">Id of the sign-in.</param>
/// <param name="By">What ended it.</param>
internal sealed record UserSignInEnded(Guid SignIn, string By) : UserEntry;

/// <summary>A key was made.</summary>
/// <param name="Key">Its public id.</param>
/// <param name="Scopes">What it is narrowed to; null for nothing.</param>
/// <param name="ExpiresAt">When it ends, UTC; null for never.</param>
internal sealed record UserKeyCreated(string Key, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt) : UserEntry;

/// <summary>A key was revoked.</summary>
/// <param name="Key">Its public id.</param>
internal sealed record UserKeyRevoked(string Key) : UserEntry;

/// <summary>A user as its entries tell it.</summary>
internal sealed record UserHistory
{
    /// <summary>Stream of the refused sign-ins under names that no user has.</summary>
    public const string Nobody = "nobody";

    /// <summary>The roles.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>True while it may not sign in.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>How often it signed in.</summary>
    public int SignIns { get; init; }

    /// <summary>How often somebody was refused.</summary>
    public int Refusals { get; init; }

    /// <summary>When it signed in last, UTC.</summary>
    public DateTimeOffset? SignedInAt { get; init; }

    /// <summary>When somebody was refused last, UTC.</summary>
    public DateTimeOffset? RefusedAt { get; init; }

    /// <summary>The streams of users in the ledger, by id of the person.</summary>
    public static readonly StreamKind<UserHistory, UserEntry> Kind = new(
        "user",
        foldVersion: 1,
        Fold,
        new EntryTypes<UserEntry>()
            .Add("user.created", 1, UserJson.Default.UserCreated)
            .Add("user.disabled", 1, UserJson.Default.UserDisabled)
            .Add("user.enabled", 1, UserJson.Default.UserEnabled)
            .Add("user.password_set", 1, UserJson.Default.UserPasswordSet)
            .Add("user.roles_set", 1, UserJson.Default.UserRolesSet)
            .Add("user.signed_in", 1, UserJson.Default.UserSignedIn)
            .Add("user.sign_in_refused", 1, UserJson.Default.UserSignInRefused)
            .Add("user.sign_in_ended", 1, UserJson.Default.UserSignInEnded)
            .Add("user.key_created", 1, UserJson.Default.UserKeyCreated)
            .Add("user.key_revoked", 1, UserJson.Default.UserKeyRevoked),
        UserJson.Default.UserHistory,
        user => new RecordIndex(Status: user.IsDisabled ? "disabled" : "enabled"),
        UserWords.Of);

    private static UserHistory Fold(UserHistory? state, Entry<UserEntry> entry)
    {
        var user = state ?? new UserHistory();
        return entry.Data switch
        {
            UserCreated created => user with { Roles = created.Roles },
            UserDisabled => user with { IsDisabled = true },
            UserEnabled => user with { IsDisabled = false },
            UserRolesSet set => user with { Roles = set.Roles },
            UserSignedIn => user with { SignIns = user.SignIns + 1, SignedInAt = entry.At },
            UserSignInRefused => user with { Refusals = user.Refusals + 1, RefusedAt = entry.At },
            UserPasswordSet or UserSignInEnded or UserKeyCreated or UserKeyRevoked => user,
            _ => throw new InvalidOperationException($"A user cannot take {entry.Data.GetType().Name}."),
        };
    }
}

/// <summary>JSON of the entries about users.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UserCreated))]
[JsonSerializable(typeof(UserDisabled))]
[JsonSerializable(typeof(UserEnabled))]
[JsonSerializable(typeof(UserPasswordSet))]
[JsonSerializable(typeof(UserRolesSet))]
[JsonSerializable(typeof(UserSignedIn))]
[JsonSerializable(typeof(UserSignInRefused))]
[JsonSerializable(typeof(UserSignInEnded))]
[JsonSerializable(typeof(UserKeyCreated))]
[JsonSerializable(typeof(UserKeyRevoked))]
[JsonSerializable(typeof(UserHistory))]
internal sealed partial class UserJson : JsonSerializerContext;

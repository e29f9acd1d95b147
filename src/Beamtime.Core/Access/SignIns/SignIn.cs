using Beamtime.Core.Ledger;

namespace Beamtime.Core.Access.SignIns;

/// <summary>What ends a sign-in.</summary>
internal static class SignInEnd
{
    public const string SignedOut = "signed_out";
    public const string Reused = "token_reused";
    public const string Disabled = "user_disabled";
    public const string Password = "password_set";
}

/// <summary>One sign-in: the family of all its refresh tokens.</summary>
internal sealed record SignIn
{
    /// <summary>Its id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who signed in.</summary>
    public required PersonId Person { get; init; }

    /// <summary>What it is narrowed to; null for nothing.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>What the client calls itself.</summary>
    public required string Client { get; init; }

    /// <summary>Where it came from.</summary>
    public required string Address { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was renewed last, UTC.</summary>
    public required DateTimeOffset UsedAt { get; init; }

    /// <summary>When it ends at the latest, UTC.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it ended, UTC; null while it goes on.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What ended it.</summary>
    public string? EndedBy { get; init; }
}

/// <summary>A refresh token with its sign-in, as they are kept.</summary>
/// <param name="SignIn">The sign-in.</param>
/// <param name="ExpiresAt">When the token expires, UTC.</param>
/// <param name="IsUsed">True once it was exchanged for the next.</param>
/// <param name="Username">Its user.</param>
/// <param name="IsUserDisabled">True while its user may not come in.</param>
internal sealed record RefreshToken(SignIn SignIn, DateTimeOffset ExpiresAt, bool IsUsed, string Username, bool IsUserDisabled)
{
    /// <summary>What a refresh token begins with.</summary>
    public const string Prefix = "br_";
}

using System.Security.Claims;
using Beamtime.Core.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Beamtime.Core.Access.SignIns;

/// <summary>
/// Access tokens, written and read by the framework's bearer handler with the keys of the ring. A token says who and by
/// which sign-in; what that allows is looked up at each request.
/// </summary>
/// <param name="bearer">The handler's options, with its protector.</param>
/// <param name="options">How long a token counts.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessTokens(IOptionsMonitor<BearerTokenOptions> bearer, AccessOptions options, TimeProvider time)
{
    /// <summary>Name of the handler.</summary>
    public const string Scheme = "beamtime";

    private const string Subject = "sub";
    private const string Session = "sid";

    /// <summary>A token for a sign-in.</summary>
    /// <param name="person">Who.</param>
    /// <param name="signIn">The sign-in.</param>
    public (string Token, DateTimeOffset ExpiresAt) Issue(PersonId person, Guid signIn)
    {
        var expiresAt = time.GetUtcNow() + options.AccessTokenLife;
        ClaimsIdentity identity = new([new Claim(Subject, person.ToString()), new Claim(Session, signIn.ToString())], Scheme);
        AuthenticationTicket ticket = new(
            new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = expiresAt }, Scheme);
        return (bearer.Get(Scheme).BearerTokenProtector.Protect(ticket), expiresAt);
    }

    /// <summary>The sign-in of the request's token.</summary>
    /// <param name="context">The request.</param>
    /// <param name="token">The token in its header.</param>
    /// <exception cref="Sdk.Errors.RefusedException">It has expired, or is none of ours.</exception>
    public async Task<Guid> ReadAsync(HttpContext context, string token)
    {
        var result = await context.AuthenticateAsync(Scheme);
        if (result.Principal?.FindFirstValue(Session) is { } session && Guid.TryParse(session, out var signIn))
        {
            return signIn;
        }

        throw new Sdk.Errors.RefusedException(bearer.Get(Scheme).BearerTokenProtector.Unprotect(token) is null
            ? AccessErrors.TokenInvalid.Because("the access token cannot be read")
            : AccessErrors.TokenExpired.Because("the access token has expired"));
    }
}

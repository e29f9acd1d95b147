using Beamtime.Core.Access.Users;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access.SignIns;

/// <summary>A refresh token.</summary>
/// <param name="RefreshToken">The token.</param>
internal sealed record RefreshRequest(string RefreshToken);

/// <summary>Another password for oneself.</summary>
/// <param name="Present">The present one.</param>
/// <param name="Password">The one from now on.</param>
internal sealed record OwnPasswordRequest(string Present, string Password);

/// <summary>Who the caller is.</summary>
/// <param name="Id">Id of the person.</param>
/// <param name="Username">The name to sign in by.</param>
/// <param name="Roles">The roles.</param>
/// <param name="Scopes">What the token or key is narrowed to; null for nothing.</param>
/// <param name="Permissions">What the caller may do.</param>
internal sealed record MeAnswer(
    Guid Id, string Username, IReadOnlyList<string> Roles, IReadOnlyList<string>? Scopes, IReadOnlyList<string> Permissions);

/// <summary>A key that is asked for.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">What it is narrowed to; null for all that the caller may do.</param>
/// <param name="ExpiresAt">When it ends, UTC; null for never.</param>
internal sealed record NewKeyRequest(string Name, IReadOnlyList<string>? Scopes = null, DateTimeOffset? ExpiresAt = null);

/// <summary>A key as lists show it.</summary>
/// <param name="Id">Its public id.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Scopes">What it is narrowed to; null for nothing.</param>
/// <param name="CreatedAt">When it was made, UTC.</param>
/// <param name="ExpiresAt">When it ends, UTC; null for never.</param>
/// <param name="UsedAt">When it was used last, UTC, to the minute.</param>
/// <param name="RevokedAt">When it was revoked, UTC.</param>
internal sealed record KeyAnswer(
    string Id, string Name, IReadOnlyList<string>? Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    DateTimeOffset? UsedAt, DateTimeOffset? RevokedAt)
{
    /// <summary>The answer about a key.</summary>
    /// <param name="key">The key.</param>
    public static KeyAnswer Of(ApiKey key) =>
        new(key.Id, key.Name, key.Scopes, key.CreatedAt, key.ExpiresAt, key.UsedAt, key.RevokedAt);
}

/// <summary>A new key; its text is never shown again.</summary>
/// <param name="Key">The key.</param>
/// <param name="Text">What a program sends as <c>Authorization: Bearer</c>.</param>
internal sealed record NewKeyAnswer(KeyAnswer Key, string Text);

/// <summary>Signing in and out, and keys, over REST.</summary>
internal static class AuthApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes.</summary>
        public IEndpointRouteBuilder MapAuth()
        {
            // Bodies hold passwords and tokens: not even a hash of them is kept with an idempotency key.
            var auth = routes.MapGroup("/auth").WithTags("access");
            auth.OnRepeat(Repeat.IsHarmless);
            auth.MapPost("/login", SignInAsync).RequirePermission(Permissions.Anyone)
                .WithSummary("Signs in by name and password: an access token and a refresh token")
                .Produces<SignInTokens>();
            auth.MapPost("/refresh", RefreshAsync).RequirePermission(Permissions.Anyone)
                .WithSummary("Exchanges a refresh token for the next pair; it counts once")
                .Produces<SignInTokens>();
            auth.MapPost("/logout", SignOutAsync).RequirePermission(Permissions.Anyone)
                .WithSummary("Ends the sign-in that a refresh token belongs to")
                .Produces(StatusCodes.Status204NoContent);
            auth.MapGet("/me", Me).RequirePermission("account.read")
                .WithSummary("Who the caller is and what it may do")
                .Produces<MeAnswer>();
            auth.MapPost("/password", SetPasswordAsync).RequirePermission("account.password")
                .WithSummary("Sets the caller's own password and ends its sign-ins")
                .Produces(StatusCodes.Status204NoContent);
            var keys = routes.MapGroup("/keys").WithTags("access");
            keys.RequirePermission("account.keys");
            keys.MapGet("", ListKeysAsync)
                .WithSummary("The caller's keys, newest first")
                .Produces<KeyAnswer[]>();
            keys.MapPost("", CreateKeyAsync)
                .WithSummary("Makes a key for the caller; its text is shown this once")
                .Produces<NewKeyAnswer>(StatusCodes.Status201Created);
            keys.MapPost("/{id}/revoke", RevokeKeyAsync)
                .WithSummary("Revokes one of the caller's keys")
                .Produces(StatusCodes.Status204NoContent);
            return routes;
        }
    }

    private static async Task<IResult> SignInAsync(
        SignInRequest request, SignInDesk desk, SignInBrake brake, HttpContext context, CancellationToken cancel)
    {
        var address = AddressOf(context);
        // A name that is none is counted by what was typed, so that it tells nothing about who exists.
        var name = Username.Find(request.Username)?.Value ?? request.Username;
        if (await brake.TakeAsync(name, address, cancel) is { Ticks: > 0 } pause)
        {
            var seconds = (int)Math.Ceiling(pause.TotalSeconds);
            context.Features.Set(new RetryAfter(seconds));
            throw new RefusedException(AccessErrors.Throttled.Because($"too many sign-ins were refused; try again in {seconds} s"));
        }

        return Secret(context, await desk.SignInAsync(request, address, context.TraceIdentifier, cancel));
    }

    private static async Task<IResult> RefreshAsync(
        RefreshRequest request, SignInDesk desk, HttpContext context, CancellationToken cancel) =>
        Secret(context, await desk.RefreshAsync(request.RefreshToken, context.TraceIdentifier, cancel));

    private static async Task<IResult> SignOutAsync(
        RefreshRequest request, SignInDesk desk, HttpContext context, CancellationToken cancel)
    {
        await desk.SignOutAsync(request.RefreshToken, context.TraceIdentifier, cancel);
        return TypedResults.NoContent();
    }

    private static IResult Me(Caller caller) => TypedResults.Ok(new MeAnswer(
        caller.Who.Value,
        caller.Username,
        [.. caller.Roles.Select(r => r.Name)],
        caller.Scopes,
        [.. PermissionBook.All.Select(p => p.Name).Where(caller.Permissions.Include)]));

    private static async Task<IResult> SetPasswordAsync(
        OwnPasswordRequest request, Caller caller, SignInRoom room, UserRegister register, HttpContext context,
        CancellationToken cancel)
    {
        var address = AddressOf(context);
        if (await room.Brake.TakeAsync(caller.Username, address, cancel) is { Ticks: > 0 } pause)
        {
            var seconds = (int)Math.Ceiling(pause.TotalSeconds);
            context.Features.Set(new RetryAfter(seconds));
            throw new RefusedException(AccessErrors.Throttled.Because($"too many passwords were refused; try again in {seconds} s"));
        }

        var user = await room.Users.FindAsync(caller.Who, cancel);
        if (!(await room.Hashes.CheckAsync(user?.Password, request.Present, cancel)).Fits)
        {
            throw new RefusedException(AccessErrors.PasswordWrong.Because("the present password is another one"));
        }

        await room.Brake.ClearAsync(caller.Username, address, cancel);
        await register.SetPasswordAsync(caller.Username, request.Password, WhyOf(caller, context, "own password set"), cancel);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ListKeysAsync(Caller caller, ApiKeyRegister keys, CancellationToken cancel) =>
        TypedResults.Ok((await keys.ListAsync(caller.Who, cancel)).Select(KeyAnswer.Of).ToArray());

    private static async Task<IResult> CreateKeyAsync(
        NewKeyRequest request, Caller caller, ApiKeyRegister keys, HttpContext context, CancellationToken cancel)
    {
        var (key, text) = await keys.CreateAsync(
            caller, request.Name, request.Scopes, request.ExpiresAt, WhyOf(caller, context, "key made"), cancel);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/api/v2/keys/{key.Id}", new NewKeyAnswer(KeyAnswer.Of(key), text));
    }

    private static async Task<IResult> RevokeKeyAsync(
        string id, Caller caller, ApiKeyRegister keys, HttpContext context, CancellationToken cancel)
    {
        await keys.RevokeAsync(id, caller.Who, WhyOf(caller, context, "key revoked"), cancel);
        return TypedResults.NoContent();
    }

    /// <summary>Who, why and as part of what, of a request.</summary>
    /// <param name="caller">Who.</param>
    /// <param name="context">The request.</param>
    /// <param name="reason">Why.</param>
    public static Why WhyOf(Caller caller, HttpContext context, string reason) => new(caller.Who, reason, context.TraceIdentifier);

    private static IResult Secret<T>(HttpContext context, T answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(answer);
    }

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "local";
}

/// <summary>How long a caller that was refused waits, for the header of the answer.</summary>
/// <param name="Seconds">The pause, s.</param>
internal sealed record RetryAfter(int Seconds);

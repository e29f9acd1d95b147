using Beamtime.Core.Access.SignIns;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access.Users;

/// <summary>A user as lists show it.</summary>
/// <param name="Id">Id of the person.</param>
/// <param name="Username">The name to sign in by.</param>
/// <param name="Name">The person's name.</param>
/// <param name="Email">Where mail goes; null for nowhere.</param>
/// <param name="Roles">The roles.</param>
/// <param name="IsDisabled">True while it may not come in.</param>
/// <param name="HasPassword">True where it can sign in by a password.</param>
/// <param name="CreatedAt">When it was made, UTC.</param>
internal sealed record UserAnswer(
    Guid Id, string Username, string Name, string? Email, IReadOnlyList<string> Roles, bool IsDisabled, bool HasPassword,
    DateTimeOffset CreatedAt)
{
    /// <summary>The answer about a user.</summary>
    /// <param name="user">The user.</param>
    public static UserAnswer Of(User user) => new(
        user.Id.Value,
        user.Username,
        user.Name,
        user.Email,
        [.. user.Roles.Select(r => r.Name)],
        user.IsDisabled,
        user.Password is not null,
        user.CreatedAt);
}

/// <summary>A sign-in as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Client">What the client calls itself.</param>
/// <param name="Address">Where it came from.</param>
/// <param name="Scopes">What it is narrowed to; null for nothing.</param>
/// <param name="CreatedAt">When it began, UTC.</param>
/// <param name="UsedAt">When it was renewed last, UTC.</param>
/// <param name="ExpiresAt">When it ends at the latest, UTC.</param>
/// <param name="EndedAt">When it ended, UTC; null while it goes on.</param>
/// <param name="EndedBy">What ended it.</param>
internal sealed record SignInAnswer(
    Guid Id, string Client, string Address, IReadOnlyList<string>? Scopes, DateTimeOffset CreatedAt, DateTimeOffset UsedAt,
    DateTimeOffset ExpiresAt, DateTimeOffset? EndedAt, string? EndedBy);

/// <summary>Another password for a user.</summary>
/// <param name="Password">The password.</param>
internal sealed record PasswordRequest(string Password);

/// <summary>Other roles for a user.</summary>
/// <param name="Roles">Names of the roles.</param>
internal sealed record RolesRequest(IReadOnlyList<string> Roles);

/// <summary>Users over REST, for administrators.</summary>
internal static class UserApi
{
    private const string Read = "users.read";
    private const string Manage = "users.manage";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes.</summary>
        public IEndpointRouteBuilder MapUsers()
        {
            // Bodies hold passwords: not even a hash of them is kept with an idempotency key.
            var users = routes.MapGroup("/users").WithTags("access");
            users.OnRepeat(Repeat.IsHarmless);
            users.MapGet("", ListAsync).RequirePermission(Read)
                .WithSummary("All users")
                .Produces<UserAnswer[]>();
            users.MapPost("", CreateAsync).RequirePermission(Manage)
                .WithSummary("Makes a user")
                .Produces<UserAnswer>(StatusCodes.Status201Created);
            users.MapGet("/{username}", ShowAsync).RequirePermission(Read)
                .WithSummary("One user")
                .Produces<UserAnswer>();
            users.MapGet("/{username}/sign-ins", SignInsAsync).RequirePermission(Read)
                .WithSummary("A user's sign-ins, newest first")
                .Produces<SignInAnswer[]>();
            users.MapGet("/{username}/keys", KeysAsync).RequirePermission(Read)
                .WithSummary("A user's keys, newest first")
                .Produces<KeyAnswer[]>();
            users.MapPost("/{username}/keys/{id}/revoke", RevokeKeyAsync).RequirePermission(Manage)
                .WithSummary("Revokes a user's key")
                .Produces(StatusCodes.Status204NoContent);
            users.MapPost("/{username}/disable", DisableAsync).RequirePermission(Manage)
                .WithSummary("Keeps a user out and ends its sign-ins")
                .Produces<UserAnswer>();
            users.MapPost("/{username}/enable", EnableAsync).RequirePermission(Manage)
                .WithSummary("Lets a user in again")
                .Produces<UserAnswer>();
            users.MapPost("/{username}/password", PasswordAsync).RequirePermission(Manage)
                .WithSummary("Sets a user's password and ends its sign-ins")
                .Produces<UserAnswer>();
            users.MapPost("/{username}/roles", RolesAsync).RequirePermission(Manage)
                .WithSummary("Sets a user's roles")
                .Produces<UserAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(UserStore users, CancellationToken cancel) =>
        TypedResults.Ok((await users.ListAsync(cancel)).Select(UserAnswer.Of).ToArray());

    private static async Task<IResult> CreateAsync(
        NewUser request, Caller caller, UserRegister register, HttpContext context, CancellationToken cancel)
    {
        var user = await register.CreateAsync(request, AuthApi.WhyOf(caller, context, "user made"), cancel);
        return TypedResults.Created($"/api/v2/users/{user.Username}", UserAnswer.Of(user));
    }

    private static async Task<IResult> ShowAsync(string username, UserStore users, CancellationToken cancel) =>
        TypedResults.Ok(UserAnswer.Of(await FindAsync(users, username, cancel)));

    private static async Task<IResult> SignInsAsync(
        string username, UserStore users, SignInStore signIns, CancellationToken cancel) => TypedResults.Ok(
        (await signIns.ListAsync((await FindAsync(users, username, cancel)).Id, cancel)).Select(s => new SignInAnswer(
            s.Id, s.Client, s.Address, s.Scopes, s.CreatedAt, s.UsedAt, s.ExpiresAt, s.EndedAt, s.EndedBy)).ToArray());

    private static async Task<IResult> KeysAsync(
        string username, UserStore users, ApiKeyRegister keys, CancellationToken cancel) => TypedResults.Ok(
        (await keys.ListAsync((await FindAsync(users, username, cancel)).Id, cancel)).Select(KeyAnswer.Of).ToArray());

    private static async Task<IResult> RevokeKeyAsync(
        string username, string id, Caller caller, UserStore users, ApiKeyRegister keys, HttpContext context,
        CancellationToken cancel)
    {
        var user = await FindAsync(users, username, cancel);
        await keys.RevokeAsync(id, user.Id, AuthApi.WhyOf(caller, context, "key revoked"), cancel);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> DisableAsync(
        string username, Caller caller, UserRegister register, HttpContext context, CancellationToken cancel) =>
        TypedResults.Ok(UserAnswer.Of(await register.SetDisabledAsync(
            username, isDisabled: true, AuthApi.WhyOf(caller, context, "user disabled"), cancel)));

    private static async Task<IResult> EnableAsync(
        string username, Caller caller, UserRegister register, HttpContext context, CancellationToken cancel) =>
        TypedResults.Ok(UserAnswer.Of(await register.SetDisabledAsync(
            username, isDisabled: false, AuthApi.WhyOf(caller, context, "user enabled"), cancel)));

    private static async Task<IResult> PasswordAsync(
        string username, PasswordRequest request, Caller caller, UserRegister register, HttpContext context,
        CancellationToken cancel) => TypedResults.Ok(UserAnswer.Of(await register.SetPasswordAsync(
            username, request.Password, AuthApi.WhyOf(caller, context, "password set"), cancel)));

    private static async Task<IResult> RolesAsync(
        string username, RolesRequest request, Caller caller, UserRegister register, HttpContext context,
        CancellationToken cancel) => TypedResults.Ok(UserAnswer.Of(await register.SetRolesAsync(
            username, request.Roles, AuthApi.WhyOf(caller, context, "roles set"), cancel)));

    private static async Task<User> FindAsync(UserStore users, string username, CancellationToken cancel) =>
        (Username.Find(username) is { } name ? await users.FindAsync(name, cancel) : null)
        ?? throw new RefusedException(AccessErrors.UserUnknown.Because("there is no such user"));
}

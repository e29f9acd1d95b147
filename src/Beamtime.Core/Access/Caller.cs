using System.Reflection;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Ledger;
using Microsoft.AspNetCore.Http;

namespace Beamtime.Core.Access;

/// <summary>Who sent a request. A handler takes it as a parameter.</summary>
/// <param name="Who">The id of the person, as entries of the ledger name it.</param>
/// <param name="Permissions">What it may do.</param>
internal sealed record Caller(PersonId Who, Permissions Permissions)
{
    /// <summary>The operator on this machine, who may do everything.</summary>
    public static Caller LocalOperator { get; } =
        new(PersonId.LocalOperator, Permissions.All) { Username = "operator", Roles = [UserRole.Administrator] };

    /// <summary>The name to sign in by.</summary>
    public required string Username { get; init; }

    /// <summary>The roles.</summary>
    public required IReadOnlyList<UserRole> Roles { get; init; }

    /// <summary>What the token or key is narrowed to; null for nothing.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The sign-in whose token came with the request; null for a key.</summary>
    public Guid? SignIn { get; init; }

    /// <summary>The request's caller, for the framework's binding of parameters.</summary>
    /// <param name="context">The request.</param>
    /// <param name="parameter">The handler's parameter.</param>
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult(context.Features.Get<Caller>());
}

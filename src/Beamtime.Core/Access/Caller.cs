using System.Reflection;
using Beamtime.Core.Ledger;
using Microsoft.AspNetCore.Http;

namespace Beamtime.Core.Access;

/// <summary>Who sent a request. A handler takes it as a parameter.</summary>
/// <param name="Who">The id of the person, as entries of the ledger name it.</param>
/// <param name="Permissions">What it may do.</param>
internal sealed record Caller(PersonId Who, Permissions Permissions)
{
    /// <summary>The operator on this machine, who may do everything.</summary>
    public static Caller LocalOperator { get; } = new(PersonId.LocalOperator, Permissions.All);

    /// <summary>The request's caller, for the framework's binding of parameters.</summary>
    /// <param name="context">The request.</param>
    /// <param name="parameter">The handler's parameter.</param>
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult(context.Features.Get<Caller>());
}

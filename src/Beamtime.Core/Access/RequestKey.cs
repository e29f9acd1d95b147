using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Beamtime.Core.Access;

/// <summary>
/// A request that was sent with an <c>Idempotency-Key</c>. A handler that makes something takes it as a parameter and gives
/// the new thing this id: asked again after a crash it finds the thing instead of making another.
/// </summary>
/// <param name="Id">The id for what the request makes.</param>
internal sealed record RequestKey(Guid Id)
{
    /// <summary>The request's key, for the framework's binding of parameters; null when it was sent without one.</summary>
    /// <param name="context">The request.</param>
    /// <param name="parameter">The handler's parameter.</param>
    public static ValueTask<RequestKey?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        ValueTask.FromResult(context.Features.Get<RequestKey>());
}

/// <summary>What a route does when a request comes again of which nobody knows whether it took effect.</summary>
internal enum Repeat
{
    /// <summary>It is not carried out again; the caller is told that it is uncertain.</summary>
    Uncertain,

    /// <summary>It is carried out again: what it makes is found by the request's key.</summary>
    FindsByKey,

    /// <summary>Its effect is the same however often it is carried out; keys are not kept, and need no database.</summary>
    IsHarmless,
}

/// <summary>A route's way with requests that come again.</summary>
/// <param name="Repeat">The way.</param>
internal sealed record RepeatRule(Repeat Repeat);

/// <summary>Lets routes say what repeating does.</summary>
internal static class RepeatConventions
{
    /// <summary>Says what the route does with a request that comes again.</summary>
    /// <param name="routes">The route or group.</param>
    /// <param name="repeat">The way.</param>
    /// <typeparam name="TBuilder">The kind of route.</typeparam>
    public static TBuilder OnRepeat<TBuilder>(this TBuilder routes, Repeat repeat)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new RepeatRule(repeat));
}

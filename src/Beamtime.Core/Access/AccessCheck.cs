using System.Net;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access;

/// <summary>
/// Admits requests: knows the caller and demands the permission that the route names. A route that names none is
/// closed. On the loopback the caller is the local operator; a page of another site, which a browser would let send
/// requests here, is not.
/// </summary>
/// <param name="next">What comes after.</param>
internal sealed class AccessCheck(RequestDelegate next)
{
    /// <summary>Checks one request.</summary>
    /// <param name="context">The request.</param>
    public Task InvokeAsync(HttpContext context)
    {
        // No path, or a path without such a method: routing's own answer stands in for a route.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return next(context);
        }

        string permission = endpoint.Metadata.GetMetadata<RequiredPermission>()?.Permission
            ?? throw AccessErrors.Unguarded.Fault($"{context.Request.Method} {context.Request.Path} names no permission");
        Caller caller = Identify(context);
        if (!caller.Permissions.Include(permission))
        {
            throw new RefusedException(AccessErrors.Denied.Because($"{caller.Who} lacks the permission {permission}"));
        }

        context.Features.Set(caller);
        return next(context);
    }

    private static Caller Identify(HttpContext context)
    {
        // Without an address the request came over a socket file or from within this process.
        if (context.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address))
        {
            throw new RefusedException(AccessErrors.Remote.Because($"the request came from {address}"));
        }

        string host = context.Request.Host.Host;
        if (!IsLocal(host))
        {
            throw new RefusedException(AccessErrors.Origin.Because($"the request is for the host '{host}'"));
        }

        string? origin = context.Request.Headers.Origin;
        if (origin is not null && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && IsLocal(page.Host)))
        {
            throw new RefusedException(AccessErrors.Origin.Because($"the request was sent by a page of '{origin}'"));
        }

        return Caller.LocalOperator;
    }

    private static bool IsLocal(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}

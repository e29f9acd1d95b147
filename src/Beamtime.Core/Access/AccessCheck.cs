using Beamtime.Core.Access.SignIns;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access;

/// <summary>
/// Admits requests: finds out who sent one and demands the permission that its route names. A route that names none is
/// closed.
/// </summary>
/// <param name="next">What comes after.</param>
/// <param name="edge">Which requests come in at all.</param>
/// <param name="callers">Finds out who sent a request.</param>
internal sealed class AccessCheck(RequestDelegate next, Edge edge, CallerCheck callers)
{
    /// <summary>Checks one request.</summary>
    /// <param name="context">The request.</param>
    public async Task InvokeAsync(HttpContext context)
    {
        // No path, or a path without such a method: routing's own answer stands in for a route.
        if (context.GetEndpoint() is RouteEndpoint endpoint)
        {
            string permission = endpoint.Metadata.GetMetadata<RequiredPermission>()?.Permission
                ?? throw AccessErrors.Unguarded.Fault($"{context.Request.Method} {context.Request.Path} names no permission");
            edge.Require(context);
            if (permission == Permissions.Anyone)
            {
                // Who says who he is may be told more; who does not, or cannot be known just now, is nobody.
                context.Features.Set(await callers.FindAsync(context));
            }
            else
            {
                Caller caller = await callers.IdentifyAsync(context);
                if (!caller.Permissions.Include(permission))
                {
                    throw new RefusedException(AccessErrors.Denied.Because(
                        $"{caller.Username} lacks the permission {permission}{(caller.Scopes is null ? "" : ", or its token or key does")}"));
                }

                context.Features.Set(caller);
            }
        }

        await next(context);
    }
}

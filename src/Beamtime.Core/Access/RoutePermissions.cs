using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access;

/// <summary>Looks over a server's routes for those that name no permission.</summary>
internal static class RoutePermissions
{
    /// <summary>The routes that name none, as <c>METHOD path</c>.</summary>
    /// <param name="routes">The server's routes.</param>
    public static IReadOnlyList<string> Missing(EndpointDataSource routes) =>
    [
        .. routes.Endpoints
            .Where(e => e.Metadata.GetMetadata<RequiredPermission>() is null)
            .Select(Describe)
            .Order(StringComparer.Ordinal),
    ];

    private static string Describe(Endpoint endpoint)
    {
        string methods = string.Join(',', endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]);
        return $"{methods} {(endpoint as RouteEndpoint)?.RoutePattern.RawText ?? endpoint.DisplayName}";
    }
}

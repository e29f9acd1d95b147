using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access.Users;

/// <summary>Writes the reference page of permissions: who has them, and which routes need them.</summary>
internal static class PermissionReference
{
    /// <summary>The page in Markdown.</summary>
    /// <param name="routes">The server's routes.</param>
    public static string Write(EndpointDataSource routes)
    {
        StringBuilder page = new("""
            # Permissions

            Written by `make docs` from the program. An administrator has every permission. A token or key can be narrowed to
            some of its user's permissions by scopes: a permission's name, or `scans.*` for all of a domain.

            | Permission | Allows to | viewer | scientist | operator | data_steward |
            |---|---|---|---|---|---|

            """);
        foreach (var permission in PermissionBook.All)
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{permission.Name}` | {permission.Meaning} |");
            foreach (var role in UserRoles.All.Where(r => r != UserRole.Administrator))
            {
                page.Append(permission.Roles.Contains(role) ? " yes |" : " |");
            }

            page.Append('\n');
        }

        page.Append("\n## Routes\n\n`anyone` needs no sign-in.\n\n| Route | Permission |\n|---|---|\n");
        foreach (var (route, permission) in Routes(routes))
        {
            page.Append(CultureInfo.InvariantCulture, $"| `{route}` | `{permission}` |\n");
        }

        return page.ToString();
    }

    /// <summary>Every route with the permission it needs, by path.</summary>
    /// <param name="routes">The server's routes.</param>
    public static IReadOnlyList<(string Route, string Permission)> Routes(EndpointDataSource routes) =>
    [
        .. from endpoint in routes.Endpoints.OfType<RouteEndpoint>()
           let permission = endpoint.Metadata.GetMetadata<RequiredPermission>()?.Permission ?? "none"
           from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"]
           let path = "/" + endpoint.RoutePattern.RawText!.Trim('/')
           orderby path, method
           select ($"{method} {path}", permission),
    ];
}

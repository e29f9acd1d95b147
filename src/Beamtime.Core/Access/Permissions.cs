using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;

namespace Beamtime.Core.Access;

/// <summary>The permission that a route needs, in its endpoint's metadata.</summary>
/// <param name="Permission">Dotted, lower case: <c>scans.submit</c>; <see cref="Permissions.Anyone"/> for none.</param>
internal sealed record RequiredPermission(string Permission);

/// <summary>What a caller may do.</summary>
internal sealed partial class Permissions
{
    /// <summary>The permission that everybody has: readiness, the OpenAPI document, the page itself.</summary>
    public const string Anyone = "anyone";

    private readonly IReadOnlySet<string>? _granted;

    private Permissions(IReadOnlySet<string>? granted) => _granted = granted;

    /// <summary>Every permission there is.</summary>
    public static Permissions All { get; } = new(granted: null);

    [GeneratedRegex(@"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
    private static partial Regex Name { get; }

    /// <summary>These permissions only.</summary>
    /// <param name="granted">Their names.</param>
    public static Permissions Of(params IEnumerable<string> granted) =>
        new(new HashSet<string>(granted.Select(Checked), StringComparer.Ordinal));

    /// <summary>Whether this permission is among them.</summary>
    /// <param name="permission">Its name.</param>
    public bool Include(string permission) => permission == Anyone || _granted is null || _granted.Contains(permission);

    /// <summary>The name, or an exception if it is not dotted lower case.</summary>
    /// <param name="permission">A permission's name.</param>
    public static string Checked(string permission) =>
        Name.IsMatch(permission)
            ? permission
            : throw new ArgumentException($"'{permission}' is not dotted lower case.", nameof(permission));
}

/// <summary>Lets routes name the permission they need.</summary>
internal static class PermissionConventions
{
    /// <summary>Names the permission that this route or group of routes needs; the innermost one counts.</summary>
    /// <param name="routes">The route or group.</param>
    /// <param name="permission">Dotted, lower case: <c>scans.submit</c>.</param>
    /// <typeparam name="TBuilder">The kind of route.</typeparam>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder routes, string permission)
        where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new RequiredPermission(Permissions.Checked(permission)));
}

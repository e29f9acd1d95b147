using System.Text.Json;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>The roles of one process.</summary>
internal sealed class RoleSet
{
    // One a beamline each: together they take scans.
    private static readonly Role[] Road = [Role.ScanServer, Role.DeviceServer, Role.Bundler, Role.FileWriter];
    private static readonly Dictionary<string, Role> ByName =
        Enum.GetValues<Role>().ToDictionary(NameOf, StringComparer.Ordinal);

    private readonly Role[] _roles;

    private RoleSet(IEnumerable<Role> roles) => _roles = [.. roles.Distinct().Order()];

    /// <summary>All roles, as <c>beamtime up</c> runs them.</summary>
    public static RoleSet All { get; } = new(Enum.GetValues<Role>());

    /// <summary>The roles, each once, in their order.</summary>
    public IReadOnlyList<Role> Roles => _roles;

    /// <summary>Those of which a beamline has one.</summary>
    public IReadOnlyList<Role> OnePerBeamline => [.. _roles.Intersect(Road)];

    /// <summary>True when at least one of them takes scans.</summary>
    public bool IsAtBeamline => OnePerBeamline.Count > 0;

    /// <summary>True when those that take scans are here together, or none of them is.</summary>
    public bool IsWhole => OnePerBeamline.Count is 0 || (OnePerBeamline.Count == Road.Length && Has(Role.Api));

    /// <summary>Exactly these roles.</summary>
    /// <param name="roles">At least one.</param>
    public static RoleSet Of(params IReadOnlyList<Role> roles) => new(roles);

    /// <summary>Reads names with commas between them: <c>api,worker</c>.</summary>
    /// <param name="names">The names.</param>
    /// <exception cref="RefusedException"><c>role.unknown</c> for each that is none, with the nearest.</exception>
    public static RoleSet Parse(string names)
    {
        var given = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Reason[] unknown = [.. given.Where(n => !ByName.ContainsKey(n)).Select(n => RoleErrors.Unknown.Because(
            $"'{n}' is no role{NearestName.Question(n, ByName.Keys)}; known are {string.Join(", ", ByName.Keys)}"))];
        return unknown.Length > 0 ? throw new RefusedException(unknown)
            : given.Length == 0 ? throw new RefusedException(RoleErrors.Unknown.Because("no role is named"))
            : new RoleSet(given.Select(n => ByName[n]));
    }

    /// <summary>A role's name as people write it: <c>scan-server</c>.</summary>
    /// <param name="role">The role.</param>
    public static string NameOf(Role role) => JsonNamingPolicy.KebabCaseLower.ConvertName(role.ToString());

    /// <summary>True when the process has a role.</summary>
    /// <param name="role">The role.</param>
    public bool Has(Role role) => _roles.Contains(role);

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', _roles.Select(NameOf));
}

using System.Text.Json;

namespace Beamtime.Core.Access.Users;

/// <summary>What a user is at the facility; a user may be several. What each may do stands in <see cref="PermissionBook"/>.</summary>
internal enum UserRole
{
    /// <summary>Looks.</summary>
    Viewer,

    /// <summary>Measures.</summary>
    Scientist,

    /// <summary>Runs the beamline.</summary>
    Operator,

    /// <summary>Looks after data sets, flows and surveys.</summary>
    DataSteward,

    /// <summary>Does everything, and says who may.</summary>
    Administrator,
}

/// <summary>Roles by name.</summary>
internal static class UserRoles
{
    /// <summary>All roles, from the least to the most.</summary>
    public static IReadOnlyList<UserRole> All { get; } = Enum.GetValues<UserRole>();

    extension(UserRole role)
    {
        /// <summary>The name in requests, settings and records: <c>data_steward</c>.</summary>
        public string Name => JsonNamingPolicy.SnakeCaseLower.ConvertName(role.ToString());
    }

    /// <summary>The role of a name, or null.</summary>
    /// <param name="name">As <see cref="get_Name"/> writes it; dashes do for underscores.</param>
    public static UserRole? Find(string name) => All.Cast<UserRole?>().FirstOrDefault(
        r => r!.Value.Name == name.Replace('-', '_'));
}

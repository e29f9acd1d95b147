using System.Collections;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>
/// The process's variables at start, the only place that reads them. <c>BEAMPIPE_X</c> is another name of
/// <c>BEAMTIME_X</c>; an empty variable counts as unset.
/// </summary>
/// <param name="variables">Names and values.</param>
internal sealed class EnvironmentVariables(IReadOnlyDictionary<string, string> variables)
{
    public const string Site = "BEAMTIME_SITE";
    public const string ConfigFile = "BEAMTIME_CONFIG_FILE";
    public const string Server = "BEAMTIME_SERVER";
    public const string DatabaseUrl = "DATABASE_URL";
    public const string DatabaseProgramUrl = "DATABASE_PROGRAM_URL";
    public const string RedisUrl = "REDIS_URL";
    public const string SecretFile = "BEAMTIME_SECRET_FILE";
    public const string JwtSecret = "BEAMTIME_JWT_SECRET";

    public const string ApiKey = "BEAMTIME_API_KEY";
    public const string ApiKeyFile = "BEAMTIME_API_KEY_FILE";
    public const string CaFile = "BEAMTIME_CA_FILE";

    /// <summary>The variables whose names have no section in them.</summary>
    public static readonly IReadOnlyList<string> Fixed =
        [Site, ConfigFile, Server, DatabaseUrl, DatabaseProgramUrl, RedisUrl, SecretFile, JwtSecret, ApiKey, ApiKeyFile, CaFile];

    private const string Prefix = "BEAMTIME_";
    private const string Alias = "BEAMPIPE_";

    /// <summary>No variables at all.</summary>
    public static EnvironmentVariables None { get; } = new(new Dictionary<string, string>());

    /// <summary>This process's variables.</summary>
    public static EnvironmentVariables OfProcess() => new(
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal));

    /// <summary>The value of a variable under either of its names, or null.</summary>
    /// <param name="name">Its name; with <c>BEAMTIME_</c> where it has a prefix.</param>
    public string? this[string name] =>
        Value(name) ?? (name.StartsWith(Prefix, StringComparison.Ordinal) ? Value(AliasOf(name)) : null);

    /// <summary>The variables that begin with one of our prefixes, by the name with <c>BEAMTIME_</c>.</summary>
    /// <param name="reasons">Takes a reason for each that has two different values.</param>
    public IReadOnlyList<Variable> Ours(ICollection<Reason> reasons)
    {
        List<Variable> ours = [];
        foreach ((string given, string value) in variables.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            bool isAlias = given.StartsWith(Alias, StringComparison.Ordinal);
            if (value.Length == 0 || (!isAlias && !given.StartsWith(Prefix, StringComparison.Ordinal)))
            {
                continue;
            }

            string name = isAlias ? Prefix + given[Alias.Length..] : given;
            if (isAlias && Value(name) is { } other)
            {
                if (other != value)
                {
                    reasons.Add(SettingsErrors.AliasConflict.Because($"{name} and {given} are both set and differ"));
                }

                continue;
            }

            ours.Add(new Variable(name, given, value));
        }

        return ours;
    }

    private static string AliasOf(string name) => Alias + name[Prefix.Length..];

    private string? Value(string name) => variables.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>One variable.</summary>
    /// <param name="Name">Its name with <c>BEAMTIME_</c>.</param>
    /// <param name="Given">The name under which it is set.</param>
    /// <param name="Value">Its value.</param>
    public sealed record Variable(string Name, string Given, string Value);
}

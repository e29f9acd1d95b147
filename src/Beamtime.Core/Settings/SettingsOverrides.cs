using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>Settings given one by one, by variables and by <c>--set</c>, each as a tree of its own.</summary>
/// <param name="sections">The known sections.</param>
/// <param name="reasons">Takes the reasons against unknown and malformed ones.</param>
internal sealed class SettingsOverrides(IReadOnlyDictionary<string, RecordShape> sections, ICollection<Reason> reasons)
{
    /// <summary>What the variables set.</summary>
    /// <param name="environment">The variables.</param>
    public IEnumerable<YamlMap> OfEnvironment(EnvironmentVariables environment)
    {
        Dictionary<string, (string Name, string Value)> given = new(StringComparer.Ordinal);
        List<YamlMap> trees = [];
        foreach ((string name, string[] path, SettingProperty property) in FixedNames())
        {
            if (environment[name] is { } value)
            {
                Take(name, path, property, value);
            }
        }

        foreach (EnvironmentVariables.Variable variable in environment.Ours(reasons))
        {
            if (EnvironmentVariables.Fixed.Contains(variable.Name) || FixedNames().Any(f => f.Name == variable.Name))
            {
                continue;
            }

            if (Resolve(variable.Name) is var (path, property))
            {
                Take(variable.Given, path, property, variable.Value);
            }
            else
            {
                reasons.Add(SettingsErrors.UnknownKey.Because(
                    $"unknown variable {variable.Given}{NearestName.Question(variable.Name, Names())}"));
            }
        }

        return trees;

        void Take(string name, string[] path, SettingProperty property, string value)
        {
            string key = string.Join('.', path);
            if (given.TryAdd(key, (name, value)))
            {
                trees.Add(Nest(path, property, value, new YamlMark($"environment {name}")));
            }
            else if (given[key].Value != value)
            {
                reasons.Add(SettingsErrors.AliasConflict.Because($"{given[key].Name} and {name} are both set and differ"));
            }
        }
    }

    /// <summary>What the arguments of <c>--set</c> set.</summary>
    /// <param name="arguments">The arguments, each <c>section.key=value</c>.</param>
    public IEnumerable<YamlMap> OfArguments(IEnumerable<string> arguments)
    {
        List<YamlMap> trees = [];
        foreach (string argument in arguments)
        {
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string[] path = equals < 0 ? [] : argument[..equals].Trim().Split('.');
            YamlMark mark = new("--set");
            if (path.Length < 2 || path.Contains(""))
            {
                // What stands here may be a secret that lacks its key, so it is not repeated.
                reasons.Add(SettingsErrors.InvalidOverride.Because(
                    equals < 0 ? "--set lacks a '='" : $"--set {argument[..equals]}: a section and a key are needed"));
            }
            else if (Find(path) is not { } property)
            {
                // The walk over the keys of this tree says which of them is unknown.
                trees.Add(Nest(path, property: null, argument[(equals + 1)..], mark));
            }
            else if (property.IsSecret)
            {
                reasons.Add(SettingsErrors.SecretOnCommandLine.Because($"--set {string.Join('.', path)} is a secret"));
            }
            else
            {
                trees.Add(Nest(path, property, argument[(equals + 1)..], mark));
            }
        }

        return trees;
    }

    /// <summary>The name of the variable that sets a key.</summary>
    /// <param name="section">The section.</param>
    /// <param name="keys">The keys from the section down.</param>
    public static string NameOf(string section, params IEnumerable<string> keys) =>
        $"BEAMTIME_{section}_{string.Join("__", keys)}".ToUpperInvariant();

    private IEnumerable<(string Name, string[] Path, SettingProperty Property)> FixedNames() =>
        from section in sections
        from property in section.Value.Properties
        from name in property.Variables
        select (name, new[] { section.Key, property.Key }, property);

    private (string[] Path, SettingProperty Property)? Resolve(string name)
    {
        string rest = name["BEAMTIME_".Length..].ToLowerInvariant();
        foreach (string section in sections.Keys.OrderByDescending(s => s.Length))
        {
            if (rest.StartsWith(section + "_", StringComparison.Ordinal))
            {
                string[] path = [section, .. rest[(section.Length + 1)..].Split("__")];
                if (Find(path) is { } property)
                {
                    return (path, property);
                }
            }
        }

        return null;
    }

    // The last property on the way to a key; beneath a map the user's own names follow it.
    private SettingProperty? Find(string[] path)
    {
        SettingProperty? property = null;
        SettingShape? shape = sections.GetValueOrDefault(path[0]);
        foreach (string key in path.Skip(1))
        {
            switch (shape)
            {
                case RecordShape record when record.Find(key) is { } found:
                    property = found;
                    shape = found.Shape;
                    break;
                case MapShape map when key.Length > 0:
                    shape = map.Value;
                    break;
                default:
                    return null;
            }
        }

        return property;
    }

    private IEnumerable<string> Names() =>
        EnvironmentVariables.Fixed
            .Concat(FixedNames().Select(f => f.Name))
            .Concat(from section in sections
                    from property in section.Value.Properties
                    from name in Beneath(section.Key, [property.Key], property.Shape, depth: 0)
                    select name);

    private static IEnumerable<string> Beneath(string section, string[] keys, SettingShape shape, int depth) =>
        shape is RecordShape record && depth < 4
            ? record.Properties.SelectMany(p => Beneath(section, [.. keys, p.Key], p.Shape, depth + 1))
            : [NameOf(section, keys)];

    private YamlMap Nest(string[] path, SettingProperty? property, string value, YamlMark mark)
    {
        YamlNode node = Value(path, property, value, mark);
        foreach (string key in path.Reverse())
        {
            node = new YamlMap([new YamlEntry(key, node, mark)], mark);
        }

        return (YamlMap)node;
    }

    private YamlNode Value(string[] path, SettingProperty? property, string value, YamlMark mark)
    {
        if (property is null or { Shape: ScalarShape })
        {
            bool isText = property?.Shape.Type == typeof(string);
            return new YamlScalar(value, isPlain: !isText, mark);
        }

        try
        {
            return value.TrimStart() switch
            {
                ['[' or '{', ..] => SafeYaml.Parse(value, mark.Source),
                _ when property.Shape is ListShape { Item: ScalarShape } && path[^1] == property.Key => new YamlSequence(
                    [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                        .Select(item => new YamlScalar(item, isPlain: false, mark))],
                    mark),
                _ => new YamlScalar(value, isPlain: false, mark),
            };
        }
        catch (RefusedException refused)
        {
            foreach (Reason reason in refused.Reasons)
            {
                reasons.Add(reason);
            }

            return new YamlMap([], mark);
        }
    }
}

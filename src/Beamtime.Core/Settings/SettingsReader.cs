using System.Reflection;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>Where the settings come from; a later source wins: defaults, site, file, environment, command line.</summary>
internal sealed record SettingsSources
{
    /// <summary>The site's <c>beamtime.yaml</c>, or null.</summary>
    public string? SiteFile { get; init; }

    /// <summary>The file of <c>--config</c>; without it <c>BEAMTIME_CONFIG_FILE</c> counts.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The variables.</summary>
    public EnvironmentVariables Environment { get; init; } = EnvironmentVariables.None;

    /// <summary>The arguments of <c>--set</c>, each <c>section.key=value</c>.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];
}

/// <summary>Reads all settings at start, or one data file, and refuses with every reason at once.</summary>
internal static class SettingsReader
{
    /// <summary>The options classes of these assemblies, in the order of their sections.</summary>
    /// <param name="assemblies">The assemblies to look through.</param>
    public static IReadOnlyList<Type> OptionTypes(params IEnumerable<Assembly> assemblies) =>
    [
        .. assemblies.SelectMany(a => a.GetTypes())
            .Where(t => t.IsDefined(typeof(SettingsSectionAttribute)))
            .OrderBy(SectionOf, StringComparer.Ordinal),
    ];

    /// <summary>The section of an options class.</summary>
    /// <param name="type">The options class.</param>
    public static string SectionOf(Type type) => type.GetCustomAttribute<SettingsSectionAttribute>()!.Name;

    /// <summary>Reads the settings.</summary>
    /// <param name="sources">Where they come from.</param>
    /// <param name="types">The options classes, all of them: a section of none is unknown.</param>
    /// <exception cref="RefusedException">Every unknown key, invalid value and missing value.</exception>
    public static EffectiveSettings Read(SettingsSources sources, IReadOnlyList<Type> types)
    {
        List<Reason> reasons = [];
        Dictionary<string, RecordShape> sections = types.ToDictionary(SectionOf, t => (RecordShape)SettingShape.Of(t));
        YamlMap merged = new([], new YamlMark("defaults"));
        SettingsBinder binder = new(reasons);
        string? configFile = sources.ConfigFile ?? sources.Environment[EnvironmentVariables.ConfigFile];
        foreach (string file in new[] { sources.SiteFile, configFile }.OfType<string>())
        {
            if (Tree(file, reasons) is { } tree)
            {
                CheckSections(tree, sections, binder, reasons);
                merged = Merge(merged, tree);
            }
        }

        SettingsOverrides overrides = new(sections, reasons);
        foreach (YamlMap tree in overrides.OfEnvironment(sources.Environment).Concat(overrides.OfArguments(sources.Overrides)))
        {
            CheckSections(tree, sections, binder, reasons);
            merged = Merge(merged, tree);
        }

        Dictionary<string, object> values = sections.ToDictionary(
            s => s.Key, s => binder.BindRecord(merged[s.Key], s.Value, s.Key));
        return reasons.Count > 0 ? throw new RefusedException(reasons) : new EffectiveSettings(values, binder.Origins);
    }

    /// <summary>Makes a record of a data file with the same checks as settings have.</summary>
    /// <param name="node">The file's root or a part of it.</param>
    /// <param name="path">The dotted key to begin messages with; empty at the root.</param>
    /// <typeparam name="T">The record.</typeparam>
    /// <exception cref="RefusedException">Every unknown key, invalid value and missing value.</exception>
    public static T Bind<T>(YamlNode node, string path = "")
        where T : class
    {
        List<Reason> reasons = [];
        SettingsBinder binder = new(reasons);
        RecordShape shape = (RecordShape)SettingShape.Of(typeof(T));
        binder.CheckKeys(node, shape, path);
        object record = binder.BindRecord(node, shape, path);
        return reasons.Count > 0 ? throw new RefusedException(reasons) : (T)record;
    }

    /// <summary>Lays one tree over another: maps are merged by key, anything else is replaced.</summary>
    /// <param name="lower">The tree beneath.</param>
    /// <param name="upper">The tree that wins.</param>
    public static YamlMap Merge(YamlMap lower, YamlMap upper)
    {
        List<YamlEntry> entries = [.. lower.Entries];
        foreach (YamlEntry entry in upper.Entries)
        {
            int index = entries.FindIndex(e => e.Key == entry.Key);
            if (index < 0)
            {
                entries.Add(entry);
            }
            else
            {
                entries[index] = (entries[index].Value, entry.Value) switch
                {
                    (YamlMap below, YamlMap above) => entry with { Value = Merge(below, above) },
                    // A section left empty says nothing; it does not take back what another file says.
                    (YamlMap, { IsNull: true }) => entries[index],
                    _ => entry,
                };
            }
        }

        return new YamlMap(entries, upper.Mark);
    }

    private static YamlMap? Tree(string file, List<Reason> reasons)
    {
        try
        {
            YamlNode root = SafeYaml.Read(file);
            if (root is YamlMap map)
            {
                return map;
            }

            if (!root.IsNull)
            {
                reasons.Add(SettingsErrors.InvalidValue.Because($"{root.Mark}: the file is {root.Kind}, expected sections"));
            }
        }
        catch (RefusedException refused)
        {
            reasons.AddRange(refused.Reasons);
        }

        return null;
    }

    private static void CheckSections(
        YamlMap tree, Dictionary<string, RecordShape> sections, SettingsBinder binder, List<Reason> reasons)
    {
        foreach (YamlEntry entry in tree.Entries)
        {
            if (sections.TryGetValue(entry.Key, out RecordShape? section))
            {
                binder.CheckKeys(entry.Value, section, entry.Key);
            }
            else
            {
                reasons.Add(SettingsBinder.UnknownKey(entry, "", sections.Keys, "section"));
            }
        }
    }
}

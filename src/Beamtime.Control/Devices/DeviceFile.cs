using System.Globalization;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Reads a device configuration in BEC's schema: a map from device name to entry. Every mistake in the file is found
/// and reported at once, each with its line.
/// </summary>
internal static class DeviceFile
{
    private static readonly string[] Keys =
    [
        "deviceClass", "enabled", "readoutPriority", "deviceConfig", "connectionTimeout", "description", "deviceTags",
        "needs", "onFailure", "readOnly", "softwareTrigger", "userParameter",
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The YAML file; absent or empty means no devices.</param>
    /// <exception cref="RefusedException">All mistakes in it.</exception>
    public static IReadOnlyList<DeviceEntry> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var root = SafeYaml.Read(path);
        if (root.IsNull)
        {
            return [];
        }

        List<Reason> reasons = [];
        List<DeviceEntry> entries = [];
        if (root is not YamlMap map)
        {
            reasons.Add(Invalid(root, $"the file is {root.Kind}, expected a map of devices"));
        }
        else
        {
            entries.AddRange(map.Entries.Select(e => ReadEntry(e, reasons)).OfType<DeviceEntry>());
            CheckNeeds(map, entries, reasons);
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : InOrderOfNeed(entries);
    }

    private static DeviceEntry? ReadEntry(YamlEntry entry, List<Reason> reasons)
    {
        var before = reasons.Count;
        var name = entry.Key;
        if (!IsIdentifier(name))
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because(
                $"{entry.Mark}: '{name}' is not a device name: letters, digits and _, not beginning with _ or a digit"));
        }

        if (entry.Value is not YamlMap map)
        {
            reasons.Add(Invalid(entry.Value, $"{name} is {entry.Value.Kind}, expected a map"));
            return null;
        }

        foreach (var key in map.Entries.Where(e => !Keys.Contains(e.Key)))
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because(
                $"{key.Mark}: {name} has an unknown key '{key.Key}'{NearestName.Question(key.Key, Keys)}"));
        }

        var device = new DeviceEntry
        {
            Name = name,
            DeviceClass = Required(map, name, "deviceClass", reasons),
            Enabled = Flag(map, name, "enabled", null, reasons),
            ReadoutPriority = Choice(map, name, "readoutPriority", (ReadoutPriority?)null, reasons),
            DeviceConfig = Map(map, name, "deviceConfig", reasons),
            ConnectionTimeout = Seconds(map, name, "connectionTimeout", reasons),
            Description = Text(map, name, "description", reasons),
            DeviceTags = Names(map, name, "deviceTags", reasons),
            Needs = Names(map, name, "needs", reasons),
            OnFailure = Choice(map, name, "onFailure", (OnFailure?)OnFailure.Retry, reasons),
            ReadOnly = Flag(map, name, "readOnly", false, reasons),
            SoftwareTrigger = Flag(map, name, "softwareTrigger", false, reasons),
            UserParameter = Map(map, name, "userParameter", reasons),
        };
        return reasons.Count == before ? device : null;
    }

    private static void CheckNeeds(YamlMap map, List<DeviceEntry> entries, List<Reason> reasons)
    {
        var known = map.Entries.Select(e => e.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            reasons.AddRange(entry.Needs.Where(n => !known.Contains(n)).Select(n => DeviceErrors.ConfigurationInvalid.Because(
                $"{map.Find(entry.Name)!.Mark}: {entry.Name} needs '{n}', which is not configured{NearestName.Question(n, known)}")));
        }

        if (reasons.Count == 0 && InOrderOfNeed(entries).Count < entries.Count)
        {
            var stuck = entries.Except(InOrderOfNeed(entries)).Select(e => e.Name);
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because(
                $"{map.Mark.Source}: these devices need each other in a circle: {string.Join(", ", stuck)}"));
        }
    }

    // Keeps the file's order as far as needs allow; leaves out what is part of a circle.
    private static List<DeviceEntry> InOrderOfNeed(IReadOnlyList<DeviceEntry> entries)
    {
        List<DeviceEntry> ordered = [];
        HashSet<string> placed = [];
        List<DeviceEntry> waiting = [.. entries];
        while (waiting.Count > 0)
        {
            var ready = waiting.Where(e => e.Needs.All(placed.Contains)).ToList();
            if (ready.Count == 0)
            {
                break;
            }

            ordered.AddRange(ready);
            placed.UnionWith(ready.Select(e => e.Name));
            waiting.RemoveAll(ready.Contains);
        }

        return ordered;
    }

    private static string Required(YamlMap map, string name, string key, List<Reason> reasons)
    {
        if (map[key] is YamlScalar { IsNull: false, Text.Length: > 0 } scalar)
        {
            return scalar.Text;
        }

        reasons.Add(Invalid(map[key] ?? map, $"{name}.{key} is required"));
        return "";
    }

    private static string Text(YamlMap map, string name, string key, List<Reason> reasons)
    {
        switch (map[key])
        {
            case null or { IsNull: true }:
                return "";
            case YamlScalar scalar:
                return scalar.Text;
            default:
                reasons.Add(Invalid(map[key]!, $"{name}.{key} must be a text"));
                return "";
        }
    }

    private static bool Flag(YamlMap map, string name, string key, bool? fallback, List<Reason> reasons)
    {
        switch ((map[key] as YamlScalar)?.Text)
        {
            case "true" or "True":
                return true;
            case "false" or "False":
                return false;
            case null when map[key] is null && fallback is { } value:
                return value;
            default:
                reasons.Add(Invalid(map[key] ?? map, $"{name}.{key} must be true or false"));
                return false;
        }
    }

    private static T Choice<T>(YamlMap map, string name, string key, T? fallback, List<Reason> reasons)
        where T : struct, Enum
    {
        if (map[key] is null && fallback is { } value)
        {
            return value;
        }

        var text = (map[key] as YamlScalar)?.Text ?? "";
        foreach (var choice in Enum.GetValues<T>())
        {
            if (ToSnakeCase(choice.ToString()) == text)
            {
                return choice;
            }
        }

        var choices = string.Join(", ", Enum.GetNames<T>().Select(ToSnakeCase));
        reasons.Add(Invalid(map[key] ?? map, $"{name}.{key} is '{text}', expected one of {choices}"));
        return default;
    }

    private static TimeSpan Seconds(YamlMap map, string name, string key, List<Reason> reasons)
    {
        if (map[key] is null)
        {
            return TimeSpan.FromSeconds(5);
        }

        if (double.TryParse((map[key] as YamlScalar)?.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var s)
            && s is > 0 and <= 3600)
        {
            return TimeSpan.FromSeconds(s);
        }

        reasons.Add(Invalid(map[key]!, $"{name}.{key} must be seconds, more than 0 and at most 3600"));
        return default;
    }

    private static IReadOnlyList<string> Names(YamlMap map, string name, string key, List<Reason> reasons)
    {
        switch (map[key])
        {
            case null or { IsNull: true }:
                return [];
            case YamlScalar scalar:
                return [scalar.Text];
            case YamlSequence list when list.Items.All(i => i is YamlScalar { IsNull: false }):
                return [.. list.Items.Select(i => ((YamlScalar)i).Text)];
            default:
                reasons.Add(Invalid(map[key]!, $"{name}.{key} must be a list of names"));
                return [];
        }
    }

    private static IReadOnlyDictionary<string, object?> Map(YamlMap map, string name, string key, List<Reason> reasons)
    {
        switch (map[key])
        {
            case null or { IsNull: true }:
                return new Dictionary<string, object?>();
            case YamlMap value:
                return (IReadOnlyDictionary<string, object?>)Plain(value)!;
            default:
                reasons.Add(Invalid(map[key]!, $"{name}.{key} must be a map"));
                return new Dictionary<string, object?>();
        }
    }

    private static object? Plain(YamlNode node) => node switch
    {
        { IsNull: true } => null,
        YamlScalar scalar => scalar.Text,
        YamlSequence list => list.Items.Select(Plain).ToList(),
        YamlMap map => map.Entries.ToDictionary(e => e.Key, e => Plain(e.Value), StringComparer.Ordinal),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Reason Invalid(YamlNode node, string what) =>
        DeviceErrors.ConfigurationInvalid.Because($"{node.Mark}: {what}");

    private static bool IsIdentifier(string name) =>
        name.Length > 0 && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>A name of an enumeration as the file writes it.</summary>
    /// <param name="name">The name.</param>
    internal static string ToSnakeCase(string name) => string.Concat(
        name.Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}

using System.Globalization;
using Beamtime.Control.Devices.Computed;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>Reads one device of a configuration; every mistake is noted with its place.</summary>
internal sealed class DeviceEntryReader
{
    private static readonly string[] Keys =
    [
        "deviceClass", "enabled", "readoutPriority", "deviceConfig", "connectionTimeout", "description", "deviceTags",
        "needs", "onFailure", "readOnly", "softwareTrigger", "userParameter",
    ];

    // Facilities script in Python: a device must be reachable by its name there.
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
        "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or",
        "pass", "raise", "return", "try", "while", "with", "yield",
    };

    private readonly string _name;
    private readonly YamlMap _map;
    private readonly List<Reason> _reasons;

    private DeviceEntryReader(string name, YamlMap map, List<Reason> reasons) => (_name, _map, _reasons) = (name, map, reasons);

    /// <summary>The keys that an entry may have.</summary>
    public static IReadOnlyList<string> KnownKeys => Keys;

    /// <summary>Reads a device.</summary>
    /// <param name="entry">Its name and map.</param>
    /// <param name="reasons">Takes all mistakes.</param>
    /// <returns>Null where there was one.</returns>
    public static DeviceEntry? Read(YamlEntry entry, List<Reason> reasons)
    {
        var before = reasons.Count;
        if (NameMistake(entry.Key) is { } mistake)
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because($"{entry.Mark}: {mistake}"));
        }

        if (entry.Value is not YamlMap map)
        {
            reasons.Add(Invalid(entry.Value, $"{entry.Key} is {entry.Value.Kind}, expected a map"));
            return null;
        }

        foreach (var key in map.Entries.Where(e => !Keys.Contains(e.Key)))
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because(
                $"{key.Mark}: {entry.Key} has an unknown key '{key.Key}'{NearestName.Question(key.Key, Keys)}"));
        }

        var device = new DeviceEntryReader(entry.Key, map, reasons).Read();
        // What it is calculated from must be there before it, whether the file says so or not.
        return reasons.Count != before ? null
            : ComputedSignal.Classes.Contains(device.DeviceClass)
                ? device with { Needs = [.. device.Needs.Union(ComputedSignal.NeedsOf(device))] }
                : device;
    }

    /// <summary>What is wrong with a device's name; null when nothing is.</summary>
    /// <param name="name">The name.</param>
    public static string? NameMistake(string name) =>
        name.Length == 0 || !char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? $"'{name}' is not a device name: letters, digits and _, not beginning with _ or a digit"
            : Reserved.Contains(name) ? $"'{name}' cannot be a device name: it is a word of the languages that devices are used from" : null;

    /// <summary>A refusal of a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="what">What is wrong with it.</param>
    public static Reason Invalid(YamlNode node, string what) =>
        DeviceErrors.ConfigurationInvalid.Because($"{node.Mark}: {what}");

    private DeviceEntry Read() => new()
    {
        Name = _name,
        DeviceClass = Required("deviceClass"),
        Enabled = Flag("enabled", null),
        ReadoutPriority = Choice("readoutPriority", (ReadoutPriority?)null),
        DeviceConfig = Map("deviceConfig"),
        ConnectionTimeout = Seconds("connectionTimeout"),
        Description = Text("description"),
        DeviceTags = [.. Names("deviceTags").Distinct(StringComparer.Ordinal)],
        Needs = [.. Names("needs").Distinct(StringComparer.Ordinal)],
        OnFailure = Choice("onFailure", (OnFailure?)OnFailure.Retry),
        ReadOnly = Flag("readOnly", false),
        SoftwareTrigger = Flag("softwareTrigger", false),
        UserParameter = Map("userParameter"),
    };

    private string Required(string key)
    {
        if (_map[key] is YamlScalar { IsNull: false, Text.Length: > 0 } scalar)
        {
            return scalar.Text;
        }

        Refuse(key, "is required");
        return "";
    }

    private string Text(string key)
    {
        switch (_map[key])
        {
            case null or { IsNull: true }:
                return "";
            case YamlScalar scalar:
                return scalar.Text;
            default:
                Refuse(key, "must be a text");
                return "";
        }
    }

    private bool Flag(string key, bool? fallback)
    {
        switch ((_map[key] as YamlScalar)?.Text)
        {
            case "true" or "True":
                return true;
            case "false" or "False":
                return false;
            case null when _map[key] is null && fallback is { } value:
                return value;
            default:
                Refuse(key, "must be true or false");
                return false;
        }
    }

    private T Choice<T>(string key, T? fallback)
        where T : struct, Enum
    {
        if (_map[key] is null && fallback is { } value)
        {
            return value;
        }

        var text = (_map[key] as YamlScalar)?.Text ?? "";
        foreach (var choice in Enum.GetValues<T>())
        {
            if (DeviceFile.ToSnakeCase(choice.ToString()) == text)
            {
                return choice;
            }
        }

        Refuse(key, $"is '{text}', expected one of {string.Join(", ", Enum.GetNames<T>().Select(DeviceFile.ToSnakeCase))}");
        return default;
    }

    private TimeSpan Seconds(string key)
    {
        if (_map[key] is null)
        {
            return TimeSpan.FromSeconds(5);
        }

        if (double.TryParse((_map[key] as YamlScalar)?.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var s)
            && s is > 0 and <= 3600)
        {
            return TimeSpan.FromSeconds(s);
        }

        Refuse(key, "must be seconds, more than 0 and at most 3600");
        return default;
    }

    private IReadOnlyList<string> Names(string key)
    {
        switch (_map[key])
        {
            case null or { IsNull: true }:
                return [];
            case YamlScalar scalar:
                return [scalar.Text];
            case YamlSequence list when list.Items.All(i => i is YamlScalar { IsNull: false }):
                return [.. list.Items.Select(i => ((YamlScalar)i).Text)];
            default:
                Refuse(key, "must be a list of names");
                return [];
        }
    }

    private IReadOnlyDictionary<string, object?> Map(string key)
    {
        switch (_map[key])
        {
            case null or { IsNull: true }:
                return new Dictionary<string, object?>();
            case YamlMap value:
                return (IReadOnlyDictionary<string, object?>)Plain(value)!;
            default:
                Refuse(key, "must be a map");
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

    private void Refuse(string key, string what) => _reasons.Add(Invalid(_map[key] ?? _map, $"{_name}.{key} {what}"));
}

using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>
/// Reads the keys of one map of a data file. Every mistake is noted with its place and reading goes on, so that a file
/// is refused with all of them at once; what stands in for a wrong value is never used.
/// </summary>
/// <param name="map">The map.</param>
/// <param name="name">What the map is called in messages.</param>
/// <param name="code">The code of mistakes in this kind of file.</param>
/// <param name="mistakes">Takes the mistakes.</param>
internal sealed class YamlFields(YamlMap map, string name, ErrorCode code, List<Reason> mistakes)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <summary>The map.</summary>
    public YamlMap Node => map;

    /// <summary>Opens the map at a node, or notes that it is none.</summary>
    /// <param name="node">The node.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="code">The code of mistakes.</param>
    /// <param name="mistakes">Takes the mistakes.</param>
    public static YamlFields? Of(YamlNode node, string name, ErrorCode code, List<Reason> mistakes)
    {
        if (node is YamlMap map)
        {
            return new YamlFields(map, name, code, mistakes);
        }

        mistakes.Add(code.Because($"{node.Mark}: {name} is {node.Kind}, expected a map"));
        return null;
    }

    /// <summary>The node of a key, or null where it is absent or nothing.</summary>
    /// <param name="key">The key.</param>
    public YamlNode? Find(string key)
    {
        _asked.Add(key);
        return map[key] is { IsNull: false } node ? node : null;
    }

    /// <summary>The node of a key that must be there.</summary>
    /// <param name="key">The key.</param>
    public YamlNode? Need(string key)
    {
        if (Find(key) is { } node)
        {
            return node;
        }

        Wrong(map, $"{name}.{key} is required");
        return null;
    }

    /// <summary>A text, or the fallback where the key is absent; without one it is required.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when absent; null when the key is required.</param>
    public string Text(string key, string? fallback = null)
    {
        switch (fallback is null ? Need(key) : Find(key))
        {
            case YamlScalar scalar:
                return scalar.Text;
            case { } node:
                Wrong(node, $"{name}.{key} is {node.Kind}, expected a text");
                break;
        }

        return fallback ?? "";
    }

    /// <summary>A finite number, or null where the key is absent.</summary>
    /// <param name="key">The key.</param>
    public double? Number(string key)
    {
        if (Find(key) is not { } node)
        {
            return null;
        }

        if (node is YamlScalar { Text: var text }
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number))
        {
            return number;
        }

        Wrong(node, $"{name}.{key} must be a number");
        return null;
    }

    /// <summary>True or false.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when absent.</param>
    public bool Flag(string key, bool fallback)
    {
        switch (Find(key))
        {
            case null:
                return fallback;
            case YamlScalar { Text: "true" }:
                return true;
            case YamlScalar { Text: "false" }:
                return false;
            case var node:
                Wrong(node, $"{name}.{key} must be true or false");
                return fallback;
        }
    }

    /// <summary>A duration with its unit.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">Value when absent.</param>
    /// <param name="least">Shortest allowed.</param>
    /// <param name="most">Longest allowed.</param>
    public TimeSpan Time(string key, TimeSpan fallback, TimeSpan least, TimeSpan most)
    {
        if (Find(key) is not { } node)
        {
            return fallback;
        }

        if (node is YamlScalar { Text: var text } && Duration.TryParse(text, out var duration)
            && duration >= least && duration <= most)
        {
            return duration;
        }

        Wrong(node, $"{name}.{key} must be a duration with its unit from {Duration.Format(least)} to {Duration.Format(most)}");
        return fallback;
    }

    /// <summary>One of some words.</summary>
    /// <param name="key">The key.</param>
    /// <param name="choices">What each word means.</param>
    /// <param name="fallback">The word that holds when the key is absent; null when it is required.</param>
    /// <typeparam name="T">What the words mean.</typeparam>
    public T Choice<T>(string key, IReadOnlyDictionary<string, T> choices, string? fallback = null)
        where T : struct
    {
        var text = Text(key, fallback);
        if (choices.TryGetValue(text, out var choice))
        {
            return choice;
        }

        if (text.Length > 0)
        {
            Wrong(map[key]!, $"{name}.{key} is '{text}', expected one of {string.Join(", ", choices.Keys)}"
                + NearestName.Question(text, choices.Keys));
        }

        return default;
    }

    /// <summary>A list of names with their places; empty where the key is absent.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<YamlScalar> Names(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlSequence list when list.Items.All(i => i is YamlScalar { IsNull: false }):
                return [.. list.Items.Cast<YamlScalar>()];
            case var node:
                Wrong(node, $"{name}.{key} must be a list of names");
                return [];
        }
    }

    /// <summary>The entries of a map; empty where the key is absent.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<YamlEntry> Entries(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlMap entries:
                return entries.Entries;
            case var node:
                Wrong(node, $"{name}.{key} is {node.Kind}, expected a map");
                return [];
        }
    }

    /// <summary>The items of a list; empty where the key is absent.</summary>
    /// <param name="key">The key.</param>
    public IReadOnlyList<YamlNode> Items(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlSequence list:
                return list.Items;
            case var node:
                Wrong(node, $"{name}.{key} is {node.Kind}, expected a list");
                return [];
        }
    }

    /// <summary>Refuses the keys that nobody asked for; the last call.</summary>
    public void RefuseOthers()
    {
        foreach (var entry in map.Entries.Where(e => !_asked.Contains(e.Key)))
        {
            mistakes.Add(code.Because(
                $"{entry.Mark}: {name} has an unknown key '{entry.Key}'{NearestName.Question(entry.Key, _asked)}"));
        }
    }

    /// <summary>Notes a mistake at a node.</summary>
    /// <param name="node">Where it is.</param>
    /// <param name="what">What is wrong.</param>
    public void Wrong(YamlNode node, string what) => mistakes.Add(code.Because($"{node.Mark}: {what}"));
}

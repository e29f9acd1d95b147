using System.Text.Json.Nodes;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>
/// A configuration in several files: one a tag with the devices that have it, one with the rest, and a main file that includes
/// them. A device with several tags is in the file of the first of them; together the files read as the whole.
/// </summary>
internal static class SplitConfiguration
{
    /// <summary>Name of the file of devices without any of the tags.</summary>
    public const string Rest = "misc";

    private const int LongestName = 64;

    /// <summary>The texts of the files, by name; the main file first.</summary>
    /// <param name="devices">Devices by name, under the keys of the file.</param>
    /// <param name="main">Name of the main file.</param>
    /// <param name="tags">The tags, the first that a device has counts; none for all there are, by name.</param>
    /// <param name="heading">A comment for the head of each.</param>
    public static IReadOnlyList<(string Name, string Text)> Write(
        JsonObject devices, string main, IReadOnlyList<string> tags, string heading)
    {
        var wanted = tags.Count > 0 ? tags : [.. devices.SelectMany(d => TagsOf(d.Value)).Distinct().Order(StringComparer.Ordinal)];
        // By file: two tags may differ in nothing that a file's name can have.
        var order = wanted.Append(Rest).Select(tag => NameOf(tag, main)).Distinct().ToList();
        var files = devices
            .GroupBy(d => NameOf(wanted.FirstOrDefault(TagsOf(d.Value).Contains) ?? Rest, main))
            .OrderBy(g => order.IndexOf(g.Key))
            .ToList();
        var includes = string.Concat(files.Select(f => $"{LabelOf(f.Key, devices)}: !include {f.Key}\n"));
        return
        [
            (main, $"# {heading}\n\n{includes}"),
            .. files.Select(f => (f.Key, DeviceYaml.Write(
                new JsonObject(f.Select(d => KeyValuePair.Create(d.Key, d.Value?.DeepClone()))), heading))),
        ];
    }

    private static IReadOnlyList<string> TagsOf(JsonNode? device) =>
        device?["deviceTags"] is JsonArray tags ? [.. tags.Select(t => t!.GetValue<string>())] : [];

    // A tag may be any text; a file's name is letters, digits, _ and -, and is never the main file's.
    private static string NameOf(string tag, string main)
    {
        var plain = string.Concat(tag.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));
        var name = plain.Length == 0 ? "tag" : plain[..Math.Min(plain.Length, LongestName)];
        return name + ".yaml" == main ? $"{name}_devices.yaml" : $"{name}.yaml";
    }

    // The label is only a key; it must not be a device's name.
    private static string LabelOf(string file, JsonObject devices)
    {
        var label = file[..^".yaml".Length];
        while (devices.ContainsKey(label))
        {
            label += "_devices";
        }

        return label;
    }
}

using System.Text.Json.Nodes;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>
/// Which configuration a device server begins with: the site's file, with the live changes that were made since the file
/// was last read. Device by device, what was changed last counts: a device that differs in the file from what the file said
/// then is taken from the file, any other from the configuration that was in force.
/// </summary>
/// <param name="Entries">The devices in the order of need.</param>
/// <param name="Warnings">Live changes that a change of the file replaces, and what the merger could not keep.</param>
internal sealed record ConfigurationMerge(IReadOnlyList<DeviceEntry> Entries, IReadOnlyList<string> Warnings)
{
    /// <summary>Merges.</summary>
    /// <param name="file">The file as it is.</param>
    /// <param name="formerFile">The file as it was when the configuration was made.</param>
    /// <param name="live">The configuration that was in force last.</param>
    public static ConfigurationMerge Of(
        IReadOnlyList<DeviceEntry> file, IReadOnlyList<DeviceEntry> formerFile, IReadOnlyList<DeviceEntry> live)
    {
        var (now, then, last) = (ByName(file), ByName(formerFile), ByName(live));
        List<string> warnings = [];
        List<DeviceEntry> entries = [];
        foreach (var name in file.Concat(live).Concat(formerFile).Select(e => e.Name).Distinct(StringComparer.Ordinal))
        {
            var (fromFile, before, lived) =
                (now.GetValueOrDefault(name), then.GetValueOrDefault(name), last.GetValueOrDefault(name));
            var isFileChanged = !Same(fromFile, before);
            if (isFileChanged && !Same(lived, before) && !Same(lived, fromFile))
            {
                warnings.Add($"{name} was changed in the file and live; the file counts");
            }

            if ((isFileChanged ? fromFile : lived) is { } entry)
            {
                entries.Add(entry);
            }
        }

        var mistakes = DeviceNeeds.Mistakes(entries, entries.Select(e => e.Name).ToHashSet(StringComparer.Ordinal), static _ => "").ToList();
        return mistakes.Count == 0
            ? new ConfigurationMerge(DeviceNeeds.InOrder(entries), warnings)
            : new ConfigurationMerge(file,
                [.. mistakes.Select(m => m.Message), "the file was changed so that the live changes do not fit it any more; the file counts alone"]);
    }

    private static Dictionary<string, DeviceEntry> ByName(IEnumerable<DeviceEntry> entries) =>
        entries.ToDictionary(e => e.Name, StringComparer.Ordinal);

    private static bool Same(DeviceEntry? left, DeviceEntry? right) => left is null || right is null
        ? left is null && right is null
        : JsonNode.DeepEquals(DeviceEntryJson.Write(left), DeviceEntryJson.Write(right));
}

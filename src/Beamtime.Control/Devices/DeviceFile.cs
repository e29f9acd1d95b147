using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>What a device file and the files that it includes hold.</summary>
/// <param name="Entries">The devices in the order of need.</param>
/// <param name="Warnings">What is no mistake and yet worth knowing: a device given twice, one that needs a disabled one.</param>
/// <param name="Files">All files that were read.</param>
internal sealed record DeviceListing(
    IReadOnlyList<DeviceEntry> Entries, IReadOnlyList<string> Warnings, IReadOnlyList<string> Files);

/// <summary>
/// Reads a device configuration in BEC's schema: a map from device name to entry. Every mistake in the file is found
/// and reported at once, each with its line.
/// </summary>
internal static class DeviceFile
{
    /// <summary>Reads a file with those that it includes.</summary>
    /// <param name="path">The YAML file; absent or empty means no devices.</param>
    /// <returns>The devices in the order of need.</returns>
    /// <exception cref="RefusedException">All mistakes in it.</exception>
    public static IReadOnlyList<DeviceEntry> Read(string path) => ReadListing(path).Entries;

    /// <summary>Reads a file with those that it includes, and tells what is worth knowing about it.</summary>
    /// <param name="path">The YAML file; absent or empty means no devices.</param>
    /// <exception cref="RefusedException">All mistakes in it.</exception>
    public static DeviceListing ReadListing(string path)
    {
        if (!File.Exists(path))
        {
            return new DeviceListing([], [], []);
        }

        List<Reason> reasons = [];
        var includes = new DeviceIncludes(reasons);
        includes.Read(path);
        var entries = Read(includes.Entries, reasons);
        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : new DeviceListing(entries, [.. includes.Warnings, .. DeviceNeeds.Warnings(entries)], includes.Files);
    }

    /// <summary>Reads devices.</summary>
    /// <param name="nodes">Their names and maps.</param>
    /// <param name="reasons">Takes all mistakes.</param>
    /// <returns>The devices in the order of need.</returns>
    public static IReadOnlyList<DeviceEntry> Read(IReadOnlyCollection<YamlEntry> nodes, List<Reason> reasons)
    {
        List<DeviceEntry> entries = [.. nodes.Select(e => DeviceEntryReader.Read(e, reasons)).OfType<DeviceEntry>()];
        var marks = nodes.ToDictionary(e => e.Key, e => e.Mark, StringComparer.Ordinal);
        reasons.AddRange(DeviceNeeds.Mistakes(
            entries, marks.Keys.ToHashSet(StringComparer.Ordinal), name => $"{marks[name]}: "));
        return DeviceNeeds.InOrder(entries);
    }

    /// <summary>A name of an enumeration as the file writes it.</summary>
    /// <param name="name">The name.</param>
    internal static string ToSnakeCase(string name) => string.Concat(
        name.Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}

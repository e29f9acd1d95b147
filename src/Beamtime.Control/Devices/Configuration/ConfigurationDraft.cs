using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>What a wish makes of a configuration. Pure: nothing is touched, and every reason against it is given.</summary>
internal static class ConfigurationDraft
{
    private static readonly string[] Updatable =
    [
        "enabled", "readoutPriority", "deviceConfig", "connectionTimeout", "description", "deviceTags", "onFailure", "readOnly",
        "softwareTrigger", "userParameter",
    ];

    // These are changed key by key, so that one setting can be changed without telling the others; null takes a key away.
    private static readonly string[] Merged = ["deviceConfig", "userParameter"];

    /// <summary>The configuration that a wish asks for.</summary>
    /// <param name="current">The configuration in force.</param>
    /// <param name="command">The wish.</param>
    /// <param name="restored">The configuration of the revision that comes back; null where none does.</param>
    /// <returns>The devices in the order of need.</returns>
    public static Outcome<IReadOnlyList<DeviceEntry>> Of(
        IReadOnlyList<DeviceEntry> current, ConfigurationCommand command, IReadOnlyList<DeviceEntry>? restored)
    {
        List<Reason> reasons = [];
        IReadOnlyList<DeviceEntry> next = command.Action switch
        {
            ConfigurationAction.Set => ReadAll(command, reasons),
            ConfigurationAction.Add => Added(current, command, reasons),
            ConfigurationAction.Remove => Removed(current, command, reasons),
            ConfigurationAction.Update => Updated(current, command, reasons),
            ConfigurationAction.Restore => restored ?? current,
            ConfigurationAction.Reset => [],
            _ => current,
        };
        var names = next.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        if (reasons.Count == 0)
        {
            reasons.AddRange(DeviceNeeds.Mistakes(next, names, static _ => ""));
        }

        if (reasons.Count == 0 && next.Count == 0 && current.Count > 0 && !command.IsConfirmed)
        {
            reasons.Add(DeviceErrors.ConfigurationEmpty.Because($"All {current.Count} devices would go."));
        }

        return reasons.Count > 0
            ? new Refused<IReadOnlyList<DeviceEntry>>(reasons)
            : new Accepted<IReadOnlyList<DeviceEntry>>(DeviceNeeds.InOrder(next));
    }

    private static IReadOnlyList<DeviceEntry> ReadAll(ConfigurationCommand command, List<Reason> reasons) =>
        command.Devices is { } devices ? DeviceEntryJson.ReadEach(devices, "request", reasons) : [];

    private static IReadOnlyList<DeviceEntry> Added(
        IReadOnlyList<DeviceEntry> current, ConfigurationCommand command, List<Reason> reasons)
    {
        var added = ReadAll(command, reasons);
        reasons.AddRange(added.Where(a => current.Any(c => c.Name == a.Name)).Select(a => DeviceErrors.Exists.Because(
            $"A device '{a.Name}' is configured already.")));
        if (added.Count == 0 && reasons.Count == 0)
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because("request: no device is given"));
        }

        return [.. current, .. added];
    }

    private static IReadOnlyList<DeviceEntry> Removed(
        IReadOnlyList<DeviceEntry> current, ConfigurationCommand command, List<Reason> reasons)
    {
        reasons.AddRange(UnknownAmong(command.Names, current));
        return [.. current.Where(e => !command.Names.Contains(e.Name))];
    }

    /// <summary>The names that no device has, each with the nearest.</summary>
    /// <param name="names">The names.</param>
    /// <param name="current">The devices.</param>
    public static IEnumerable<Reason> UnknownAmong(IEnumerable<string> names, IReadOnlyList<DeviceEntry> current) =>
        names.Where(n => current.All(e => e.Name != n)).Select(n => DeviceErrors.Unknown.Because(
            $"No device '{n}' is configured{NearestName.Question(n, current.Select(e => e.Name))}"));

    private static IReadOnlyList<DeviceEntry> Updated(
        IReadOnlyList<DeviceEntry> current, ConfigurationCommand command, List<Reason> reasons)
    {
        if (command.Devices is not { ValueKind: JsonValueKind.Object } changes || !changes.EnumerateObject().Any())
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because("request: a map from names to what changes is expected"));
            return current;
        }

        reasons.AddRange(UnknownAmong(changes.EnumerateObject().Select(p => p.Name), current));
        List<DeviceEntry> next = [];
        foreach (var entry in current)
        {
            next.Add(changes.TryGetProperty(entry.Name, out var change) ? Updated(entry, change, reasons) : entry);
        }

        return next;
    }

    private static DeviceEntry Updated(DeviceEntry entry, JsonElement change, List<Reason> reasons)
    {
        if (change.ValueKind != JsonValueKind.Object)
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because($"request: {entry.Name} must be a map of what changes"));
            return entry;
        }

        var json = DeviceEntryJson.Write(entry);
        foreach (var property in change.EnumerateObject())
        {
            if (!Updatable.Contains(property.Name))
            {
                reasons.Add(DeviceErrors.ConfigurationInvalid.Because(
                    DeviceEntryReader.KnownKeys.Contains(property.Name)
                        ? $"request: {property.Name} of {entry.Name} cannot be changed; remove the device and add it anew"
                        : $"request: {entry.Name} has an unknown key '{property.Name}'{NearestName.Question(property.Name, Updatable)}"));
                continue;
            }

            var value = JsonNode.Parse(property.Value.GetRawText());
            if (Merged.Contains(property.Name) && value is JsonObject keys && json[property.Name] is JsonObject before)
            {
                Merge(before, keys);
            }
            else
            {
                json.Remove(property.Name);
                json.Add(property.Name, value);
            }
        }

        if (!entry.Enabled && change.TryGetProperty("deviceConfig", out _) && !(change.TryGetProperty("enabled", out var on) && on.ValueKind == JsonValueKind.True))
        {
            reasons.Add(DeviceErrors.Disabled.Because(
                $"{entry.Name} is disabled; its deviceConfig is changed only together with enabling it.", "Set enabled to true as well."));
        }

        var document = JsonSerializer.SerializeToElement(new JsonObject { [entry.Name] = json });
        return DeviceEntryJson.ReadEach(document, "request", reasons) is [var updated] ? updated : entry;
    }

    private static void Merge(JsonObject into, JsonObject keys)
    {
        foreach (var (key, value) in keys)
        {
            into.Remove(key);
            if (value is not null)
            {
                into.Add(key, value.DeepClone());
            }
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>What a new configuration means for the devices that there are.</summary>
internal sealed record RosterPlan
{
    /// <summary>Devices that go.</summary>
    public required IReadOnlySet<string> Removed { get; init; }

    /// <summary>Devices that are constructed and connected, new or anew, in the order of need.</summary>
    public required IReadOnlyList<DeviceEntry> Made { get; init; }

    /// <summary>Devices that stay connected, with settings that change live.</summary>
    public required IReadOnlyList<LiveChange> Live { get; init; }

    /// <summary>Devices that stay connected and differ in what is noted about them.</summary>
    public required IReadOnlyList<DeviceEntry> Noted { get; init; }

    /// <summary>The names of all that change.</summary>
    public IEnumerable<string> Names =>
        Removed.Concat(Made.Select(e => e.Name)).Concat(Live.Select(l => l.Entry.Name)).Concat(Noted.Select(e => e.Name));

    /// <summary>True when nothing changes.</summary>
    public bool IsEmpty => Removed.Count + Made.Count + Live.Count + Noted.Count == 0;

    /// <summary>Compares a configuration with the devices that there are.</summary>
    /// <param name="before">The entries that there are.</param>
    /// <param name="after">The new entries, in the order of need.</param>
    /// <param name="driverOf">The driver of a usable device; null for one that cannot be used.</param>
    /// <param name="retry">Devices that are made anew in any case.</param>
    public static RosterPlan Of(
        IReadOnlyCollection<DeviceEntry> before,
        IReadOnlyList<DeviceEntry> after,
        Func<string, IDevice?> driverOf,
        IReadOnlyCollection<string> retry)
    {
        var known = before.ToDictionary(e => e.Name, StringComparer.Ordinal);
        var removed = known.Keys.Except(after.Select(e => e.Name)).ToHashSet(StringComparer.Ordinal);
        HashSet<string> made = new(retry, StringComparer.Ordinal);
        List<LiveChange> live = [];
        List<DeviceEntry> noted = [];
        foreach (var entry in after)
        {
            if (!known.TryGetValue(entry.Name, out var old))
            {
                made.Add(entry.Name);
            }
            else if (Same(old, entry))
            {
                continue;
            }
            else if (NeedsNewDriver(old, entry) || driverOf(entry.Name) is not { } driver)
            {
                made.Add(entry.Name);
            }
            else if (LiveChange.Of(old, entry, driver) is { } change)
            {
                (change.Settings.Count > 0 ? live.Add : (Action<LiveChange>)(c => noted.Add(c.Entry)))(change);
            }
            else
            {
                made.Add(entry.Name);
            }
        }

        // Who needs a device holds its driver.
        var all = DeviceNeeds.WithDependents(after, made);
        return new RosterPlan
        {
            Removed = removed,
            Made = [.. after.Where(e => all.Contains(e.Name))],
            Live = [.. live.Where(l => !all.Contains(l.Entry.Name))],
            Noted = [.. noted.Where(n => !all.Contains(n.Name))],
        };
    }

    private static bool Same(DeviceEntry left, DeviceEntry right) =>
        JsonNode.DeepEquals(DeviceEntryJson.Write(left), DeviceEntryJson.Write(right));

    private static bool NeedsNewDriver(DeviceEntry old, DeviceEntry entry) =>
        old.DeviceClass != entry.DeviceClass
        || old.Enabled != entry.Enabled
        || !old.Needs.Order(StringComparer.Ordinal).SequenceEqual(entry.Needs.Order(StringComparer.Ordinal));
}

/// <summary>Keys of <c>deviceConfig</c> that change while the device stays connected.</summary>
/// <param name="Old">The device as it was.</param>
/// <param name="Entry">The device as it is to be.</param>
/// <param name="Settings">The keys that change; empty where only something else differs.</param>
internal sealed record LiveChange(DeviceEntry Old, DeviceEntry Entry, IReadOnlyList<string> Settings)
{
    /// <summary>The change where every key that differs can be set live; null where the device must be made anew.</summary>
    /// <param name="old">The device as it was.</param>
    /// <param name="entry">The device as it is to be.</param>
    /// <param name="driver">Its driver.</param>
    public static LiveChange? Of(DeviceEntry old, DeviceEntry entry, IDevice driver)
    {
        var (before, after) = (ConfigOf(old), ConfigOf(entry));
        List<string> changed = [.. before.Select(p => p.Key).Union(after.Select(p => p.Key))
            .Where(key => !before.ContainsKey(key) || !after.ContainsKey(key) || !JsonNode.DeepEquals(before[key], after[key]))];
        // A key that is taken away has a value that only the driver knows.
        return changed.All(key => after.ContainsKey(key) && DeviceSettings.Takes(driver, key)) ? new LiveChange(old, entry, changed) : null;
    }

    /// <summary>The settings with the values that they are to have.</summary>
    public IReadOnlyDictionary<string, object?> Values =>
        Settings.ToDictionary(k => k, k => Entry.DeviceConfig[k], StringComparer.Ordinal);

    /// <summary>The settings with the values that they had: as they were configured, and else as the device has them now.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, object?>> FormerAsync(ConfiguredDevice device, CancellationToken cancel)
    {
        var row = new Reading[device.ConfigurationSignals.Count];
        await device.Device.ReadAsync(configuration: true, row, cancel).AsTask().WaitAsync(cancel);
        Dictionary<string, object?> former = new(StringComparer.Ordinal);
        foreach (var key in Settings)
        {
            if (Old.DeviceConfig.TryGetValue(key, out var value))
            {
                former[key] = value;
            }
            else if (key == DeviceSettings.Limits && device.Hinted?.Limits is var (low, high) && double.IsFinite(low) && double.IsFinite(high))
            {
                former[key] = new List<object?> { low.ToString("R", CultureInfo.InvariantCulture), high.ToString("R", CultureInfo.InvariantCulture) };
            }
            else if (device.Find(key) is { Kind: SignalKind.Config } signal
                && row[device.ConfigurationSignals.Index().First(s => s.Item.Name == signal.Name).Index] is { Value.IsMissing: false } now)
            {
                former[key] = now.Value.ToString();
            }
        }

        return former;
    }

    private static JsonObject ConfigOf(DeviceEntry entry) => DeviceEntryJson.Write(entry)["deviceConfig"] as JsonObject ?? [];
}

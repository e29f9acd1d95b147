using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>What devices need of each other: the order in which they are connected, and what is wrong with it.</summary>
internal static class DeviceNeeds
{
    /// <summary>Needs that nothing meets, and circles, each named.</summary>
    /// <param name="entries">The devices.</param>
    /// <param name="configured">The names of all that are configured, those with mistakes of their own included.</param>
    /// <param name="placeOf">Where a device stands, for messages; empty for nowhere.</param>
    public static IEnumerable<Reason> Mistakes(
        IReadOnlyCollection<DeviceEntry> entries, IReadOnlySet<string> configured, Func<string, string> placeOf)
    {
        foreach (var entry in entries)
        {
            foreach (var need in entry.Needs.Where(n => !configured.Contains(n)))
            {
                yield return DeviceErrors.ConfigurationInvalid.Because(
                    $"{placeOf(entry.Name)}{entry.Name} needs '{need}', which is not configured{NearestName.Question(need, configured)}");
            }
        }

        foreach (var circle in CirclesOf(entries))
        {
            yield return DeviceErrors.ConfigurationInvalid.Because(
                $"{placeOf(circle[0])}these devices need each other in a circle: {string.Join(" → ", circle.Append(circle[0]))}");
        }
    }

    /// <summary>Enabled devices that need one that is not.</summary>
    /// <param name="entries">The devices.</param>
    public static IEnumerable<string> Warnings(IReadOnlyCollection<DeviceEntry> entries)
    {
        var disabled = entries.Where(e => !e.Enabled).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        return from entry in entries
               where entry.Enabled
               from need in entry.Needs
               where disabled.Contains(need)
               select $"{entry.Name} cannot be used: it needs {need}, which is disabled";
    }

    /// <summary>The devices in the order of need, otherwise as they came; without those of a circle.</summary>
    /// <param name="entries">The devices.</param>
    public static IReadOnlyList<DeviceEntry> InOrder(IReadOnlyCollection<DeviceEntry> entries)
    {
        List<DeviceEntry> ordered = [];
        HashSet<string> placed = new(StringComparer.Ordinal);
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
            waiting.RemoveAll(e => placed.Contains(e.Name));
        }

        return ordered;
    }

    /// <summary>These devices and all that need one of them, directly or not.</summary>
    /// <param name="entries">All devices.</param>
    /// <param name="names">Some of them.</param>
    public static IReadOnlySet<string> WithDependents(IReadOnlyCollection<DeviceEntry> entries, IEnumerable<string> names)
    {
        var found = names.ToHashSet(StringComparer.Ordinal);
        for (var before = -1; before < found.Count;)
        {
            before = found.Count;
            found.UnionWith(entries.Where(e => e.Needs.Any(found.Contains)).Select(e => e.Name));
        }

        return found;
    }

    private static List<List<string>> CirclesOf(IReadOnlyCollection<DeviceEntry> entries)
    {
        var placed = InOrder([.. entries]).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        var stuck = entries.Where(e => !placed.Contains(e.Name)).ToDictionary(e => e.Name, StringComparer.Ordinal);
        List<List<string>> circles = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var start in stuck.Keys)
        {
            List<string> way = [];
            for (var at = start; at is not null && seen.Add(at);)
            {
                way.Add(at);
                at = stuck[at].Needs.FirstOrDefault(stuck.ContainsKey);
                if (at is not null && way.IndexOf(at) is >= 0 and var first)
                {
                    circles.Add(way[first..]);
                }
            }
        }

        return circles;
    }
}

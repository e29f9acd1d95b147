using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Which devices one scan reads when: the configuration's priorities, with what the scan asks for in their place.
/// </summary>
/// <param name="Groups">Names of usable devices by priority, in order of name; every priority has an entry.</param>
internal sealed record ReadoutGroups(IReadOnlyDictionary<ReadoutPriority, IReadOnlyList<string>> Groups)
{
    private static readonly ReadoutPriority[] Streaming = [ReadoutPriority.Async, ReadoutPriority.Continuous];

    /// <summary>The devices of a priority.</summary>
    /// <param name="priority">The priority.</param>
    public IReadOnlyList<string> this[ReadoutPriority priority] => Groups[priority];

    /// <summary>
    /// Sorts the devices. A device named for several of monitored, baseline and on request is monitored. One that makes its
    /// own stream, by its configuration or by what is asked, cannot be read at points or once as well; it can be left out.
    /// </summary>
    /// <param name="book">The devices.</param>
    /// <param name="asked">Names that this scan asks for by priority; empty for none.</param>
    public static Outcome<ReadoutGroups> Of(
        DeviceBook book, IReadOnlyDictionary<ReadoutPriority, IReadOnlyList<string>> asked)
    {
        List<Reason> reasons = [];
        Dictionary<string, HashSet<ReadoutPriority>> wanted = new(StringComparer.Ordinal);
        foreach (var (priority, names) in asked)
        {
            foreach (var name in names)
            {
                if (book.Find(name) is Refused<KnownDevice> refused)
                {
                    reasons.AddRange(refused.Reasons);
                    continue;
                }

                (wanted.TryGetValue(name, out var before) ? before : wanted[name] = []).Add(priority);
            }
        }

        Dictionary<ReadoutPriority, List<string>> groups = Enum.GetValues<ReadoutPriority>().ToDictionary(p => p, _ => new List<string>());
        foreach (var device in book.Usable)
        {
            var configured = device.Description.ReadoutPriority;
            var priority = wanted.TryGetValue(device.Name, out var asks) ? Choose(device.Name, configured, asks, reasons) : configured;
            groups[priority].Add(device.Name);
        }

        return reasons.Count > 0
            ? new Refused<ReadoutGroups>(reasons)
            : new Accepted<ReadoutGroups>(new ReadoutGroups(groups.ToDictionary(
                g => g.Key, g => (IReadOnlyList<string>)[.. g.Value.Order(StringComparer.Ordinal)])));
    }

    private static ReadoutPriority Choose(
        string device, ReadoutPriority configured, HashSet<ReadoutPriority> asks, List<Reason> reasons)
    {
        if (asks.SetEquals([ReadoutPriority.OnRequest]))
        {
            return ReadoutPriority.OnRequest;
        }

        HashSet<ReadoutPriority> all = Streaming.Contains(configured) ? [configured, .. asks] : asks;
        if (all.Count > 1 && all.Any(Streaming.Contains))
        {
            var words = all.Order().Select(p => DeviceFile.ToSnakeCase(p.ToString()));
            reasons.Add(DeviceErrors.PriorityConflict.Because(
                $"{device} cannot be {string.Join(" and ", words)} in one scan"
                + (Streaming.Contains(configured) ? $"; it is configured as {DeviceFile.ToSnakeCase(configured.ToString())}" : "")));
        }

        return all.Min();
    }
}

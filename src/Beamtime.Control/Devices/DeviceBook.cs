using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// What is known of a beamline's devices away from their server: descriptions and last readings, as its topics tell them.
/// Empty until the device server was heard for the first time.
/// </summary>
internal sealed class DeviceBook
{
    private volatile Page _page = new(null, [], [], 0);

    /// <summary>The device server that told this; null before the first.</summary>
    public Guid? Server => _page.Server;

    /// <summary>The number of the configuration that the device server has; 0 for the file itself.</summary>
    public int Revision => _page.Revision;

    /// <summary>The devices that can be used, in the order of need.</summary>
    public IReadOnlyCollection<KnownDevice> Usable => _page.Usable.Values;

    /// <summary>The devices that cannot, each with its reason.</summary>
    public IReadOnlyCollection<DeviceDescription> Unusable => _page.Unusable.Values;

    /// <summary>The names of all configured devices.</summary>
    public IEnumerable<string> Names => _page.Usable.Keys.Concat(_page.Unusable.Keys);

    /// <summary>The usable device of that name; a bug when there is none.</summary>
    /// <param name="name">The device's name.</param>
    public KnownDevice this[string name] => _page.Usable[name];

    /// <summary>A book of these devices, with their present last readings.</summary>
    /// <param name="roster">The devices.</param>
    public static DeviceBook Of(DeviceRoster roster)
    {
        var book = new DeviceBook();
        book.Take(DeviceRosterState.Of(Guid.Empty, roster));
        book.Take(new DeviceValues(Guid.Empty, roster.Usable.ToDictionary(d => d.Name, d => d.Last.ToArray())));
        return book;
    }

    /// <summary>The device and signal parts of an address; the signal is null for the main one.</summary>
    /// <param name="address"><c>device</c> or <c>device.signal</c>.</param>
    public static (string Device, string? Signal) Split(string address) =>
        address.Split('.', 2) is [var device, var signal] ? (device, signal) : (address, null);

    /// <summary>Takes what a device server says it has; readings that are known are kept.</summary>
    /// <param name="state">What it says.</param>
    public void Take(DeviceRosterState state)
    {
        var before = _page.Usable;
        var usable = new Dictionary<string, KnownDevice>(StringComparer.Ordinal);
        foreach (var description in state.Devices.Where(d => d.Unusable is null))
        {
            var device = new KnownDevice(description);
            if (before.TryGetValue(device.Name, out var known) && known.Last is { Length: > 0 } last
                && last.Length == device.ReadSignals.Count)
            {
                device.Remember(last.ToArray(), 0);
            }

            usable.Add(device.Name, device);
        }

        _page = new Page(
            state.Server,
            usable,
            state.Devices.Where(d => d.Unusable is not null).ToDictionary(d => d.Name, StringComparer.Ordinal),
            state.Revision);
    }

    /// <summary>Takes the last readings of devices.</summary>
    /// <param name="values">The readings.</param>
    public void Take(DeviceValues values)
    {
        foreach (var (name, row) in values.Rows)
        {
            Remember(name, row);
        }
    }

    /// <summary>Takes the readings of one device.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="row">Its readings, as many as it has signals that are read; not changed afterwards.</param>
    public void Remember(string name, Reading[] row)
    {
        if (_page.Usable.TryGetValue(name, out var device) && row.Length == device.ReadSignals.Count && row.Length > 0)
        {
            device.Remember(row, 0);
        }
    }

    /// <summary>True when a device of that name is configured, usable or not.</summary>
    /// <param name="name">The device's name.</param>
    public bool Knows(string name) => _page.Usable.ContainsKey(name) || _page.Unusable.ContainsKey(name);

    /// <summary>True when a usable device has that name.</summary>
    /// <param name="name">The device's name.</param>
    public bool Has(string name) => _page.Usable.ContainsKey(name);

    /// <summary>The usable device of that name, or every reason why there is none.</summary>
    /// <param name="name">The device's name.</param>
    public Outcome<KnownDevice> Find(string name)
    {
        var page = _page;
        if (page.Usable.TryGetValue(name, out var device))
        {
            return new Accepted<KnownDevice>(device);
        }

        return new Refused<KnownDevice>(
        [
            page.Unusable.TryGetValue(name, out var unusable)
                ? unusable.Unusable!
                : page.Server is null
                    ? DeviceErrors.ServerUnheard.Because("No device server was heard since this program started.")
                    : DeviceErrors.Unknown.Because($"No device '{name}' is configured{NearestName.Question(name, page.Usable.Keys)}"),
        ]);
    }

    /// <summary>What is wrong with an address; null when nothing is, as far as can be told while its device is out.</summary>
    /// <param name="address"><c>device</c> or <c>device.signal</c>.</param>
    public string? MistakeIn(string address)
    {
        var (name, signal) = Split(address);
        if (!Knows(name))
        {
            return $"no device '{name}' is configured{NearestName.Question(name, Names)}";
        }

        if (!_page.Usable.TryGetValue(name, out var device) || device.Find(signal) is not null)
        {
            return null;
        }

        return signal is null
            ? $"{name} has no main signal"
            : $"{name} has no signal '{signal}'{NearestName.Question(signal, device.Signals.Select(s => s.Name))}";
    }

    private sealed record Page(
        Guid? Server, Dictionary<string, KnownDevice> Usable, Dictionary<string, DeviceDescription> Unusable, int Revision);
}

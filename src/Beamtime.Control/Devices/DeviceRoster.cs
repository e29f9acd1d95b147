using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>A device that cannot be used and why.</summary>
/// <param name="Entry">Its configuration.</param>
/// <param name="Reason">Why; disabled by configuration or failed.</param>
internal sealed record UnusableDevice(DeviceEntry Entry, Reason Reason);

/// <summary>All configured devices at one moment.</summary>
/// <param name="Usable">Those that can be used, in the order of need.</param>
/// <param name="Unusable">Those that cannot.</param>
/// <param name="Revision">The configuration's number; 0 for the file itself.</param>
internal sealed record RosterPage(
    IReadOnlyDictionary<string, ConfiguredDevice> Usable, IReadOnlyDictionary<string, UnusableDevice> Unusable, int Revision)
{
    /// <summary>The configuration of all.</summary>
    public IEnumerable<DeviceEntry> Entries => Usable.Values.Select(d => d.Entry).Concat(Unusable.Values.Select(u => u.Entry));
}

/// <summary>
/// All configured devices of the beamline. A device that fails to construct or to connect is listed with its reason and
/// stays out; the others go on. A mistake in the configuration itself stops the start. Who changes the devices puts a
/// whole new page in the place of the old one.
/// </summary>
internal sealed class DeviceRoster : IAsyncDisposable
{
    private volatile RosterPage _page;

    private DeviceRoster(RosterPage page) => _page = page;

    /// <summary>Another page has taken the place of the old one. Handlers return quickly.</summary>
    public event Action? Changed;

    /// <summary>The devices at this moment.</summary>
    public RosterPage Page => _page;

    /// <summary>The devices that can be used, in the order of need.</summary>
    public IReadOnlyCollection<ConfiguredDevice> Usable => [.. _page.Usable.Values];

    /// <summary>The devices that cannot.</summary>
    public IReadOnlyCollection<UnusableDevice> Unusable => [.. _page.Unusable.Values];

    /// <summary>Constructs and connects the devices in the order of need.</summary>
    /// <param name="entries">The configuration, ordered by need.</param>
    /// <param name="plugins">Where device classes are registered.</param>
    /// <param name="options">Settings of devices.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what failed.</param>
    /// <param name="cancel">Ends connecting.</param>
    /// <exception cref="RefusedException">Unknown classes, and keys or values of <c>deviceConfig</c> that no class takes: all of them.</exception>
    public static async Task<DeviceRoster> ConnectAsync(
        IReadOnlyList<DeviceEntry> entries,
        PluginRegistry plugins,
        DeviceOptions options,
        TimeProvider time,
        ILogger<DeviceRoster> logger,
        CancellationToken cancel) => await ConnectAsync(
        await new DeviceFactory(() => plugins, options, time).ConstructAsync(entries, static _ => null), 0, options, time, logger, cancel);

    /// <summary>Connects constructed devices in the order of need.</summary>
    /// <param name="constructed">The devices, which the roster disposes of from now on.</param>
    /// <param name="revision">The configuration's number; 0 for the file itself.</param>
    /// <param name="options">Settings of devices.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what failed.</param>
    /// <param name="cancel">Ends connecting.</param>
    public static async Task<DeviceRoster> ConnectAsync(
        IReadOnlyList<ConstructedDevice> constructed,
        int revision,
        DeviceOptions options,
        TimeProvider time,
        ILogger<DeviceRoster> logger,
        CancellationToken cancel)
    {
        var connector = new DeviceConnector(options, time, logger);
        Dictionary<string, ConfiguredDevice> usable = new(StringComparer.Ordinal);
        Dictionary<string, UnusableDevice> unusable = new(StringComparer.Ordinal);
        var roster = new DeviceRoster(new RosterPage(usable, unusable, revision));
        foreach (var next in constructed)
        {
            var (device, reason) = await connector.ConnectAsync(next, usable.GetValueOrDefault, cancel);
            if (device is not null)
            {
                usable[next.Entry.Name] = device;
            }
            else
            {
                unusable[next.Entry.Name] = new UnusableDevice(next.Entry, reason!);
            }
        }

        return roster;
    }

    /// <summary>The usable device of that name; a bug when there is none.</summary>
    /// <param name="name">The device's name.</param>
    public ConfiguredDevice this[string name] => _page.Usable[name];

    /// <summary>The usable device of that name.</summary>
    /// <param name="name">The device's name.</param>
    /// <exception cref="FaultException"><c>device.unknown</c> or why it cannot be used: it was removed or failed meanwhile.</exception>
    public ConfiguredDevice Find(string name)
    {
        var page = _page;
        return page.Usable.TryGetValue(name, out var device) ? device
            : throw (page.Unusable.TryGetValue(name, out var unusable)
                ? new FaultException(unusable.Reason)
                : DeviceErrors.Unknown.Fault($"No device '{name}' is configured."));
    }

    /// <summary>True when a usable device has that name.</summary>
    /// <param name="name">The device's name.</param>
    public bool Has(string name) => _page.Usable.ContainsKey(name);

    /// <summary>Puts a page in the place of the present one.</summary>
    /// <param name="page">The page.</param>
    public void Turn(RosterPage page)
    {
        _page = page;
        Changed?.Invoke();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var device in _page.Usable.Values.Reverse())
        {
            device.Mailbox.Dispose();
            await device.Device.DisposeAsync();
        }
    }
}

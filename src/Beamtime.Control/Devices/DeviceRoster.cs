using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>A device that cannot be used and why.</summary>
/// <param name="Entry">Its configuration.</param>
/// <param name="Reason">Why; disabled by configuration or failed.</param>
internal sealed record UnusableDevice(DeviceEntry Entry, Reason Reason);

/// <summary>
/// All configured devices of the beamline. A device that fails to construct or to connect is listed with its reason and
/// stays out; the others go on. A mistake in the configuration itself stops the start.
/// </summary>
internal sealed partial class DeviceRoster : IAsyncDisposable
{
    private readonly Dictionary<string, ConfiguredDevice> _usable = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UnusableDevice> _unusable = new(StringComparer.Ordinal);

    private DeviceRoster()
    {
    }

    /// <summary>The devices that can be used, in the order of need.</summary>
    public IReadOnlyCollection<ConfiguredDevice> Usable => _usable.Values;

    /// <summary>The devices that cannot.</summary>
    public IReadOnlyCollection<UnusableDevice> Unusable => _unusable.Values;

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
        await new DeviceFactory(plugins, options, time).ConstructAsync(entries, static _ => null), options, time, logger, cancel);

    /// <summary>Connects constructed devices in the order of need.</summary>
    /// <param name="constructed">The devices, which the roster disposes of from now on.</param>
    /// <param name="options">Settings of devices.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what failed.</param>
    /// <param name="cancel">Ends connecting.</param>
    public static async Task<DeviceRoster> ConnectAsync(
        IReadOnlyList<ConstructedDevice> constructed,
        DeviceOptions options,
        TimeProvider time,
        ILogger<DeviceRoster> logger,
        CancellationToken cancel)
    {
        var roster = new DeviceRoster();
        var deadlines = new DeadlineWatch(time);
        foreach (var device in constructed)
        {
            if (device.Device is { } driver)
            {
                await roster.ConnectAsync(device, driver, options, deadlines, time, logger, cancel);
            }
            else
            {
                roster.Disable(device.Entry, device.Unusable!, logger);
            }
        }

        return roster;
    }

    /// <summary>The usable device of that name; a bug when there is none.</summary>
    /// <param name="name">The device's name.</param>
    public ConfiguredDevice this[string name] => _usable[name];

    /// <summary>The usable device of that name.</summary>
    /// <param name="name">The device's name.</param>
    /// <exception cref="FaultException"><c>device.unknown</c> or why it cannot be used: it was removed or failed meanwhile.</exception>
    public ConfiguredDevice Find(string name) => _usable.TryGetValue(name, out var device) ? device
        : throw (_unusable.TryGetValue(name, out var unusable)
            ? new FaultException(unusable.Reason)
            : DeviceErrors.Unknown.Fault($"No device '{name}' is configured."));

    /// <summary>True when a usable device has that name.</summary>
    /// <param name="name">The device's name.</param>
    public bool Has(string name) => _usable.ContainsKey(name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var device in _usable.Values.Reverse())
        {
            device.Mailbox.Dispose();
            await device.Device.DisposeAsync();
        }
    }

    private async Task ConnectAsync(
        ConstructedDevice constructed,
        IDevice device,
        DeviceOptions options,
        DeadlineWatch deadlines,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancel)
    {
        var entry = constructed.Entry;
        using var limit = new CancellationTokenSource(entry.ConnectionTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            if (entry.Needs.FirstOrDefault(n => !_usable.ContainsKey(n)) is { } missing)
            {
                throw new FaultException(DeviceFactory.NeedOf(entry, missing));
            }

            await device.ConnectAsync(both.Token).AsTask().WaitAsync(both.Token);
            var duplicate = device.Signals.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1);
            if (duplicate is not null)
            {
                throw DeviceErrors.ConnectFailed.Fault($"{entry.Name} has two signals named {duplicate.Key}.");
            }

            var limits = await DeviceSettings.ApplyAsync(entry, device, constructed.Further, time, both.Token);
            var configured = new ConfiguredDevice(entry, device, limits, options.MailboxCapacity, deadlines);
            var first = new Reading[configured.ReadSignals.Count];
            await device.ReadAsync(configuration: false, first, both.Token).AsTask().WaitAsync(both.Token);
            configured.Remember(first, 0);
            _usable[entry.Name] = configured;
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            Disable(entry, DeviceFactory.ReasonOf(error, entry), logger);
            await device.DisposeAsync();
        }
    }

    private void Disable(DeviceEntry entry, Reason reason, ILogger logger)
    {
        if (entry.Enabled)
        {
            LogConnectFailed(logger, entry.Name, reason.Code, reason.Message);
        }

        _unusable[entry.Name] = new(entry, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} is disabled: {Code}: {Message}")]
    private static partial void LogConnectFailed(ILogger logger, string device, string code, string message);
}

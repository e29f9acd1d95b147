using Beamtime.Core.Settings;
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
        CancellationToken cancel)
    {
        var roster = new DeviceRoster();
        var deadlines = new DeadlineWatch(time);
        List<(DeviceEntry Entry, IDevice Device)> constructed = [];
        List<Reason> mistakes = [];
        foreach (var entry in entries)
        {
            if (!plugins.Devices.TryGetValue(entry.DeviceClass, out var create))
            {
                mistakes.Add(DeviceErrors.ConfigurationInvalid.Because(
                    $"{entry.Name}: no plugin has the device class '{entry.DeviceClass}'"
                    + NearestName.Question(entry.DeviceClass, plugins.Devices.Keys)));
            }
            else if (!entry.Enabled)
            {
                roster._unusable[entry.Name] = new(entry, DeviceErrors.Disabled.Because($"{entry.Name} is disabled in the configuration."));
            }
            else if (entry.Needs.FirstOrDefault(n => !constructed.Exists(c => c.Entry.Name == n)) is { } missing)
            {
                roster.Disable(entry, NeedOf(entry, missing), logger);
            }
            else
            {
                var configuration = new DeviceConfiguration(
                    entry.Name,
                    entry.DeviceConfig,
                    time,
                    SeedFor(options.SimulationSeed, entry.Name),
                    name => constructed.Find(c => c.Entry.Name == name).Device);
                try
                {
                    constructed.Add((entry, create(configuration)));
                }
                catch (FormatException mistake)
                {
                    mistakes.Add(DeviceErrors.ConfigurationInvalid.Because(mistake.Message));
                }
                catch (Exception error)
                {
                    roster.Disable(entry, ReasonOf(error, entry), logger);
                    continue;
                }

                mistakes.AddRange(configuration.Unused.Select(key => DeviceErrors.ConfigurationInvalid.Because(
                    $"{entry.Name}: deviceConfig has an unknown key '{key}'{NearestName.Question(key, configuration.Asked.Keys)}")));
            }
        }

        if (mistakes.Count > 0)
        {
            foreach (var (_, device) in constructed)
            {
                await device.DisposeAsync();
            }

            throw new RefusedException(mistakes);
        }

        foreach (var (entry, device) in constructed)
        {
            await roster.ConnectAsync(entry, device, options, deadlines, time, logger, cancel);
        }

        return roster;
    }

    /// <summary>The usable device of that name; a bug when there is none.</summary>
    /// <param name="name">The device's name.</param>
    public ConfiguredDevice this[string name] => _usable[name];

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
        DeviceEntry entry,
        IDevice device,
        DeviceOptions options,
        DeadlineWatch deadlines,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(entry.ConnectionTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            if (entry.Needs.FirstOrDefault(n => !_usable.ContainsKey(n)) is { } missing)
            {
                throw new FaultException(NeedOf(entry, missing));
            }

            await device.ConnectAsync(both.Token).AsTask().WaitAsync(both.Token);
            var duplicate = device.Signals.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1);
            if (duplicate is not null)
            {
                throw DeviceErrors.ConnectFailed.Fault($"{entry.Name} has two signals named {duplicate.Key}.");
            }

            var configured = new ConfiguredDevice(entry, device, options.MailboxCapacity, deadlines);
            var first = new Reading[configured.ReadSignals.Count];
            await device.ReadAsync(configuration: false, first, both.Token).AsTask().WaitAsync(both.Token);
            configured.Remember(first, 0);
            _usable[entry.Name] = configured;
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            Disable(entry, ReasonOf(error, entry), logger);
            await device.DisposeAsync();
        }
    }

    private void Disable(DeviceEntry entry, Reason reason, ILogger logger)
    {
        LogConnectFailed(logger, entry.Name, reason.Code, reason.Message);
        _unusable[entry.Name] = new(entry, reason);
    }

    private static Reason NeedOf(DeviceEntry entry, string missing) =>
        DeviceErrors.ConnectFailed.Because($"{entry.Name} needs {missing}, which cannot be used.");

    private static Reason ReasonOf(Exception error, DeviceEntry entry) => error switch
    {
        FaultException fault => fault.Reason,
        OperationCanceledException => DeviceErrors.ConnectFailed.Because(
            $"{entry.Name} did not connect within {entry.ConnectionTimeout.TotalSeconds:0.###} s."),
        _ => DeviceErrors.ConnectFailed.Because($"{entry.Name}: {error.Message}"),
    };

    // Stable over runs and platforms, unlike string.GetHashCode.
    private static int SeedFor(int seed, string name) =>
        name.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c)) & int.MaxValue;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} is disabled: {Code}: {Message}")]
    private static partial void LogConnectFailed(ILogger logger, string device, string code, string message);
}

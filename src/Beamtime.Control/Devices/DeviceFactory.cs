using Beamtime.Control.Devices.Computed;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Control.Devices;

/// <summary>A device that was constructed and has not touched its hardware yet.</summary>
/// <param name="Entry">Its configuration.</param>
/// <param name="Device">Its driver; null where it is disabled or could not be constructed.</param>
/// <param name="Unusable">Why there is no driver.</param>
/// <param name="Further">Keys of <c>deviceConfig</c> that the driver did not take: they are set once it is connected.</param>
internal sealed record ConstructedDevice(
    DeviceEntry Entry, IDevice? Device, Reason? Unusable, IReadOnlyDictionary<string, object?> Further);

/// <summary>Constructed devices that nobody has connected yet; disposed of where nobody does.</summary>
/// <param name="devices">The devices, in the order of need.</param>
internal sealed class ConstructedDevices(IReadOnlyList<ConstructedDevice> devices) : IAsyncDisposable
{
    private IReadOnlyList<ConstructedDevice> _devices = devices;

    /// <summary>Others in their place.</summary>
    /// <param name="devices">The devices.</param>
    public void Put(IReadOnlyList<ConstructedDevice> devices) => _devices = devices;

    /// <summary>The devices; who takes them disposes of them.</summary>
    public IReadOnlyList<ConstructedDevice> Take()
    {
        var taken = _devices;
        _devices = [];
        return taken;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => DeviceFactory.DisposeAsync(Take());
}

/// <summary>
/// Makes devices from their configuration without touching hardware, so that every mistake in it is found before anything
/// is changed.
/// </summary>
/// <param name="plugins">Where device classes are registered.</param>
/// <param name="options">Settings of devices.</param>
/// <param name="time">The clock.</param>
internal sealed class DeviceFactory(Func<PluginRegistry> plugins, DeviceOptions options, TimeProvider time)
{
    /// <summary>Constructs devices in the order of need.</summary>
    /// <param name="entries">The configuration, ordered by need.</param>
    /// <param name="others">Finds a device that exists already; null for none.</param>
    /// <returns>All of them; who takes them disposes of those with a driver.</returns>
    /// <exception cref="RefusedException">Unknown classes, and keys or values of <c>deviceConfig</c> that no class takes: all of them.</exception>
    public async Task<IReadOnlyList<ConstructedDevice>> ConstructAsync(
        IEnumerable<DeviceEntry> entries, Func<string, IDevice?> others)
    {
        Dictionary<string, ConstructedDevice> made = new(StringComparer.Ordinal);
        List<Reason> mistakes = [];
        var classes = plugins().Devices;
        foreach (var entry in entries)
        {
            if (!classes.TryGetValue(entry.DeviceClass, out var create) && !ComputedSignal.Classes.Contains(entry.DeviceClass))
            {
                mistakes.Add(DeviceErrors.ConfigurationInvalid.Because(
                    $"{entry.Name}: no plugin has the device class '{entry.DeviceClass}'"
                    + NearestName.Question(entry.DeviceClass, classes.Keys.Concat(ComputedSignal.Classes))));
                continue;
            }

            var configuration = new DeviceConfiguration(
                entry.Name, entry.DeviceConfig, time, SeedFor(options.SimulationSeed, entry.Name), Find);
            made[entry.Name] = Construct(entry, create ?? (static c => new ComputedSignal(c)), configuration, Find, mistakes);
        }

        if (mistakes.Count > 0)
        {
            await DisposeAsync(made.Values);
            throw new RefusedException(mistakes);
        }

        return [.. made.Values];

        IDevice? Find(string name) => made.TryGetValue(name, out var other) ? other.Device : others(name);
    }

    /// <summary>Disposes of constructed devices that are not wanted after all.</summary>
    /// <param name="devices">The devices.</param>
    public static async ValueTask DisposeAsync(IEnumerable<ConstructedDevice> devices)
    {
        foreach (var device in devices.Reverse())
        {
            if (device.Device is { } driver)
            {
                await driver.DisposeAsync();
            }
        }
    }

    /// <summary>The reason of a device that needs another one which cannot be used.</summary>
    /// <param name="entry">The device.</param>
    /// <param name="missing">The other.</param>
    public static Reason NeedOf(DeviceEntry entry, string missing) =>
        DeviceErrors.ConnectFailed.Because($"{entry.Name} needs {missing}, which cannot be used.");

    /// <summary>The reason of a device that failed.</summary>
    /// <param name="error">What it threw.</param>
    /// <param name="entry">The device.</param>
    public static Reason ReasonOf(Exception error, DeviceEntry entry) => error switch
    {
        FaultException fault => fault.Reason,
        RefusedException refused => refused.Reasons[0],
        OperationCanceledException => DeviceErrors.ConnectFailed.Because(
            $"{entry.Name} did not connect within {entry.ConnectionTimeout.TotalSeconds:0.###} s."),
        _ => DeviceErrors.ConnectFailed.Because($"{entry.Name}: {error.Message}"),
    };

    private static ConstructedDevice Construct(
        DeviceEntry entry,
        Func<DeviceConfiguration, IDevice> create,
        DeviceConfiguration configuration,
        Func<string, IDevice?> find,
        List<Reason> mistakes)
    {
        if (!entry.Enabled)
        {
            return Without(DeviceErrors.Disabled.Because($"{entry.Name} is disabled in the configuration."));
        }

        if (entry.Needs.FirstOrDefault(n => find(n) is null) is { } missing)
        {
            return Without(NeedOf(entry, missing));
        }

        IDevice device;
        try
        {
            device = create(configuration);
        }
        catch (FormatException mistake)
        {
            mistakes.Add(DeviceErrors.ConfigurationInvalid.Because(mistake.Message));
            return Without(null);
        }
        catch (Exception error)
        {
            return Without(ReasonOf(error, entry));
        }

        Dictionary<string, object?> further = new(StringComparer.Ordinal);
        foreach (var key in configuration.Unused)
        {
            if (entry.DeviceConfig.TryGetValue(key, out var value) && (device.Signals.Count == 0 || DeviceSettings.Takes(device, key)))
            {
                further.Add(key, value);
            }
            else
            {
                mistakes.Add(DeviceSettings.Unknown(entry.Name, key, configuration.Asked.Keys, device.Signals));
            }
        }

        return new ConstructedDevice(entry, device, null, further);

        ConstructedDevice Without(Reason? reason) => new(entry, null, reason, new Dictionary<string, object?>());
    }

    // Stable over runs and platforms, unlike string.GetHashCode.
    private static int SeedFor(int seed, string name) =>
        name.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c)) & int.MaxValue;
}

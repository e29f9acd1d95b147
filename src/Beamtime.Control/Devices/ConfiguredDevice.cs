using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>A device as its server has it: its configuration, its driver and its mailbox.</summary>
internal sealed class ConfiguredDevice : KnownDevice
{
    // The driver's own objects, where limits of the configuration stand in the place of the driver's.
    private readonly IReadOnlyList<Signal>? _driverSignals;
    private int _missingInARow;

    /// <summary>A device that connected.</summary>
    /// <param name="entry">Its configuration.</param>
    /// <param name="device">Its driver, connected.</param>
    /// <param name="limits">Limits of its main signal in the place of the driver's; null for the driver's.</param>
    /// <param name="mailboxCapacity">Commands that may wait.</param>
    /// <param name="deadlines">Ends overdue commands.</param>
    public ConfiguredDevice(
        DeviceEntry entry, IDevice device, (double Low, double High)? limits, int mailboxCapacity, DeadlineWatch deadlines)
        : base(DeviceDescription.Of(entry, device, unusable: null, limits))
    {
        _driverSignals = limits is null ? null : device.Signals;
        (Entry, Device, Limits) = (entry, device, limits);
        Mailbox = new DeviceMailbox(this, mailboxCapacity, deadlines);
    }

    private ConfiguredDevice(ConfiguredDevice before, DeviceEntry entry, (double Low, double High)? limits)
        : base(DeviceDescription.Of(entry, before.Device, unusable: null, limits))
    {
        _driverSignals = limits is null ? null : before.Device.Signals;
        (Entry, Device, Mailbox, Limits) = (entry, before.Device, before.Mailbox, limits);
        if (before.Last is { Length: > 0 } last)
        {
            Remember(last.ToArray(), 0);
        }
    }

    /// <summary>Limits of its main signal in the place of the driver's; null for the driver's.</summary>
    public (double Low, double High)? Limits { get; }

    /// <summary>The same device, connected as it is, under another configuration.</summary>
    /// <param name="entry">The configuration.</param>
    /// <param name="limits">Limits of its main signal; null for those it has.</param>
    public ConfiguredDevice As(DeviceEntry entry, (double Low, double High)? limits) => new(this, entry, limits ?? Limits);

    /// <summary>Its configuration.</summary>
    public DeviceEntry Entry { get; }

    /// <summary>Its driver.</summary>
    public IDevice Device { get; }

    /// <summary>Its mailbox.</summary>
    public DeviceMailbox Mailbox { get; }

    /// <summary>A signal as its driver knows it.</summary>
    /// <param name="signal">One of this device's signals.</param>
    public Signal? DriverSignal(Signal? signal) =>
        _driverSignals is null || signal is null ? signal : _driverSignals.First(s => s.Name == signal.Name);

    /// <inheritdoc/>
    public override void Remember(Reading[] row, int offset)
    {
        base.Remember(row, offset);
        _missingInARow = 0;
    }

    /// <summary>Counts a reading that did not come.</summary>
    /// <returns>How many in a row by now.</returns>
    public int CountMissing() => Interlocked.Increment(ref _missingInARow);
}

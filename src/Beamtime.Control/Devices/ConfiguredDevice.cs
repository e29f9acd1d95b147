using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>A device as its server has it: its configuration, its driver and its mailbox.</summary>
internal sealed class ConfiguredDevice : KnownDevice
{
    private int _missingInARow;

    /// <summary>A device that connected.</summary>
    /// <param name="entry">Its configuration.</param>
    /// <param name="device">Its driver, connected.</param>
    /// <param name="mailboxCapacity">Commands that may wait.</param>
    /// <param name="deadlines">Ends overdue commands.</param>
    public ConfiguredDevice(DeviceEntry entry, IDevice device, int mailboxCapacity, DeadlineWatch deadlines)
        : base(DeviceDescription.Of(entry, device, unusable: null))
    {
        Entry = entry;
        Device = device;
        Mailbox = new DeviceMailbox(this, mailboxCapacity, deadlines);
    }

    /// <summary>Its configuration.</summary>
    public DeviceEntry Entry { get; }

    /// <summary>Its driver.</summary>
    public IDevice Device { get; }

    /// <summary>Its mailbox.</summary>
    public DeviceMailbox Mailbox { get; }

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

namespace Beamtime.Sdk.Devices;

/// <summary>Who may use a device at the same time.</summary>
public enum DeviceOwnership
{
    /// <summary>Claimed by a scan that reads or sets it, and by who sets it, for as long as that lasts.</summary>
    Claimable,

    /// <summary>Never claimed: any number of scans may read it side by side. For what can only be read.</summary>
    Free,

    /// <summary>Claimed by every scan, whether it reads the device or not. For what a scan cannot do without.</summary>
    Pinned,
}

/// <summary>A device that says who may use it at the same time; without it a device is claimable.</summary>
public interface IOwned
{
    /// <summary>Who may use it; fixed.</summary>
    DeviceOwnership Ownership { get; }
}

/// <summary>
/// A device that keeps limits itself, beside those that the program checks. Told when people change them; a fault keeps the
/// old ones.
/// </summary>
public interface ILimited
{
    /// <summary>Takes new limits of a signal.</summary>
    /// <param name="signal">One of the device's settable signals.</param>
    /// <param name="low">Lowest target, in the signal's unit; minus infinity for none.</param>
    /// <param name="high">Highest target, in the signal's unit; infinity for none.</param>
    /// <param name="cancel">Fires at the deadline.</param>
    ValueTask SetLimitsAsync(Signal signal, double low, double high, CancellationToken cancel);
}

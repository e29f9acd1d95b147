using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>A whole configuration that a device server is to have from now on, or the end of such a change.</summary>
/// <param name="Revision">Its number; asked for again, nothing happens.</param>
/// <param name="Entries">All devices, in the order of need.</param>
/// <param name="Retry">Devices that are constructed and connected anew although nothing about them changed.</param>
/// <param name="IsStrict">True when a device that fails takes the whole change back; else it is listed and left out.</param>
/// <param name="IsCancel">True to take back the change that is under way; nothing else counts then.</param>
internal sealed record RosterEdit(
    int Revision, IReadOnlyList<DeviceEntry> Entries, IReadOnlyList<string> Retry, bool IsStrict = false, bool IsCancel = false)
{
    /// <summary>Takes back the change that is under way.</summary>
    public static RosterEdit Cancelling { get; } = new(0, [], [], IsCancel: true);
}

/// <summary>What became of a change.</summary>
/// <param name="Revision">The configuration that the device server has.</param>
/// <param name="Failed">Devices among the changed ones that failed, each with its reason.</param>
internal sealed record RosterEdited(int Revision, IReadOnlyList<FailedDevice> Failed);

/// <summary>A device that failed.</summary>
/// <param name="Device">The device.</param>
/// <param name="Reason">Why.</param>
internal sealed record FailedDevice(string Device, Reason Reason);

/// <summary>How far a change is.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="Device">The device that was done last; empty at the start.</param>
/// <param name="Index">Devices done.</param>
/// <param name="Total">Devices to do.</param>
/// <param name="IsUsable">Whether that device can be used.</param>
/// <param name="IsOver">True when the change is over.</param>
internal sealed record RosterProgress(int Revision, string Device, int Index, int Total, bool IsUsable, bool IsOver);

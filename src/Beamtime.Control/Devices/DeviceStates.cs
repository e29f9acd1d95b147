using System.Text.Json.Serialization;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>What a device server has.</summary>
/// <param name="Server">The device server; another one after each start.</param>
/// <param name="Devices">All configured devices, usable or not, in the order of need.</param>
/// <param name="Revision">The configuration's number; 0 for the file itself.</param>
internal sealed record DeviceRosterState(
    Guid Server,
    IReadOnlyList<DeviceDescription> Devices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Revision = 0)
{
    /// <summary>The state of a roster.</summary>
    /// <param name="server">The device server.</param>
    /// <param name="roster">Its devices.</param>
    public static DeviceRosterState Of(Guid server, DeviceRoster roster)
    {
        var page = roster.Page;
        return new DeviceRosterState(
            server,
            [
                .. page.Usable.Values.Select(d => d.Description),
                .. page.Unusable.Values.Select(u => DeviceDescription.Of(u.Entry, null, u.Reason)),
            ],
            page.Revision);
    }
}

/// <summary>A device server's sign of life.</summary>
/// <param name="Server">The device server.</param>
/// <param name="OwnerEpoch">The highest epoch of an owner that it has seen.</param>
internal sealed record DeviceBeat(Guid Server, long OwnerEpoch);

/// <summary>The last readings of all devices.</summary>
/// <param name="Server">The device server.</param>
/// <param name="Rows">Readings by device, in the order of its signals that are read.</param>
internal sealed record DeviceValues(Guid Server, IReadOnlyDictionary<string, Reading[]> Rows);

/// <summary>A change that a device published on its own.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal.</param>
/// <param name="Reading">Its new reading.</param>
internal sealed record DeviceChange(string Device, string Signal, Reading Reading);

/// <summary>The sign of life of who commands the devices.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Uses">Number of the scan that uses a device, by device.</param>
internal sealed record OwnerBeat(long Epoch, IReadOnlyDictionary<string, int> Uses);

/// <summary>Stops devices past whatever waits for them.</summary>
/// <param name="Devices">Their names; null for all that are not read only.</param>
internal sealed record StopRequest(IReadOnlyCollection<string>? Devices);

/// <summary>Calls a method that changes a device, outside of scans.</summary>
/// <param name="Device">The device.</param>
/// <param name="Method">The method.</param>
/// <param name="Arguments">One value a parameter.</param>
internal sealed record CallRequest(string Device, string Method, Value[] Arguments);

/// <summary>What a method gave.</summary>
/// <param name="Value">The value; missing for nothing.</param>
internal sealed record CallDone(Value Value);

/// <summary>What became of a stop.</summary>
/// <param name="Failed">What failed; the other devices have stopped.</param>
internal sealed record StopDone(IReadOnlyList<Reason> Failed);

/// <summary>Sets a device outside of scans, or says that a stop has released it from its set.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal; null for the main one.</param>
/// <param name="Target">The target in the signal's unit; missing when only the release is told.</param>
internal sealed record SetRequest(string Device, string? Signal, Value Target);

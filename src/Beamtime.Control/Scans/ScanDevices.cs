using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>The devices that take part in one scan, by what the scan does with them.</summary>
internal sealed class ScanDevices
{
    private readonly DeviceBook _roster;

    /// <summary>Sorts the beamline's devices for a plan.</summary>
    /// <param name="plan">What the scan will do.</param>
    /// <param name="declaration">The scan's declaration, for its own signals.</param>
    /// <param name="roster">The devices.</param>
    public ScanDevices(ScanPlan plan, ScanDeclaration declaration, DeviceBook roster)
    {
        _roster = roster;
        var motors = plan.Motors.Select(m => roster[m]).ToList();
        var monitored = roster.Usable
            .Where(d => d.Description.ReadoutPriority == ReadoutPriority.Monitored || plan.Monitored.Contains(d.Name))
            .Except(motors)
            .OrderBy(d => d.Name, StringComparer.Ordinal);
        Motors = motors;
        Monitored = [.. motors, .. monitored];
        Baseline = [.. roster.Usable.Where(d => d.Description.ReadoutPriority == ReadoutPriority.Baseline).Except(Monitored)];
        List<KnownDevice> acquiring =
            [.. Monitored.Union(roster.Usable.Where(d => d.Description.ReadoutPriority == ReadoutPriority.Async))];
        Triggered = [.. acquiring.Where(d => d.Description.SoftwareTrigger && d.CanDo(DeviceAbilities.Triggered))];
        Staged = [.. acquiring.Where(d => d.CanDo(DeviceAbilities.Staged))];
        PreScan = [.. acquiring.Where(d => d.CanDo(DeviceAbilities.PreScan))];
        Completing = [.. acquiring.Where(d => d.CanDo(DeviceAbilities.Completing))];
        var set = plan.Motors.Union(plan.Actuators).Union(plan.Targets.Select(t => Root(t.Device))).ToList();
        Owned =
        [
            .. acquiring.Where(d => d.Description.Ownership != DeviceOwnership.Free)
                .Union(roster.Usable.Where(d => d.Description.Ownership == DeviceOwnership.Pinned))
                .Select(d => d.Name)
                .Union(set),
        ];
        Stopped = [.. set.Union(Staged.Concat(Triggered).Select(d => d.Name))];
        Columns = ColumnsOf(declaration);
    }

    /// <summary>Devices that the scan moves, in the order of its axes.</summary>
    public IReadOnlyList<KnownDevice> Motors { get; }

    /// <summary>Devices read at each point: the motors, then the others by name.</summary>
    public IReadOnlyList<KnownDevice> Monitored { get; }

    /// <summary>Devices read once.</summary>
    public IReadOnlyList<KnownDevice> Baseline { get; }

    /// <summary>Devices triggered at each point.</summary>
    public IReadOnlyList<KnownDevice> Triggered { get; }

    /// <summary>Devices that are staged.</summary>
    public IReadOnlyList<KnownDevice> Staged { get; }

    /// <summary>Devices called before the first point.</summary>
    public IReadOnlyList<KnownDevice> PreScan { get; }

    /// <summary>Devices that complete after the last point.</summary>
    public IReadOnlyList<KnownDevice> Completing { get; }

    /// <summary>Names of the devices that nobody else may use meanwhile.</summary>
    public IReadOnlyCollection<string> Owned { get; }

    /// <summary>Names of the devices that are stopped when the scan ends early.</summary>
    public IReadOnlyCollection<string> Stopped { get; }

    /// <summary>What a point's row is made of.</summary>
    public IReadOnlyList<DeviceColumns> Columns { get; }

    /// <summary>The device part of a dotted name.</summary>
    /// <param name="name"><c>device</c> or <c>device.signal</c>.</param>
    public static string Root(string name) => name.Split('.', 2)[0];

    /// <summary>The signal part of a dotted name; null when there is none.</summary>
    /// <param name="name"><c>device</c> or <c>device.signal</c>.</param>
    public static string? SignalOf(string name) => name.Split('.', 2) is [_, var signal] ? signal : null;

    /// <summary>Where the main signal of a device stands among those read.</summary>
    /// <param name="device">The device's name.</param>
    /// <exception cref="RefusedException">There is no such device, or it has no main signal.</exception>
    public int HintedIndexOf(string device) => _roster.Find(device).OrThrow() is { HintedIndex: >= 0 } found
        ? found.HintedIndex
        : throw new RefusedException(DeviceErrors.Unable.Because($"{device} has no main signal to read."));

    private List<DeviceColumns> ColumnsOf(ScanDeclaration declaration)
    {
        List<DeviceColumns> columns = [];
        var offset = 0;
        foreach (var device in Monitored)
        {
            columns.Add(new DeviceColumns(device.Name, device.ReadSignals, offset));
            offset += device.ReadSignals.Count;
        }

        if (declaration.Signals.Count > 0)
        {
            columns.Add(new DeviceColumns(declaration.Name, declaration.Signals, offset));
        }

        return columns;
    }
}

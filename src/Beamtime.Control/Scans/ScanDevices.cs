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
            .Where(d => PriorityOf(d, plan) == ReadoutPriority.Monitored)
            .Except(motors)
            .OrderBy(d => d.Name, StringComparer.Ordinal);
        Motors = motors;
        Monitored = [.. motors, .. monitored];
        Baseline = [.. roster.Usable.Where(d => PriorityOf(d, plan) == ReadoutPriority.Baseline).Except(Monitored)];
        List<KnownDevice> acquiring =
            [.. Monitored.Union(roster.Usable.Where(d => PriorityOf(d, plan) == ReadoutPriority.Async))];
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
        Stopped = [.. set.Union(Staged.Concat(Triggered)
            .Concat(Monitored.Where(d => d.CanDo(DeviceAbilities.Flying))).Select(d => d.Name))];
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

    /// <summary>A usable device, whether it takes part or not.</summary>
    /// <param name="device">Its name.</param>
    /// <exception cref="RefusedException">There is no such device.</exception>
    public KnownDevice Find(string device) => _roster.Find(device).OrThrow();

    /// <summary>A device that the scan has for itself.</summary>
    /// <param name="device">Its name.</param>
    /// <exception cref="RefusedException">There is no such device, or the scan has not declared it.</exception>
    public KnownDevice Owning(string device)
    {
        RequireOwned([device]);
        return Find(device);
    }

    /// <summary>A flyer whose readings make points.</summary>
    /// <param name="device">Its name.</param>
    /// <exception cref="RefusedException">It cannot fly, or is not read at each point.</exception>
    public KnownDevice Flying(string device) => Find(device) is var found && !found.CanDo(DeviceAbilities.Flying)
        ? throw new RefusedException(DeviceErrors.Unable.Because($"{device} cannot fly."))
        : Monitored.Contains(found)
            ? found
            : throw new RefusedException(ScanErrors.Undeclared.Because($"{device} is not read at each point of this scan."));

    /// <summary>Refuses devices that somebody else might use meanwhile.</summary>
    /// <param name="names">Devices, or <c>device.signal</c>.</param>
    /// <exception cref="RefusedException">All that the scan has not declared.</exception>
    public void RequireOwned(IEnumerable<string> names)
    {
        List<Reason>? foreign = null;
        foreach (var name in names)
        {
            if (!Owned.Contains(Root(name)))
            {
                (foreign ??= []).Add(ScanErrors.Undeclared.Because($"{Root(name)} is not among the devices that the scan's plan names."));
            }
        }

        if (foreign is not null)
        {
            throw new RefusedException(foreign);
        }
    }

    /// <summary>How a signal is read, and where it stands among those read with it.</summary>
    /// <param name="address"><c>device</c> for its main signal, or <c>device.signal</c>.</param>
    /// <exception cref="RefusedException">There is no such device or signal, or it is never read.</exception>
    public (OperationKind Kind, string Device, int Index) PlaceOf(string address)
    {
        var device = Find(Root(address));
        if (device.Find(SignalOf(address)) is not { Kind: not Sdk.Devices.SignalKind.Omitted } signal)
        {
            throw new RefusedException(DeviceErrors.Unable.Because($"{address} cannot be read."));
        }

        var (kind, among) = signal.IsRead
            ? (OperationKind.Read, device.ReadSignals)
            : (OperationKind.ReadConfiguration, device.ConfigurationSignals);
        return (kind, device.Name, among.Index().First(s => s.Item == signal).Index);
    }

    /// <summary>The device and signal of an address whose changes are published.</summary>
    /// <param name="address"><c>device</c> for its main signal, or <c>device.signal</c>.</param>
    /// <exception cref="RefusedException">There is no such device or signal, or the device publishes no changes.</exception>
    public (string Device, string Signal) FollowableOf(string address)
    {
        var device = Find(Root(address));
        return device.CanDo(DeviceAbilities.Publishing) && device.Find(SignalOf(address)) is { } signal
            ? (device.Name, signal.Name)
            : throw new RefusedException(DeviceErrors.Unable.Because($"{address} publishes no changes that could be followed."));
    }

    /// <summary>A method that the scan may call, and its arguments as it takes them.</summary>
    /// <param name="device">The device.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="arguments">Values in the order of its parameters.</param>
    /// <exception cref="RefusedException">There is no such method, it changes a device that the scan has not declared, or arguments do not fit.</exception>
    public (DeviceMethod Method, IReadOnlyList<Value> Arguments) CallOf(string device, string method, IReadOnlyList<Value> arguments)
    {
        var found = Find(device);
        if (found.RefusalsToCall(method).ToArray() is { Length: > 0 } reasons)
        {
            throw new RefusedException(reasons);
        }

        var declared = found.Method(method)!;
        if (declared.IsMutating)
        {
            RequireOwned([device]);
        }

        return (declared, MethodArguments.Of(device, declared, arguments, new Dictionary<string, Value>()).OrThrow());
    }

    /// <summary>A point's row of readings that the scan has itself, without the scan's own signals.</summary>
    /// <param name="readings">Readings by device.</param>
    /// <exception cref="RefusedException">A device or a signal is missing or too much: all of them.</exception>
    public Sdk.Devices.Reading[] RowOf(IReadOnlyDictionary<string, Sdk.Devices.Reading[]> readings)
    {
        List<Reason> reasons =
        [
            .. readings.Keys.Where(name => Monitored.All(d => d.Name != name)).Select(name =>
                ScanErrors.PointIncomplete.Because($"{name} is not read at the points of this scan.")),
            .. Monitored.Where(d => readings.GetValueOrDefault(d.Name)?.Length != d.ReadSignals.Count).Select(d =>
                ScanErrors.PointIncomplete.Because(
                    $"{d.Name} has {d.ReadSignals.Count} signals at each point, {readings.GetValueOrDefault(d.Name)?.Length ?? 0} were given.")),
        ];
        return reasons.Count > 0 ? throw new RefusedException(reasons) : [.. Monitored.SelectMany(d => readings[d.Name])];
    }

    private static ReadoutPriority PriorityOf(KnownDevice device, ScanPlan plan) =>
        plan.Monitored.Contains(device.Name) ? ReadoutPriority.Monitored
        : plan.Baseline.Contains(device.Name) ? ReadoutPriority.Baseline
        : plan.OnRequest.Contains(device.Name) ? ReadoutPriority.OnRequest
        : plan.Asynchronous.Contains(device.Name) ? ReadoutPriority.Async
        : device.Description.ReadoutPriority;

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

using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>The operations of a scan's points: which axes move, and what follows at each point. Knows where the axes stand.</summary>
internal sealed class PointOperations
{
    /// <summary>A point whose readings the scan has itself.</summary>
    public static readonly Operation[] Publication = [new Operation(0, OperationKind.Publish, "")];

    private readonly ScanPlan _plan;
    private readonly ScanDevices _devices;
    private readonly Operation[] _tail;
    private readonly double[] _at;

    /// <summary>The operations of a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="devices">The devices that take part.</param>
    public PointOperations(ScanPlan plan, ScanDevices devices)
    {
        (_plan, _devices) = (plan, devices);
        _at = new double[plan.Motors.Count];
        Trigger = [.. TriggerOf(plan, devices)];
        Readings = [.. devices.Monitored.Select(d => new Operation(4, OperationKind.Read, d.Name))];
        _tail =
        [
            .. plan.SettlingSeconds > 0 ? [new Operation(1, OperationKind.Wait, "", Value: Value.Of(plan.SettlingSeconds))] : (Operation[])[],
            .. Trigger,
            .. Readings,
        ];
        Forget();
    }

    /// <summary>Trigger, at least as long as the exposure, then settle.</summary>
    public Operation[] Trigger { get; }

    /// <summary>Read all monitored devices.</summary>
    public Operation[] Readings { get; }

    /// <summary>Where the axes stand is not known: the next point moves all of them.</summary>
    public void Forget() => Array.Fill(_at, double.NaN);

    /// <summary>Notes where axes are set to beside the points.</summary>
    /// <param name="targets">Device and value.</param>
    public void Note(IReadOnlyList<(string Device, Value Target)> targets)
    {
        foreach (var (device, target) in targets)
        {
            if (_plan.Motors.Index().FirstOrDefault(m => m.Item == device) is { Item: not null } axis)
            {
                _at[axis.Index] = target.AsDouble();
            }
        }
    }

    /// <summary>The operations of a point: only axes that stand elsewhere move.</summary>
    /// <param name="positions">Target of each axis; empty to stay.</param>
    public Operation[] For(ReadOnlySpan<double> positions)
    {
        var moves = 0;
        for (var axis = 0; axis < positions.Length; axis++)
        {
            moves += positions[axis] == _at[axis] ? 0 : 1;
        }

        var operations = new Operation[moves + _tail.Length];
        var next = 0;
        for (var axis = 0; axis < positions.Length; axis++)
        {
            if (positions[axis] != _at[axis])
            {
                _at[axis] = positions[axis];
                operations[next++] = new Operation(
                    0, OperationKind.Set, _devices.Motors[axis].Name, null, Value.Of(positions[axis]));
            }
        }

        _tail.CopyTo(operations, next);
        return operations;
    }

    /// <summary>Readings that the scan gives itself for a point.</summary>
    /// <param name="row">Those of its devices; null where these are read.</param>
    /// <param name="own">Values of its own signals.</param>
    /// <param name="time">The clock.</param>
    public static Reading[] OwnReadings(Reading[]? row, ReadOnlySpan<Value> own, TimeProvider time)
    {
        if (own.Length == 0)
        {
            return row ?? [];
        }

        var now = time.GetUtcNow();
        var first = row?.Length ?? 0;
        var readings = new Reading[first + own.Length];
        row?.CopyTo(readings, 0);
        for (var i = 0; i < own.Length; i++)
        {
            readings[first + i] = new Reading(own[i], now);
        }

        return readings;
    }

    private static IEnumerable<Operation> TriggerOf(ScanPlan plan, ScanDevices devices)
    {
        if (plan.ExposureSeconds > 0)
        {
            yield return new Operation(
                2, OperationKind.Wait, "", Value: Value.Of(plan.ExposureSeconds * plan.FramesPerTrigger));
        }

        foreach (var device in devices.Triggered)
        {
            yield return new Operation(2, OperationKind.Trigger, device.Name);
        }

        if (plan.SettlingAfterTriggerSeconds > 0)
        {
            yield return new Operation(3, OperationKind.Wait, "", Value: Value.Of(plan.SettlingAfterTriggerSeconds));
        }
    }
}

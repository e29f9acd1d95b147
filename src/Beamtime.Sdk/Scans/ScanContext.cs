using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans;

/// <summary>
/// A scan while it runs: what its code may ask for. Every call is a checkpoint for abort; a scan that is held stops at the
/// next point, motion, trigger, reading or <see cref="CheckpointAsync"/>.
/// </summary>
public abstract class ScanContext
{
    /// <summary>The scan's id.</summary>
    public abstract Guid Id { get; }

    /// <summary>What was planned.</summary>
    public abstract ScanPlan Plan { get; }

    /// <summary>Points taken so far.</summary>
    public abstract int PointsTaken { get; }

    /// <summary>The clock.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>True from when somebody asked to hold the scan until it is resumed.</summary>
    public abstract bool IsHeld { get; }

    /// <summary>How often the scan was held at a checkpoint and went on: what moved by itself was not held with it.</summary>
    public abstract int TimesHeld { get; }

    /// <summary>
    /// Takes one point as one instruction: moves the axes that differ from the last point, settles, triggers, waits at
    /// least the exposure, reads.
    /// </summary>
    /// <param name="positions">Target of each of the plan's motors, in each device's unit; empty to stay.</param>
    /// <param name="own">Values of the scan's own signals, in the order of its declaration.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask TakePointAsync(
        ReadOnlyMemory<double> positions, ReadOnlyMemory<Value> own, CancellationToken cancel);

    /// <summary>Sets devices in parallel and waits until all are there.</summary>
    /// <param name="targets">Device and value; a dotted name sets that signal.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask SetAsync(IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel);

    /// <summary>
    /// Sets devices in parallel and goes on at once. What was started and never waited for is a warning at the end of the
    /// scan, which waits for it.
    /// </summary>
    /// <param name="targets">Device and value; a dotted name sets that signal.</param>
    /// <param name="cancel">Fires on abort, which also ends what was started.</param>
    public abstract ValueTask<StartedAction> StartAsync(
        IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel);

    /// <summary>Stops devices where they are; what was started on them ends.</summary>
    /// <param name="devices">Devices that the plan names.</param>
    /// <param name="cancel">Fires on abort.</param>
    /// <exception cref="FaultException">One did not stop.</exception>
    public abstract ValueTask StopAsync(IReadOnlyList<string> devices, CancellationToken cancel);

    /// <summary>Triggers every device that is triggered by software, waits at least the exposure, then settles.</summary>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask TriggerAsync(CancellationToken cancel);

    /// <summary>Reads all monitored devices, without a trigger, as the next point.</summary>
    /// <param name="own">Values of the scan's own signals, in the order of its declaration.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask ReadPointAsync(ReadOnlyMemory<Value> own, CancellationToken cancel);

    /// <summary>Reads a signal now, outside of any point.</summary>
    /// <param name="device">An enabled device for its main signal, or <c>device.signal</c>, settings included.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask<Value> ReadAsync(string device, CancellationToken cancel);

    /// <summary>Reads devices now, outside of any point: each with the signals that points have, in their order.</summary>
    /// <param name="devices">Enabled devices.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask<IReadOnlyDictionary<string, Reading[]>> ReadManuallyAsync(
        IReadOnlyList<string> devices, CancellationToken cancel);

    /// <summary>Publishes readings of the scan's own making as the next point.</summary>
    /// <param name="readings">Readings of every monitored device, in the order of its signals that points have.</param>
    /// <param name="own">Values of the scan's own signals, in the order of its declaration.</param>
    /// <param name="cancel">Fires on abort.</param>
    /// <exception cref="RefusedException">A device or a signal is missing or too much: all of them.</exception>
    public abstract ValueTask PublishPointAsync(
        IReadOnlyDictionary<string, Reading[]> readings, ReadOnlyMemory<Value> own, CancellationToken cancel);

    /// <summary>
    /// Calls a method of a device; what it was called with and what it gave stands in the record of the scan. A method that
    /// changes the device is never called twice: where the device server is lost meanwhile, the call fails as uncertain.
    /// </summary>
    /// <param name="device">A device that the scan's plan names; for a method that only looks any enabled one.</param>
    /// <param name="method">One of its methods.</param>
    /// <param name="arguments">Values in the order of its parameters; those left out have their defaults.</param>
    /// <param name="cancel">Fires on abort.</param>
    /// <returns>What it gives; the missing value for nothing.</returns>
    /// <exception cref="RefusedException">There is no such device or method, or arguments do not fit: every reason.</exception>
    /// <exception cref="FaultException">The device failed, or <c>device.call.uncertain</c>.</exception>
    public abstract ValueTask<Value> CallAsync(
        string device, string method, IReadOnlyList<Value> arguments, CancellationToken cancel);

    /// <summary>Changes that a device publishes on its own; a slow reader misses older ones, never the newest.</summary>
    /// <param name="device">An enabled device for its main signal, or <c>device.signal</c>.</param>
    /// <param name="cancel">Ends the stream.</param>
    /// <exception cref="RefusedException">The device publishes no changes.</exception>
    public abstract IAsyncEnumerable<Reading> FollowAsync(string device, CancellationToken cancel);

    /// <summary>Kicks off flyers, takes a point for each of their indices, and ends when the flight is over.</summary>
    /// <param name="flight">Which flyers, and what they shall do.</param>
    /// <param name="cancel">Fires on abort.</param>
    /// <returns>Points of the flight, gaps included.</returns>
    public abstract ValueTask<int> FlyAsync(Flight flight, CancellationToken cancel);

    /// <summary>
    /// The next thing that somebody asks of this scan by a step; from the first call on it takes steps. Null when it was
    /// closed, or nothing came for so long, which closes it.
    /// </summary>
    /// <param name="idle">How long to wait.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask<ScanStep?> NextStepAsync(TimeSpan idle, CancellationToken cancel);

    /// <summary>Says that a step is carried out, or why it failed.</summary>
    /// <param name="step">The step.</param>
    /// <param name="reasons">Why it failed; empty when it did not.</param>
    public abstract void EndStep(ScanStep step, IReadOnlyList<Reason> reasons);

    /// <summary>Stages devices.</summary>
    /// <param name="device">One device; null for all that take part and can be staged.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask StageAsync(string? device, CancellationToken cancel);

    /// <summary>Calls the devices that want it just before the first point.</summary>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask PreScanAsync(CancellationToken cancel);

    /// <summary>Waits until devices have finished what the scan began.</summary>
    /// <param name="device">One device; null for all that take part and complete.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask CompleteAsync(string? device, CancellationToken cancel);

    /// <summary>Releases devices.</summary>
    /// <param name="device">One device; null for all that are staged.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask UnstageAsync(string? device, CancellationToken cancel);

    /// <summary>Waits while somebody holds the scan.</summary>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask CheckpointAsync(CancellationToken cancel);

    /// <summary>Pauses; a checkpoint before and behind it.</summary>
    /// <param name="pause">How long, ≥ 0.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask WaitAsync(TimeSpan pause, CancellationToken cancel);

    /// <summary>Says what the scan is doing, for people: "flat fields".</summary>
    /// <param name="phase">A few words.</param>
    public abstract void Report(string phase);

    /// <summary>Says from what its progress can be seen; replaces what was said before.</summary>
    /// <param name="report">What to look at.</param>
    public abstract void Report(ScanReport report);

    /// <summary>Keeps a further parameter with the scan and in its file; before it is opened.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="InvalidOperationException">The scan is opened already.</exception>
    public abstract void Note(string name, string value);

    /// <summary>Tells something that did not end the scan; it stands in the scan's record.</summary>
    /// <param name="warning">What.</param>
    public abstract void Warn(Reason warning);
}

/// <summary>Something that a scan has started and goes on beside it.</summary>
/// <param name="what">What, for people: "samx to 5".</param>
/// <param name="task">Ends when it is done.</param>
public sealed class StartedAction(string what, Task task)
{
    /// <summary>What was started, for people.</summary>
    public string What => what;

    /// <summary>True when it has ended, well or not.</summary>
    public bool IsOver => task.IsCompleted;

    /// <summary>True once somebody has waited for it.</summary>
    public bool IsChecked { get; private set; }

    /// <summary>Waits until it is done.</summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="FaultException">It failed, or was stopped.</exception>
    public Task WaitAsync(CancellationToken cancel)
    {
        IsChecked = true;
        return task.WaitAsync(cancel);
    }
}

/// <summary>From what the progress of a scan can be seen.</summary>
public enum ScanReportKind
{
    /// <summary>Points taken of points planned.</summary>
    ScanProgress,

    /// <summary>Readbacks of devices on their way from start to end.</summary>
    Readback,

    /// <summary>The progress that a device tells itself.</summary>
    DeviceProgress,
}

/// <summary>What a client looks at to draw a scan's progress.</summary>
public sealed record ScanReport
{
    /// <summary>From what.</summary>
    public required ScanReportKind Kind { get; init; }

    /// <summary>The devices; empty for the scan's own progress.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Where the devices were, each in its unit; for readbacks.</summary>
    public IReadOnlyList<double> Starts { get; init; } = [];

    /// <summary>Where they go, each in its unit; for readbacks.</summary>
    public IReadOnlyList<double> Ends { get; init; } = [];

    /// <summary>Points planned, 0 when unknown; for the scan's own progress.</summary>
    public int Points { get; init; }
}

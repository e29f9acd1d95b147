using Beamtime.Sdk.Devices;

namespace Beamtime.Sdk.Scans;

/// <summary>
/// The code of one scan. The worker calls the hooks in this order, with a check for pause and abort before each:
/// plan, prepare, stage, pre-scan, core, post-scan, unstage. On an exception it calls <see cref="OnExceptionAsync"/> and
/// then unstages on every path.
/// </summary>
public abstract class Scan
{
    /// <summary>
    /// Says what the scan will do, without touching a device. All positions are checked against limits from this
    /// answer before anything moves.
    /// </summary>
    /// <param name="position">The last known position of an enabled positioner by its name, in its unit.</param>
    /// <exception cref="Errors.RefusedException">The arguments cannot be planned; carries every reason.</exception>
    public abstract ScanPlan Plan(Func<string, double> position);

    /// <summary>Premove and other preparation, before devices are staged. Runs beside the baseline reading.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public virtual Task PrepareAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Takes the points.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract Task CoreAsync(ScanContext scan, CancellationToken cancel);

    /// <summary>After the last point: return to start, close a shutter.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public virtual Task PostScanAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>After an abort or a fault, with the devices stopped: put back what must be put back.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires at the deadline for cleaning up.</param>
    public virtual Task OnExceptionAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;
}

/// <summary>What a scan will do.</summary>
public sealed record ScanPlan
{
    /// <summary>The devices that the scan moves, in the order of its axes; read at each point.</summary>
    public IReadOnlyList<string> Motors { get; init; } = [];

    /// <summary>Further devices that the scan needs read at each point whatever their readout priority.</summary>
    public IReadOnlyList<string> Monitored { get; init; } = [];

    /// <summary>Devices that this scan neither reads nor stages, whatever their readout priority.</summary>
    public IReadOnlyList<string> OnRequest { get; init; } = [];

    /// <summary>Devices that the scan sets but does not read at each point: shutters.</summary>
    public IReadOnlyList<string> Actuators { get; init; } = [];

    /// <summary>All positions, a row a point in the order of <see cref="Motors"/>, in each device's unit; checked against limits.</summary>
    public IReadOnlyList<double[]> Positions { get; init; } = [];

    /// <summary>Further targets outside the trajectory: device and value; checked against limits.</summary>
    public IReadOnlyList<(string Device, double Target)> Targets { get; init; } = [];

    /// <summary>Points planned, 0 when unknown.</summary>
    public int Points { get; init; }

    /// <summary>What planning found worth telling; stands in the log when the scan begins.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Exposure of one frame, s.</summary>
    public double ExposureSeconds { get; init; }

    /// <summary>Frames that one trigger acquires.</summary>
    public int FramesPerTrigger { get; init; } = 1;

    /// <summary>Pause between motion and trigger, s.</summary>
    public double SettlingSeconds { get; init; }

    /// <summary>Pause between trigger and reading, s.</summary>
    public double SettlingAfterTriggerSeconds { get; init; }

    /// <summary>Time that a detector needs to read out a frame, s; told to devices, waited for by nobody.</summary>
    public double ReadoutSeconds { get; init; }
}

/// <summary>A scan while it runs: what its code may ask for. Every call is a checkpoint for abort; pauses are taken between points.</summary>
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

    /// <summary>Reads one device's hinted signal now, outside of any point.</summary>
    /// <param name="device">An enabled device.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract ValueTask<Value> ReadAsync(string device, CancellationToken cancel);

    /// <summary>Says what the scan is doing, for people: "flat fields".</summary>
    /// <param name="phase">A few words.</param>
    public abstract void Report(string phase);
}

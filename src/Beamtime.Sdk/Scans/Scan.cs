namespace Beamtime.Sdk.Scans;

/// <summary>
/// The code of one scan. The worker calls the hooks in this order, with a check for pause and abort before each: plan;
/// prepare and stage together, beside the baseline reading; open; pre-scan; core; complete; post-scan; unstage; close.
/// Whatever a hook throws, the devices are stopped, <see cref="OnExceptionAsync"/> is called, and what is staged is
/// unstaged: a scan need not do that itself. Only what unstage and close throw leaves the scan complete, as a warning.
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

    /// <summary>Makes the devices ready that acquire. Runs beside <see cref="PrepareAsync"/>.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort, and when another preparation fails.</param>
    public virtual Task StageAsync(ScanContext scan, CancellationToken cancel) => scan.StageAsync(null, cancel).AsTask();

    /// <summary>
    /// Just before the scan is announced to those who record it, with the devices staged: the last moment for
    /// <see cref="ScanContext.Note"/>.
    /// </summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public virtual Task OpenAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Calls the devices that want it just before the first point.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public virtual Task PreScanAsync(ScanContext scan, CancellationToken cancel) => scan.PreScanAsync(cancel).AsTask();

    /// <summary>Takes the points.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public abstract Task CoreAsync(ScanContext scan, CancellationToken cancel);

    /// <summary>After the last point: return to start, close a shutter.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires on abort.</param>
    public virtual Task PostScanAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Releases the devices; what is still staged afterwards is released whatever this does.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Never fires.</param>
    public virtual Task UnstageAsync(ScanContext scan, CancellationToken cancel) => scan.UnstageAsync(null, cancel).AsTask();

    /// <summary>The last call of a scan that came to its end, just before its end is announced.</summary>
    /// <param name="scan">The running scan.</param>
    /// <param name="cancel">Fires at the deadline for cleaning up.</param>
    public virtual Task CloseAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;

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

    /// <summary>Devices that this scan reads once, whatever their readout priority; its motors cannot be among them.</summary>
    public IReadOnlyList<string> Baseline { get; init; } = [];

    /// <summary>Devices that this scan neither reads nor stages, whatever their readout priority.</summary>
    public IReadOnlyList<string> OnRequest { get; init; } = [];

    /// <summary>Devices that this scan stages and does not read at each point, whatever their readout priority.</summary>
    public IReadOnlyList<string> Asynchronous { get; init; } = [];

    /// <summary>Devices that the scan sets but does not read at each point: shutters.</summary>
    public IReadOnlyList<string> Actuators { get; init; } = [];

    /// <summary>All positions, a row a point in the order of <see cref="Motors"/>, in each device's unit; checked against limits.</summary>
    public IReadOnlyList<double[]> Positions { get; init; } = [];

    /// <summary>Further targets outside the trajectory: device and value; checked against limits.</summary>
    public IReadOnlyList<(string Device, double Target)> Targets { get; init; } = [];

    /// <summary>Points planned, 0 when unknown.</summary>
    public int Points { get; init; }

    /// <summary>True where only the end tells how many points there are; <see cref="Points"/> is then 0.</summary>
    public bool IsOpenEnded { get; init; }

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

    /// <summary>Points at each position, ≥ 1: a burst triggers and reads as often without moving.</summary>
    public int PointsPerPosition { get; init; } = 1;
}

namespace Beamtime.Sdk.Devices;

/// <summary>
/// One device. What else it can do it says by the further interfaces of this folder, which it may combine freely. The
/// program starts commands to one device in order, each from that device's own loop: a method returns as soon as the
/// effect is started and its task ends when the effect is complete. Methods do not block the thread. A fault is an
/// exception; <see cref="Beamtime.Sdk.Errors.FaultException"/> where a code fits.
/// </summary>
public interface IDevice : IAsyncDisposable
{
    /// <summary>All signals. Fixed once connected; their order is the order of readings.</summary>
    IReadOnlyList<Signal> Signals { get; }

    /// <summary>Connects to the hardware; called once, before anything else.</summary>
    /// <param name="cancel">Fires at the configured connection timeout.</param>
    ValueTask ConnectAsync(CancellationToken cancel);

    /// <summary>Reads the signals of one sort into a row.</summary>
    /// <param name="configuration">False: hinted and normal signals. True: configuration signals.</param>
    /// <param name="row">Exactly as long as there are signals of that sort, in the order of <see cref="Signals"/>.</param>
    /// <param name="cancel">Fires at the command's deadline or when the device is stopped.</param>
    ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel);
}

/// <summary>A device with signals that can be set: a motor moves, a shutter opens, a setting changes.</summary>
public interface ISettable
{
    /// <summary>Sets a signal; the task ends when the value is reached within its tolerance.</summary>
    /// <param name="signal">One of the device's settable signals.</param>
    /// <param name="value">The target in the signal's unit; already checked against its limits.</param>
    /// <param name="cancel">Fires at the deadline or on stop; the device then stops on its own as well.</param>
    ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel);
}

/// <summary>A device with motion or exposure that can be stopped at any time, past all waiting commands.</summary>
public interface IStoppable
{
    /// <summary>Stops now. Called concurrently with everything else; a set under way ends by cancellation.</summary>
    /// <param name="cancel">Fires at the deadline.</param>
    ValueTask StopAsync(CancellationToken cancel);
}

/// <summary>A device that acquires when told.</summary>
public interface ITriggered
{
    /// <summary>Acquires once; the task ends when the data of this trigger can be read.</summary>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask TriggerAsync(CancellationToken cancel);
}

/// <summary>A device that is made ready for a scan and released after it.</summary>
public interface IStaged
{
    /// <summary>Makes ready: arms, creates its file. Returns the files it will write.</summary>
    /// <param name="scan">The scan, with its folder and exposure.</param>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel);

    /// <summary>Releases: disarms, completes and closes its file. Called on every path, also after a fault.</summary>
    /// <param name="cancel">Fires at the deadline.</param>
    ValueTask UnstageAsync(CancellationToken cancel);
}

/// <summary>A device that wants a call just before the first point.</summary>
public interface IPreScan
{
    /// <summary>The last preparation before the first point.</summary>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask PreScanAsync(CancellationToken cancel);
}

/// <summary>A device that must finish what a scan began before the scan can end.</summary>
public interface ICompleting
{
    /// <summary>The task ends when all data of the scan are complete.</summary>
    /// <param name="cancel">Fires at the deadline or on stop.</param>
    ValueTask CompleteAsync(CancellationToken cancel);
}

/// <summary>A device whose signals publish changes on their own.</summary>
public interface IMonitored
{
    /// <summary>Raised with the signal and its new reading, from any thread; handlers return quickly.</summary>
    event Action<Signal, Reading>? Changed;
}

/// <summary>What a device is told of the scan that stages it.</summary>
/// <param name="Scan">The scan's id.</param>
/// <param name="Number">The scan's number at its beamline.</param>
/// <param name="Folder">The folder of the scan's files, absolute; exists.</param>
/// <param name="FilePrefix">How the scan's own files begin: <c>S01234</c>.</param>
/// <param name="ExposureSeconds">Exposure of one frame, s, ≥ 0.</param>
/// <param name="FramesPerTrigger">Frames that one trigger acquires, ≥ 1.</param>
/// <param name="Points">Points planned, 0 when unknown.</param>
/// <param name="Parameters">Further parameters of the scan by name.</param>
public sealed record ScanSetup(
    Guid Scan,
    int Number,
    string Folder,
    string FilePrefix,
    double ExposureSeconds,
    int FramesPerTrigger,
    int Points,
    IReadOnlyDictionary<string, string> Parameters);

/// <summary>A file that a device writes during a scan, linked from the scan's master file.</summary>
/// <param name="FileName">Name within the scan's folder.</param>
/// <param name="Dataset">HDF5 path of the frames in it, first axis frames.</param>
/// <param name="IndexSignal">The device's integer signal that says which frame belongs to a point; null for none.</param>
/// <param name="FrameShape">Rows and columns of one frame, pixels.</param>
/// <param name="ElementType">HDF5 element type: <c>uint16</c>, <c>float32</c>.</param>
public sealed record FrameFile(
    string FileName,
    string Dataset,
    string? IndexSignal,
    IReadOnlyList<int> FrameShape,
    string ElementType)
{
    /// <summary>
    /// Other things in the file that readers look for, by the name under which the master file links them beside <c>data</c>:
    /// their HDF5 paths. One that is not there when the scan is over is not linked; null for none.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Entries { get; init; }
}

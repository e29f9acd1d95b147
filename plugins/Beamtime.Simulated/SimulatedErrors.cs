using Beamtime.Sdk.Errors;

namespace Beamtime.Simulated;

/// <summary>Faults of simulated devices.</summary>
internal static class SimulatedErrors
{
    /// <summary>A signal that cannot be set, or a value that it cannot take.</summary>
    public static readonly ErrorCode NotSettable = new(
        "simulated.signal.not_settable",
        "The signal of a simulated device cannot be set, or not to this value.",
        "Choose one of the device's settable signals and a value of its type.");

    /// <summary>The camera could not write its frame file.</summary>
    public static readonly ErrorCode FrameFileNotWritten = new(
        "simulated.camera.file_not_written",
        "The camera's frame file cannot be created or written: no space, no rights, or a folder that is gone.",
        "Free space or mend the rights of the scan's folder, then start the scan again.",
        RetryClass.Later);

    /// <summary>The camera was triggered without being staged.</summary>
    public static readonly ErrorCode NotStaged = new(
        "simulated.camera.not_staged",
        "The camera was triggered or exposed outside of a scan that staged it.",
        "Trigger the camera in a scan.");

    /// <summary>A file that cannot be replayed.</summary>
    public static readonly ErrorCode ReplayUnfit = new(
        "simulated.replay.unfit",
        "The file that a camera is to replay cannot be opened, or its frames are not of the camera's size.",
        "Name an HDF5 file and a data set of frames with the camera's rows and columns.");

    /// <summary>A flight that cannot be flown.</summary>
    public static readonly ErrorCode FlightUnfit = new(
        "simulated.flyer.unfit",
        "The flyer flies already, is not flying, or was not told where the points of its one or two axes lie.",
        "Wait for the flight's end, and give the positions of every point.");

    /// <summary>A trajectory that is under way.</summary>
    public static readonly ErrorCode Moving = new(
        "simulated.positioner.moving",
        "A positioner that keeps to its trajectory was given another target while it moves.",
        "Wait until it stands, or stop it first.");

    /// <summary>A device that was told to fail did so.</summary>
    public static readonly ErrorCode Faulty = new(
        "simulated.faulty",
        "The device is configured to fail at this operation.",
        "Choose another device, or set its mode to none.");

    /// <summary>A device that was told to lose its connection.</summary>
    public static readonly ErrorCode Disconnected = new(
        "simulated.disconnected",
        "The device is configured to lose its connection, and has lost it.",
        "Set its mode, which connects it again.",
        RetryClass.Later);
}

using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>What can go wrong with data that devices give at their own pace.</summary>
internal static class AsynchronousErrors
{
    /// <summary>Too late.</summary>
    public static readonly ErrorCode Over = new(
        "device.async.over",
        "A device gave asynchronous data after its scan had released it.",
        "Let the driver end what it acquires in its completion, or in unstaging; what comes later is lost.");

    /// <summary>Not what the signal states.</summary>
    public static readonly ErrorCode Unfit = new(
        "device.async.unfit",
        "Asynchronous data do not fit what their signal states, or the signal states what cannot be kept.",
        "Correct the driver: name, element type, shape and kind of update of the signal.");

    /// <summary>The file failed.</summary>
    public static readonly ErrorCode Failed = new(
        "device.async.failed",
        "The file of a device's asynchronous data could not be written; what came before is kept.",
        "See the message for the cause, often a full disk; the data of other devices are not touched.",
        RetryClass.Later);
}

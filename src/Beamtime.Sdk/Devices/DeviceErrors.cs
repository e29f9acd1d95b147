using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Devices;

/// <summary>Faults that any driver may raise in the same words.</summary>
public static class DeviceErrors
{
    /// <summary>A command was under way when the device was stopped.</summary>
    public static readonly ErrorCode Stopped = new(
        "device.stopped",
        "The device was stopped while a command was under way.",
        "Find out who stopped it and why, then send the command again.",
        RetryClass.Later);

    /// <summary>A driver was asked to set something that it cannot set, or to a value that it cannot take.</summary>
    public static readonly ErrorCode NotSettable = new(
        "device.signal.not-settable",
        "The signal cannot be set, or not to this value.",
        "Choose one of the device's settable signals and a value of its type.");
}

using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>What can go wrong with devices and their configuration.</summary>
internal static class DeviceErrors
{
    /// <summary>A device that the caller's roles may not use.</summary>
    public static readonly ErrorCode Forbidden = new(
        "device.forbidden",
        "The caller's roles do not allow the use of the device.",
        "Ask somebody whose role may use it; beamline.yaml says which may.");

    /// <summary>Devices that should be there are not.</summary>
    public static readonly ErrorCode SomeUnusable = new(
        "device.some.unusable",
        "Devices that are enabled cannot be used.",
        "Ask `beamtime device` for the reason of each; mend it, or disable the device.",
        RetryClass.Later);

    /// <summary>No such device.</summary>
    public static readonly ErrorCode Unknown = new(
        "device.unknown",
        "No device of that name is configured.",
        "List the devices with 'beamtime device ls'.");

    /// <summary>The device is disabled or failed to connect.</summary>
    public static readonly ErrorCode Disabled = new(
        "device.disabled",
        "The device is disabled in the configuration, or it did not connect.",
        "See its state with 'beamtime device ls', mend the cause and restart.");

    /// <summary>The device cannot do what was asked.</summary>
    public static readonly ErrorCode Unable = new(
        "device.unable",
        "The device has no such ability or signal.",
        "Show its signals with 'beamtime device get NAME'.");

    /// <summary>Arguments of a method that do not fit.</summary>
    public static readonly ErrorCode ArgumentInvalid = new(
        "device.argument.invalid",
        "The arguments do not fit the parameters of the device's method.",
        "Show the method with 'beamtime device describe NAME'.");

    /// <summary>The device must not be set.</summary>
    public static readonly ErrorCode ReadOnly = new(
        "device.read_only",
        "The device is configured as read only.",
        "Set another device, or change readOnly in the device configuration.");

    /// <summary>A target outside the limits.</summary>
    public static readonly ErrorCode Limit = new(
        "device.limit.exceeded",
        "The target lies outside the device's limits.",
        "Choose a target within the limits.");

    /// <summary>A value of the wrong type.</summary>
    public static readonly ErrorCode ValueInvalid = new(
        "device.value.invalid",
        "The value does not fit the signal.",
        "Give a value of the signal's type; 'beamtime device get NAME' shows it.");

    /// <summary>The device is in use.</summary>
    public static readonly ErrorCode Busy = new(
        "device.busy",
        "A running scan uses the device, or somebody sets it.",
        "Wait until that has ended, or abort the scan or stop the device.",
        RetryClass.Later);

    /// <summary>A lock of the scan queues keeps devices from being moved.</summary>
    public static readonly ErrorCode MovesLocked = new(
        "device.moves.locked",
        "Somebody has locked the scan queues, and wants no device to be moved meanwhile.",
        "Ask the lock's owner, or release the lock: 'beamtime queue status' shows it.",
        RetryClass.Later);

    /// <summary>A command was stopped.</summary>
    public static readonly ErrorCode Stopped = new(
        "device.stopped",
        "The device was stopped while the command waited or ran.",
        "Read where the device is and give the command again.",
        RetryClass.Safe);

    /// <summary>A command did not complete in time.</summary>
    public static readonly ErrorCode Deadline = new(
        "device.deadline",
        "The device did not complete the command in time; it was stopped.",
        "Check the device; raise the deadline in the settings of devices if it is slow by nature.",
        RetryClass.Later);

    /// <summary>The driver failed.</summary>
    public static readonly ErrorCode Fault = new(
        "device.fault",
        "The device's driver reported a fault.",
        "The message is the driver's own; mend the device and try again.",
        RetryClass.Later);

    /// <summary>A newer owner commands the device.</summary>
    public static readonly ErrorCode OwnerStale = new(
        "device.owner.stale",
        "The command comes from an owner that a newer one has replaced.",
        "Nothing needs to be done here: the newer owner goes on.");

    /// <summary>The device server is another one than was asked.</summary>
    public static readonly ErrorCode ServerRestarted = new(
        "device.server.restarted",
        "The device server was started again while it was asked for something, which may or may not have happened.",
        "A scan goes on by itself; for anything else look at the devices and ask again.",
        RetryClass.Later);

    /// <summary>No device server yet.</summary>
    public static readonly ErrorCode ServerUnheard = new(
        "device.server.unheard",
        "No device server of the beamline has told which devices there are.",
        "Start the device server, and see its log if it runs.",
        RetryClass.Later);

    /// <summary>Only an owner commands devices.</summary>
    public static readonly ErrorCode OwnerMissing = new(
        "device.owner.missing",
        "Something that changes a device came from a process that does not own the devices.",
        "Set devices through the scan server, as 'beamtime device set' does.");

    /// <summary>The file of the highest epoch is damaged.</summary>
    public static readonly ErrorCode EpochUnreadable = new(
        "device.epoch.unreadable",
        "The file that keeps the highest epoch of those who command devices is damaged.",
        "Make sure that no other program commands these devices, remove the file and start again.");

    /// <summary>The configuration cannot be used.</summary>
    public static readonly ErrorCode ConfigurationInvalid = new(
        "device.configuration.invalid",
        "The device configuration has an error.",
        "Mend the line named in the message.");

    /// <summary>A device of that name is there already.</summary>
    public static readonly ErrorCode Exists = new(
        "device.exists",
        "A device of that name is configured already.",
        "Choose another name, or change the device with 'beamtime device update'.");

    /// <summary>The configuration would be empty.</summary>
    public static readonly ErrorCode ConfigurationEmpty = new(
        "device.configuration.empty",
        "No device would be left.",
        "If that is meant, use 'beamtime config devices reset --yes'.");

    /// <summary>Another change is under way.</summary>
    public static readonly ErrorCode ConfigurationBusy = new(
        "device.configuration.busy",
        "Another change of the device configuration is under way.",
        "Wait until it is over, or take it back with 'beamtime config devices cancel'.",
        RetryClass.Later);

    /// <summary>No such configuration.</summary>
    public static readonly ErrorCode RevisionUnknown = new(
        "device.revision.unknown",
        "No device configuration of that number was kept.",
        "List them with 'beamtime config devices history'.");

    /// <summary>A device is being changed.</summary>
    public static readonly ErrorCode Changing = new(
        "device.changing",
        "The device's configuration is being changed, so that it cannot be used just now.",
        "Wait until the change is over; 'beamtime config devices' shows how far it is.",
        RetryClass.Later);

    /// <summary>A change of the configuration was cancelled.</summary>
    public static readonly ErrorCode ChangeCancelled = new(
        "device.change.cancelled",
        "A change of the device configuration was cancelled while it was under way.",
        "Nothing needs to be done: the devices are as they were before the change.");

    /// <summary>A device did not come back after a change was taken back.</summary>
    public static readonly ErrorCode NotTakenBack = new(
        "device.change.lost",
        "A change of the device configuration failed, and a device could not be brought back to where it was.",
        "See the device's own reason, mend it, and connect it anew with 'beamtime device retry'.",
        RetryClass.Later);

    /// <summary>Nobody knows whether a method was called.</summary>
    public static readonly ErrorCode CallUncertain = new(
        "device.call.uncertain",
        "The device server was lost while a method that changes a device was called; it may or may not have been carried out.",
        "Look at the device, put it as it should be, and ask for the scan again.");

    /// <summary>A scan asks for readout priorities that exclude each other.</summary>
    public static readonly ErrorCode PriorityConflict = new(
        "device.priority.conflict",
        "A device that makes its own stream cannot be read at points or once per scan as well.",
        "Name the device for one of them only, or change its readoutPriority.");

    /// <summary>A device did not connect.</summary>
    public static readonly ErrorCode ConnectFailed = new(
        "device.connect.failed",
        "The device could not be constructed or connected; it is disabled.",
        "Mend the device or its deviceConfig and restart; the others go on.",
        RetryClass.Later);
}

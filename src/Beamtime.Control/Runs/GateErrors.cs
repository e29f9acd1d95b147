using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Runs;

/// <summary>Why the gate does not admit a plan.</summary>
internal static class GateErrors
{
    /// <summary>An enclosure is open.</summary>
    public static readonly ErrorCode EnclosureNotPermitted = new(
        "gate.enclosure.not_permitted",
        "An enclosure that the plan needs is not searched and secured.",
        "Search and secure the enclosure; nothing overrides its permit.",
        RetryClass.Later);

    /// <summary>An enclosure is in doubt.</summary>
    public static readonly ErrorCode EnclosureUnknown = new(
        "gate.enclosure.unknown",
        "Nobody knows whether an enclosure that the plan needs is secured.",
        "See with 'beamtime gate' why its permit cannot be read, and mend that.",
        RetryClass.Later);

    /// <summary>A shutter is closed.</summary>
    public static readonly ErrorCode ShutterClosed = new(
        "gate.beam.shutter_closed",
        "A shutter that the plan needs open and does not drive itself is closed.",
        "Open it with 'beamtime procedure run open_shutters'.",
        RetryClass.Later);

    /// <summary>A permit is missing.</summary>
    public static readonly ErrorCode PermitMissing = new(
        "gate.beam.permit_missing",
        "The ring or a protection system does not permit beam.",
        "Wait for the ring, or see at the front end what holds the permit back.",
        RetryClass.Later);

    /// <summary>The beam is in doubt.</summary>
    public static readonly ErrorCode BeamUnknown = new(
        "gate.beam.unknown",
        "Nobody knows how a shutter or a permit of the beam stands.",
        "See with 'beamtime gate' why it cannot be read, and mend that.",
        RetryClass.Later);

    /// <summary>A device is out.</summary>
    public static readonly ErrorCode DeviceUnusable = new(
        "gate.device.unusable",
        "A device that the plan needs cannot be used.",
        "See its state with 'beamtime device ls', mend the cause and restart.");

    /// <summary>No such plan.</summary>
    public static readonly ErrorCode PlanUnknown = new(
        "gate.plan.unknown",
        "The site describes no plan of that name.",
        "Name a plan of the site's beamline.yaml.");
}

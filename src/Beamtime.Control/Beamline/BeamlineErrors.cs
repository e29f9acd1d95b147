using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Beamline;

/// <summary>What can be wrong with a beamline's description.</summary>
internal static class BeamlineErrors
{
    /// <summary>The file has a mistake.</summary>
    public static readonly ErrorCode ConfigurationInvalid = new(
        "beamline.configuration.invalid",
        "The beamline's description has an error.",
        "Mend the line of beamline.yaml that the message names.");

    /// <summary>A state that cannot be.</summary>
    public static readonly ErrorCode StateInvalid = new(
        "beamline.state.invalid",
        "The definition of a beamline state has an error.",
        "Name a signal of a device with limits that leave room, or a permit of beamline.yaml.");

    /// <summary>No such state.</summary>
    public static readonly ErrorCode StateUnknown = new(
        "beamline.state.unknown",
        "No beamline state has that name.",
        "List the states with 'beamtime beamline states'.");

    /// <summary>A state of the site's file.</summary>
    public static readonly ErrorCode StateOfFile = new(
        "beamline.state.of_file",
        "The beamline state is defined by the site's file and changed there.",
        "Mend beamline.yaml and start the scan server anew, or define a state of another name.");

    /// <summary>The interlock locks the queues.</summary>
    public static readonly ErrorCode Interlocked = new(
        "beamline.interlock.tripped",
        "A beamline state is not as the interlock demands; no scan begins until it is.",
        "Bring back the states that the message names; 'beamtime beamline states' shows what each of them sees.");
}

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
}

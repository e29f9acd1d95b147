using Beamtime.Sdk.Errors;

namespace Beamtime.Tomography;

/// <summary>Refusals and faults of tomography scans.</summary>
internal static class TomographyErrors
{
    /// <summary>Parameters that contradict each other or name no choice.</summary>
    public static readonly ErrorCode Parameters = new(
        "tomography.parameters.invalid",
        "The scan's parameters contradict each other, or one is none of its choices.",
        "Correct the parameters that the message names.");

    /// <summary>The shutter moved while frames were taken.</summary>
    public static readonly ErrorCode ShutterMoved = new(
        "tomography.shutter.moved",
        "The shutter opened or closed while frames were taken; the last ones are not what they seem.",
        "See with 'beamtime gate' which permit went, then start the scan again.",
        RetryClass.Later);

    /// <summary>The shutter did not do what was asked.</summary>
    public static readonly ErrorCode ShutterRefused = new(
        "tomography.shutter.refused",
        "The shutter did not open or close when asked; the safety system refuses without saying why.",
        "Check that the hutches are searched and secured and that the permits are given, then start the scan again.",
        RetryClass.Later);
}

using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>The parameters that every scan which acquires has in common.</summary>
internal static class AcquisitionParameters
{
    /// <summary>Their declarations.</summary>
    public static readonly IReadOnlyList<ScanParameter> All =
    [
        new()
        {
            Name = "exposure", Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 86400,
            Description = "Exposure of one frame.",
        },
        new()
        {
            Name = "frames_per_trigger", Type = ParameterType.Integer, Default = "1", Low = 1, High = 1_000_000,
            Description = "Frames that one trigger acquires.",
        },
        new()
        {
            Name = "settling", Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 3600,
            Description = "Pause between motion and trigger.",
        },
        new()
        {
            Name = ScanDeclaration.OnCrash, Type = ParameterType.Text, Default = "",
            Description = "When the program dies: interrupt ends the scan, resume lets it go on; empty for the beamline's usual.",
        },
    ];

    /// <summary>The plan with these parameters filled in.</summary>
    /// <param name="arguments">The scan's arguments.</param>
    /// <param name="plan">The plan without them.</param>
    public static ScanPlan Applied(ScanArguments arguments, ScanPlan plan) => plan with
    {
        ExposureSeconds = arguments.Number("exposure"),
        FramesPerTrigger = arguments.Integer("frames_per_trigger"),
        SettlingSeconds = arguments.Number("settling"),
    };
}

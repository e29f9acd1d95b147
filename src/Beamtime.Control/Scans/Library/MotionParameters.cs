using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>The scans that take points while something moves, and the parameters that they have in common.</summary>
internal static class MotionParameters
{
    /// <summary>A motor with its ends.</summary>
    public static readonly IReadOnlyList<ScanParameter> Line = AxisParameters.StartStop;

    /// <summary>Whether positions count from where the motor is.</summary>
    public static readonly ScanParameter Relative = new()
    {
        Name = "relative", Type = ParameterType.Flag, Default = "false",
        Description = "Positions are relative to where the motor is; it returns there afterwards.",
    };

    /// <summary>Exposure of what is taken in passing: nothing settles.</summary>
    public static readonly IReadOnlyList<ScanParameter> Acquisition =
    [
        new()
        {
            Name = "exposure", Aliases = ["exp_time"], Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 86400,
            Description = "Exposure of one frame.",
        },
        new()
        {
            Name = "frames_per_trigger", Type = ParameterType.Integer, Default = "1", Low = 1, High = 1_000_000,
            Description = "Frames that one trigger acquires.",
        },
    ];

    /// <summary>The scans.</summary>
    public static readonly IReadOnlyList<ScanDeclaration> Scans =
    [
        ContinuousLineScan.Declaration,
        SweepScan.LineSweep,
        SweepScan.Monitor,
        SweepScan.Continuous,
        RoundFlyScan.Declaration,
        TriggeredFlyScan.Declaration,
        InteractiveScan.Declaration,
    ];

    /// <summary>The plan with exposure and frames filled in.</summary>
    /// <param name="arguments">The scan's arguments.</param>
    /// <param name="plan">The plan without them.</param>
    public static ScanPlan Applied(ScanArguments arguments, ScanPlan plan) => plan with
    {
        ExposureSeconds = arguments.Number("exposure"),
        FramesPerTrigger = arguments.Integer("frames_per_trigger"),
    };
}

namespace Beamtime.Sdk.Scans;

/// <summary>The parameters that every scan which acquires has in common.</summary>
public static class AcquisitionParameters
{
    private const string Heading = "Acquisition";

    /// <summary>Their declarations.</summary>
    public static IReadOnlyList<ScanParameter> All { get; } =
    [
        new()
        {
            Name = "exposure", Aliases = ["exp_time"], Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 86400,
            Example = "0.1", Group = Heading, Description = "Exposure of one frame.",
        },
        new()
        {
            Name = "frames_per_trigger", Type = ParameterType.Integer, Default = "1", Low = 1, High = 1_000_000, Group = Heading,
            Description = "Frames that one trigger acquires.",
        },
        new()
        {
            Name = "settling", Aliases = ["settling_time"], Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 3600,
            Group = Heading, Description = "Pause between motion and trigger.",
        },
        new()
        {
            Name = "settling_after_trigger", Aliases = ["settling_time_after_trigger"], Type = ParameterType.Number, Unit = "s",
            Default = "0", Low = 0, High = 3600, Group = Heading, Description = "Pause between trigger and reading.",
        },
        new()
        {
            Name = "readout", Aliases = ["readout_time"], Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 3600,
            Group = Heading, Description = "What detectors need after an exposure; told to their drivers.",
        },
        new()
        {
            Name = "burst", Aliases = ["burst_at_each_point"], Type = ParameterType.Integer, Default = "1", Low = 1, High = 1_000_000,
            Group = Heading, Description = "Readings at each position; each is a point of its own.",
        },
        new()
        {
            Name = ScanDeclaration.OnCrash, Type = ParameterType.Text, Default = "", Choices = ["", "interrupt", "resume"],
            Group = Heading, IsExpert = true,
            Description = "When the program dies: interrupt ends the scan, resume lets it go on; empty for the beamline's usual.",
        },
    ];

    /// <summary>Readings at each position.</summary>
    /// <param name="arguments">The scan's arguments.</param>
    public static int Burst(ScanArguments arguments) => arguments.Integer("burst");

    /// <summary>The plan with these parameters filled in.</summary>
    /// <param name="arguments">The scan's arguments.</param>
    /// <param name="plan">The plan without them.</param>
    public static ScanPlan Applied(ScanArguments arguments, ScanPlan plan) => plan with
    {
        ExposureSeconds = arguments.Number("exposure"),
        FramesPerTrigger = arguments.Integer("frames_per_trigger"),
        SettlingSeconds = arguments.Number("settling"),
        SettlingAfterTriggerSeconds = arguments.Number("settling_after_trigger"),
        ReadoutSeconds = arguments.Number("readout"),
    };
}

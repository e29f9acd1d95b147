using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Steps;

/// <summary>What can go wrong with steps.</summary>
internal static class StepErrors
{
    /// <summary>The scan takes none.</summary>
    public static readonly ErrorCode None = new(
        "scan.step.none",
        "The scan takes no steps: it is no interactive one, or does not take points yet.",
        "Ask for one with 'beamtime scan interactive MOTOR ...', and wait until it runs.",
        RetryClass.Later);

    /// <summary>A motor of another scan.</summary>
    public static readonly ErrorCode ForeignMotor = new(
        "scan.step.motor.foreign",
        "A step moves a device that the scan did not name when it began; its file has no place for it.",
        "Begin a further interactive scan that names it.");

    /// <summary>A step of nothing.</summary>
    public static readonly ErrorCode Empty = new(
        "scan.step.empty",
        "A step asks for nothing.",
        "Give targets, a trigger, a number of readings, or close.");

    /// <summary>Too many wait.</summary>
    public static readonly ErrorCode Full = new(
        "scan.step.full",
        "As many steps wait as may.",
        "Wait until some are carried out.",
        RetryClass.Later);

    /// <summary>The scan is being closed.</summary>
    public static readonly ErrorCode Closed = new(
        "scan.step.closed",
        "The scan takes no more steps.",
        "Begin a further interactive scan.");
}

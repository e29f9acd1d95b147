using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Telemetry;

/// <summary>What can be wrong with a thing that the program depends on, when nothing else names it.</summary>
internal static class TelemetryErrors
{
    /// <summary>A look took too long.</summary>
    public static readonly ErrorCode CheckLate = new(
        "health.check.late",
        "A thing that the program depends on did not answer within telemetry.health_deadline.",
        "Look at the load of the machine and at what the check names; raise the deadline if it is slow by nature.",
        RetryClass.Later);

    /// <summary>A look failed.</summary>
    public static readonly ErrorCode CheckFailed = new(
        "health.check.failed",
        "A thing that the program depends on could not be looked at.",
        "The detail says what happened; mend that, or report it.",
        RetryClass.Later);

    /// <summary>No such sink.</summary>
    public static readonly ErrorCode SinkUnknown = new(
        "log.sink.unknown",
        "This process has no sink of the log of that name.",
        "List them with 'beamtime logs sinks'; the file is there where telemetry.log_folder names its folder.");

    /// <summary>A level that cannot be set.</summary>
    public static readonly ErrorCode LevelInvalid = new(
        "log.level.invalid",
        "A level of the log cannot be set so.",
        "Give a positive number of minutes, a category of up to 200 characters, and no category to go back to the settings.");

    /// <summary>A loop failed.</summary>
    public static readonly ErrorCode LoopFailed = new(
        "health.loop.failed",
        "A loop of a role ended with an error; the program stops.",
        "Read the log for the error, report it, and start the program again.",
        RetryClass.Later);

    /// <summary>A loop is silent.</summary>
    public static readonly ErrorCode LoopSilent = new(
        "health.loop.silent",
        "A loop of a role has not come round for longer than telemetry.loop_silence.",
        "It waits for a disk, a device or the database, or it hangs: look at the log and at the other checks.",
        RetryClass.Later);
}

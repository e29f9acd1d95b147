using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>What can go wrong with compute processes.</summary>
internal static class ComputeErrors
{
    public static readonly ErrorCode NotStarted = new(
        "compute.process.not_started",
        "A compute process could not be started.",
        "Check compute.program and that the program may be executed.",
        RetryClass.Later);

    public static readonly ErrorCode Died = new(
        "compute.process.died",
        "A compute process ended without a result: it was killed, ran out of memory or met a defect.",
        "Read what it printed last; give the machine more memory, or report it with the input.",
        RetryClass.Later);

    public static readonly ErrorCode Defect = new(
        "compute.process.defect",
        "A compute process met something it does not expect.",
        "Report it with the input and what it printed.");
}

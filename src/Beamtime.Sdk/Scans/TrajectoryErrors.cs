using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans;

/// <summary>What can be wrong with the positions of a scan.</summary>
internal static class TrajectoryErrors
{
    /// <summary>More points than can be laid out.</summary>
    public static readonly ErrorCode Many = new(
        "scan.points.many",
        "The arguments give more points than can be laid out.",
        "Take larger steps or a smaller region, or split the scan.");

    /// <summary>Positions that do not fit together.</summary>
    public static readonly ErrorCode Invalid = new(
        "scan.positions.invalid",
        "The arguments do not describe positions.",
        "Change the arguments as the message says.");
}

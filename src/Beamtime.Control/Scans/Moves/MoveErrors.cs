using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Moves;

/// <summary>What can go wrong with moves.</summary>
internal static class MoveErrors
{
    /// <summary>No such move.</summary>
    public static readonly ErrorCode Unknown = new(
        "move.unknown",
        "No move has that id; the scan server keeps the last ones of its life.",
        "Look where the devices are with 'beamtime device get'.");

    /// <summary>A move of nothing.</summary>
    public static readonly ErrorCode Empty = new(
        "move.empty",
        "A move names no device, or its line is no list of devices and targets.",
        "Give devices and targets by turns: 'beamtime mv samx 3 samy 4'.");
}

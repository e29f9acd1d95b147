using System.Diagnostics;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans;

/// <summary>What a queue's entries say on the timeline.</summary>
internal static class ScanQueueWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(ScanQueueEntry entry) => entry switch
    {
        QueuePaused => new EntryWords("paused: nothing more begins"),
        QueueResumed => new EntryWords("goes on"),
        QueueLocked locked => new EntryWords($"locked as {locked.Owner}: {locked.Reason}")
        {
            Details = [new EntryDetail("moves", locked.AllowsMoves ? "allowed" : "not allowed")],
        },
        QueueReleased released => new EntryWords($"lock {released.Owner} released"),
        QueueCleared cleared => new EntryWords($"cleared of {EntryWords.Count(cleared.Scans, "scan")}"),
        QueueReordered moved => new EntryWords(
            $"{EntryWords.ScanNumber(moved.Number)} moved from place {moved.From} to {moved.To}"),
        _ => throw new UnreachableException(),
    };
}

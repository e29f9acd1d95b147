using System.Diagnostics;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans;

/// <summary>What a scan's entries say on the timeline.</summary>
internal static class ScanWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(ScanEntry entry) => entry switch
    {
        ScanAdmitted admitted => new EntryWords(
            $"accepted: {string.Join(' ', [admitted.Request.Scan, .. admitted.Request.Args])}")
        {
            Details =
            [
                new EntryDetail("beamline", admitted.Beamline),
                new EntryDetail("queue", admitted.Queue),
                .. admitted.Request.Parameters.Select(parameter => new EntryDetail(parameter.Key, parameter.Value)),
                .. admitted.Request.Metadata.Select(metadata => new EntryDetail(metadata.Key, metadata.Value)),
            ],
        },
        ScanStarted started => new EntryWords($"began, {EntryWords.Count(started.PlannedPoints, "point")} planned")
        {
            Details = [new EntryDetail("folder", started.Folder), new EntryDetail("files", $"{started.FilePrefix}_*")],
        },
        ScanPaused paused => new EntryWords($"held after {EntryWords.Count(paused.Points, "point")}"),
        ScanCalled called => new EntryWords(
            $"called {called.Device}.{called.Method}({string.Join(", ", called.Arguments)})"
            + (called.Result is { } result ? $" → {result}" : called.Reason is { } reason ? $": {reason.Message}" : ""))
        {
            IsTrouble = called.Reason is not null,
            Details = [new EntryDetail("points taken", EntryWords.Number(called.Point))],
        },
        ScanResumed => new EntryWords("goes on"),
        ScanEnded { State: ScanState.Completed } ended => new EntryWords($"completed, {EntryWords.Count(ended.Points, "point")}"),
        ScanEnded ended => new EntryWords(
            $"{ended.State.ToString().ToLowerInvariant()} after {EntryWords.Count(ended.Points, "point")}"
            + (ended.Reasons is [var first, ..] ? $": {first.Message}" : ""))
        {
            IsTrouble = ended.State != ScanState.Cancelled,
            Details = [.. ended.Reasons.Select(reason => new EntryDetail(reason.Code, reason.Message))],
        },
        _ => throw new UnreachableException(),
    };
}

using Beamtime.Core.Ledger;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>What a recording's entry says on the timeline.</summary>
internal static class RecordingWords
{
    /// <summary>What it says.</summary>
    /// <param name="closed">The entry.</param>
    public static EntryWords Of(RecordingClosed closed) => new(
        $"files closed: {EntryWords.Count(closed.Files.Count, "file")}, {EntryWords.Size(closed.Files.Sum(file => file.Bytes))}"
        + (closed.End == ScanEnd.Completed ? "" : $", the scan was {closed.End.ToString().ToLowerInvariant()}"))
    {
        Details =
        [
            new EntryDetail("points", EntryWords.Number(closed.Points)),
            new EntryDetail("folder", closed.Folder),
            .. closed.Files.Select(file => new EntryDetail(file.Name, EntryWords.Number(file.Bytes), "bytes")),
            .. closed.Sections.Select(section => new EntryDetail("section", section)),
        ],
    };
}

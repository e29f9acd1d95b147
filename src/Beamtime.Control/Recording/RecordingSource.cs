using System.Text.Json;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>One live file and how many of its rows count.</summary>
/// <param name="File">The open file.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Rows">Whole rows that are not measured again in a later segment.</param>
internal sealed record LiveSegment(H5File File, string Path, long Rows);

/// <summary>Everything that a final file is made from. Owns the open live files.</summary>
internal sealed class RecordingSource : IDisposable
{
    private RecordingSource(
        RecordingFolder folder, ScanOpened scan, RecordingEnd end, IReadOnlyList<LiveSegment> segments)
    {
        (Folder, Scan, End, Segments) = (folder, scan, end, segments);
        Rows = segments.Sum(s => s.Rows);
    }

    /// <summary>Where the files lie.</summary>
    public RecordingFolder Folder { get; }

    /// <summary>What was known at the scan's start.</summary>
    public ScanOpened Scan { get; }

    /// <summary>How it ended.</summary>
    public RecordingEnd End { get; }

    /// <summary>The live files; empty when the scan died before its first.</summary>
    public IReadOnlyList<LiveSegment> Segments { get; }

    /// <summary>What the states of the beamline were, in the order of their changes.</summary>
    public IReadOnlyList<BeamlineStateChange> ReadStates()
    {
        List<BeamlineStateChange> states = [];
        foreach (var segment in Segments.Where(s => s.File.Exists(LiveLayout.States)))
        {
            using var set = segment.File.OpenDataset(LiveLayout.States);
            var text = new byte[LiveFile.StateBytes];
            for (long row = 0; row < set.RowCount; row++)
            {
                set.ReadTextRows(row, text);
                if (JsonSerializer.Deserialize(text.AsSpan().TrimEnd((byte)0), RecordingJson.Default.BeamlineStateChange) is { } change
                    && !states.Contains(change))
                {
                    states.Add(change);
                }
            }
        }

        return states;
    }

    /// <summary>True when the live files say how the scan ended.</summary>
    public bool HasEnd { get; private init; }

    /// <summary>Points.</summary>
    public long Rows { get; }

    /// <summary>A recording of one segment, as the file writer hands it over at the end.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="live">The flushed live file; taken over.</param>
    public static RecordingSource Of(RecordingFolder folder, ScanOpened scan, RecordingEnd end, LiveFile live) =>
        new(folder, scan, end, [new LiveSegment(live.File, live.Path, live.Rows)]);

    /// <summary>Opens what a dead or faulted writer left.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="fallback">What is known of the scan when no live file can be read.</param>
    /// <param name="told">How the scan ended, where that is known; null to read it from the files.</param>
    /// <exception cref="IOException">A file exists but the system does not let it be read.</exception>
    public static RecordingSource Open(RecordingFolder folder, ScanOpened fallback, RecordingEnd? told)
    {
        var files = new List<H5File>();
        try
        {
            foreach (var path in folder.FindLive())
            {
                if (TryOpen(path) is { } file)
                {
                    files.Add(file);
                }
                else
                {
                    RecordingFolder.PutAside(path);
                }
            }

            var segments = CountRows(files);
            var scan = files.Count == 0 ? fallback : Read(files[0]);
            var written = files.Count == 0 ? null : ReadEnd(files[^1]);
            var end = told ?? written ?? Interrupted(scan, segments);
            var unreadable = folder.FindUnreadable()
                .Select(path => RecordingErrors.LiveUnreadable.Because($"{Path.GetFileName(path)} was put aside"));
            return new RecordingSource(folder, scan, end with { Reasons = [.. end.Reasons, .. unreadable] }, segments)
            {
                HasEnd = written is not null,
            };
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    /// <summary>The same with other reasons for its end; the open files stay the first one's to close.</summary>
    /// <param name="reasons">The reasons.</param>
    public RecordingSource WithReasons(IReadOnlyList<Reason> reasons) =>
        new(Folder, Scan, End with { Reasons = reasons }, Segments);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var segment in Segments)
        {
            segment.File.Dispose();
        }
    }

    // A file whose writer died before its first flush has no points; anything else that fails is not ours to judge.
    private static H5File? TryOpen(string path)
    {
        using (File.OpenRead(path))
        {
        }

        try
        {
            var file = H5File.Open(path, H5FileAccess.SwmrRead);
            try
            {
                _ = LiveLayout.ReadText(file, LiveLayout.Scan);
                return file;
            }
            catch (Hdf5Exception)
            {
                file.Dispose();
                return null;
            }
        }
        catch (Hdf5Exception)
        {
            return null;
        }
    }

    private static ScanOpened Read(H5File file) =>
        JsonSerializer.Deserialize(LiveLayout.ReadText(file, LiveLayout.Scan), RecordingJson.Default.ScanOpened)
        ?? throw new JsonException($"{file.FileName} does not describe its scan.");

    private static RecordingEnd? ReadEnd(H5File file)
    {
        using var state = file.OpenDataset(LiveLayout.End);
        return state.ReadScalar<int>() != LiveLayout.Running && LiveLayout.ReadText(file, LiveLayout.EndText) is { Length: > 0 } text
            ? JsonSerializer.Deserialize(text, RecordingJson.Default.RecordingEnd)
            : null;
    }

    private static RecordingEnd Interrupted(ScanOpened scan, List<LiveSegment> segments)
    {
        var at = scan.StartedAt;
        if (segments is [.., { Rows: > 0 } last])
        {
            using var timestamps = last.File.OpenDataset(LiveLayout.Timestamps);
            var seconds = new double[1];
            timestamps.ReadSlice([last.Rows - 1], [1], seconds.AsSpan());
            if (double.IsFinite(seconds[0]))
            {
                at = DateTimeOffset.UnixEpoch.AddSeconds(seconds[0]);
            }
        }

        var points = segments.Sum(s => s.Rows);
        return new RecordingEnd(
            ScanEnd.Interrupted, points, at, [RecordingErrors.Interrupted.Because($"the scan died after {points} points")]);
    }

    // A point that a later segment has is the later one's. After a kill a column may be shorter than the ids.
    private static List<LiveSegment> CountRows(List<H5File> files)
    {
        var segments = new List<LiveSegment>();
        long? next = null;
        for (var i = files.Count - 1; i >= 0; i--)
        {
            using var ids = files[i].OpenDataset(LiveLayout.Ids);
            var rows = ids.RowCount;
            foreach (var device in files[i].OpenGroup(LiveLayout.Devices).ReadChildren())
            {
                foreach (var signal in files[i].OpenGroup($"{LiveLayout.Devices}/{device.Name}").ReadChildren()
                    .Where(signal => signal.Link == H5LinkKind.Hard))
                {
                    foreach (var part in (string[])["value", "timestamp"])
                    {
                        using var column = files[i].OpenDataset($"{LiveLayout.Devices}/{device.Name}/{signal.Name}/{part}");
                        rows = Math.Min(rows, column.RowCount);
                    }
                }
            }

            if (rows > 0)
            {
                var first = new long[1];
                ids.ReadSlice([0], [1], first.AsSpan());
                rows = next is { } later ? Math.Clamp(later - first[0], 0, rows) : rows;
                next = Math.Min(first[0], next ?? long.MaxValue);
            }

            segments.Insert(0, new LiveSegment(files[i], files[i].FileName, rows));
        }

        return segments;
    }
}

using System.Globalization;
using Beamtime.Control.Recording.Retrieval;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>The points of scans, running or over, as their files have them.</summary>
internal sealed class RecordedPoints(ScanStore scans, RecordingTopics topics, ScanOptions options)
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    /// <summary>The record of a scan.</summary>
    /// <param name="scan">Its number or id.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">There is none.</exception>
    public async Task<ScanRecord> FindAsync(string scan, CancellationToken cancel) =>
        (await scans.FindAsync(options.Beamline, scan, cancel))?.State
        ?? throw new RefusedException(ScanErrors.Unknown.Because($"There is no scan '{scan}'."));

    /// <summary>Some points of a scan.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="from">The first point's id.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="longest">Signals with more values a point are listed and not read.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">It has no file.</exception>
    /// <exception cref="FaultException">Its file cannot be read, or the file writer does not answer.</exception>
    public async Task<PointPage> ReadAsync(ScanRecord scan, long from, int limit, long longest, CancellationToken cancel)
    {
        if (scan.Folder is not { } folder)
        {
            throw new RefusedException(RecordingErrors.NotRecorded.Because(
                string.Create(CultureInfo.InvariantCulture, $"S{scan.Number:D5} has no file yet.")));
        }

        try
        {
            return await topics.Points.AskAsync(
                new PointQuestion(folder, scan.FilePrefix!, scan.FileSuffix, from, limit, longest), AnswerDeadline, cancel);
        }
        catch (FaultException fault) when (fault.Reason.Code == TopicErrors.RoleUnreachable.Code)
        {
            throw TopicErrors.RoleUnreachable.Fault("The file writer, which has the files of scans, does not answer.", fault);
        }
    }

    /// <summary>Writes all points of a scan as a table, those that come meanwhile included.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="first">Its first page.</param>
    /// <param name="hasComments">Whether lines come first that say what the table is.</param>
    /// <param name="output">Takes the table.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task ExportAsync(ScanRecord scan, PointPage first, bool hasComments, Stream output, CancellationToken cancel)
    {
        var table = new PointTable(output);
        await table.BeginAsync(hasComments ? [.. FactsOf(scan)] : [], first.Columns, cancel);
        for (var page = first; page.Points is [.., var last];)
        {
            await table.AddAsync(page.Points, cancel);
            if (last.Id + 1 >= page.Total)
            {
                return;
            }

            page = await ReadAsync(scan, last.Id + 1, PointPages.Most, PointTable.LongestRow, cancel);
        }
    }

    private static IEnumerable<string> FactsOf(ScanRecord scan) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"scan: S{scan.Number:D5} {string.Join(' ', [scan.Request.Scan, .. scan.Request.Args])}"),
        $"beamline: {scan.Beamline}",
        .. scan.StartedAt is { } started ? [string.Create(CultureInfo.InvariantCulture, $"started: {started.UtcDateTime:O}")] : (string[])[],
        $"state: {scan.State.ToString().ToLowerInvariant()}",
        "timestamp: when the point was complete, s since 1970-01-01T00:00:00Z",
        .. scan.Request.Parameters.Select(p => $"parameter {p.Key}: {p.Value}"),
        .. scan.Request.Metadata.Select(m => $"metadata {m.Key}: {m.Value}"),
    ];
}

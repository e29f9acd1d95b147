using Beamtime.Control.Scans;
using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Recording;

/// <summary>Recorded scans over REST.</summary>
internal static class RecordingApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of the history.</summary>
        public IEndpointRouteBuilder MapRecordings()
        {
            routes.MapGet("/scan-history", ListAsync).RequirePermission("scans.read")
                .WithSummary("Recorded scans, newest first, by name, end, account, device, text and time")
                .Produces<HistoryPage>();
            routes.MapGet("/scan-history/{scan}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One recorded scan with the shape, type and unit of everything in its file")
                .Produces<HistoryItem>();
            routes.MapGet("/scan-points/{scan}", PointsAsync).RequirePermission("scans.read")
                .WithSummary("Points of a scan, running or over, as its file has them: up to 1000 from an id on")
                .Produces<PointPage>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(
        HistoryStore store,
        ScanOptions options,
        CancellationToken cancel,
        string? name = null,
        ScanEnd? end = null,
        string? account = null,
        string? device = null,
        string? text = null,
        DateTimeOffset? after = null,
        DateTimeOffset? before = null,
        int offset = 0,
        int limit = 50) => TypedResults.Ok(await store.ListAsync(
            options.Beamline,
            new HistoryQuery
            {
                Name = name,
                End = end,
                Account = account,
                Device = device,
                Text = text,
                After = after,
                Before = before,
                Offset = offset,
                Limit = limit,
            },
            cancel));

    private static async Task<IResult> PointsAsync(
        string scan, ScanStore scans, ScanOptions options, CancellationToken cancel, long from = 0, int limit = 100)
    {
        if (await scans.FindAsync(options.Beamline, scan, cancel) is not { State: { } record })
        {
            throw new RefusedException(ScanErrors.Unknown.Because($"There is no scan '{scan}'."));
        }

        try
        {
            return record.Folder is { } folder
                && PointPages.Read(
                    new RecordingFolder(folder, record.FilePrefix!, record.FileSuffix),
                    Math.Max(0, from),
                    Math.Clamp(limit, 1, PointPages.Most)) is { } page
                ? TypedResults.Ok(page)
                : throw new RefusedException(RecordingErrors.NotRecorded.Because($"Scan '{scan}' has no file yet, or none any more."));
        }
        catch (IOException error)
        {
            throw new FaultException(RecordingErrors.Explain(error, RecordingErrors.LiveUnreadable, scan), error);
        }
    }

    private static async Task<IResult> ShowAsync(
        string scan, HistoryStore store, ScanOptions options, CancellationToken cancel) =>
        await store.FindAsync(options.Beamline, scan, cancel) is { } found
            ? TypedResults.Ok(found)
            : throw new RefusedException(RecordingErrors.NotRecorded.Because($"There is no recorded scan '{scan}'."));
}

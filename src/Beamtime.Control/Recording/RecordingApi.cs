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
                .WithSummary("Recorded scans, newest first, by name, end, account, group, dataset, device, text and time")
                .Produces<HistoryPage>();
            routes.MapGet("/scan-history/{scan}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One recorded scan with the shape, type and unit of everything in its file")
                .Produces<HistoryItem>();
            routes.MapGet("/scan-points/{scan}", PointsAsync).RequirePermission("scans.read")
                .WithSummary("Points of a scan, running or over, as its file has them: up to 1000 from an id on")
                .Produces<PointPage>();
            routes.MapGet("/scan-points/{scan}/csv", ExportAsync).RequirePermission("scans.read")
                .WithSummary("The points of a scan, running or over, as a table of comma-separated values, streamed")
                .Produces<string>(contentType: "text/csv");
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
        string? group = null,
        int? dataset = null,
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
                Group = group,
                Dataset = dataset,
                Device = device,
                Text = text,
                After = after,
                Before = before,
                Offset = offset,
                Limit = limit,
            },
            cancel));

    private static async Task<IResult> PointsAsync(
        string scan, RecordedPoints points, CancellationToken cancel, long from = 0, int limit = 100) =>
        TypedResults.Ok(await points.ReadAsync(
            await points.FindAsync(scan, cancel), Math.Max(0, from), Math.Clamp(limit, 1, PointPages.Most), long.MaxValue, cancel));

    // Refusals come before the first byte; what fails later breaks the answer off, which readers see by its length.
    private static async Task<IResult> ExportAsync(
        string scan, RecordedPoints points, CancellationToken cancel, bool comments = true)
    {
        var record = await points.FindAsync(scan, cancel);
        var first = await points.ReadAsync(record, 0, PointPages.Most, PointTable.LongestRow, cancel);
        return TypedResults.Stream(
            output => points.ExportAsync(record, first, comments, output, cancel), "text/csv; charset=utf-8", $"S{record.Number:D5}.csv");
    }

    private static async Task<IResult> ShowAsync(
        string scan, HistoryStore store, ScanOptions options, CancellationToken cancel) =>
        await store.FindAsync(options.Beamline, scan, cancel) is { } found
            ? TypedResults.Ok(found)
            : throw new RefusedException(RecordingErrors.NotRecorded.Because($"There is no recorded scan '{scan}'."));
}

using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans;

/// <summary>Scans over REST.</summary>
internal static class ScanApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of scans and of their queue.</summary>
        public IEndpointRouteBuilder MapScans()
        {
            routes.MapGet("/scan-types", ListTypes).RequirePermission("scans.read")
                .WithSummary("The scans that can be asked for, with their parameters")
                .Produces<ScanCatalogueEntry[]>();
            routes.MapGet("/scan-types/{name}", ShowType).RequirePermission("scans.read")
                .WithSummary("One scan that can be asked for, with the JSON Schema of its requests")
                .Produces<ScanCatalogueEntry>();
            routes.MapPost("/scans", SubmitAsync).RequirePermission("scans.submit").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Asks for a scan; accepted into the queue or refused with every reason")
                .Produces<ScanAnswer>(StatusCodes.Status202Accepted);
            routes.MapGet("/scans", ListAsync).RequirePermission("scans.read")
                .WithSummary("Scans of the beamline, newest first")
                .Produces<ScanPage>();
            routes.MapGet("/scans/{scan}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One scan by number or id")
                .Produces<ScanAnswer>();
            routes.MapPost("/scans/{scan}/repeat", RepeatAsync).RequirePermission("scans.submit").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Asks for a scan once or several times more, with its arguments and metadata")
                .Produces<ScanRepeatAnswer>(StatusCodes.Status202Accepted);
            routes.MapPost("/scans/{scan}/abort", AbortAsync).RequirePermission("scans.abort")
                .WithSummary("Ends a scan early, or takes it out of the queue")
                .Produces<ScanAnswer>(StatusCodes.Status202Accepted);
            routes.MapPost("/scans/{scan}/pause", PauseAsync).RequirePermission("scans.pause")
                .WithSummary("Holds the running scan before its next point")
                .Produces<ScanAnswer>();
            routes.MapPost("/scans/{scan}/resume", ResumeAsync).RequirePermission("scans.pause")
                .WithSummary("Lets a held scan go on")
                .Produces<ScanAnswer>();
            routes.MapGet("/queue", QueueAsync).RequirePermission("scans.read")
                .WithSummary("Scans that wait or run, in the order in which they run")
                .Produces<ScanPage>();
            return routes;
        }
    }

    private static IResult ListTypes(ScanCatalogue catalogue) =>
        TypedResults.Ok(catalogue.All.Select(ScanCatalogueEntry.Of).ToArray());

    private static IResult ShowType(string name, ScanCatalogue catalogue)
    {
        var scan = catalogue.Look(name).OrThrow();
        return TypedResults.Ok(ScanCatalogueEntry.Of(scan) with { Schema = ScanSchema.Of(scan) });
    }

    private static async Task<IResult> SubmitAsync(
        ScanRequest request, Caller caller, RequestKey? key, ScanDesk desk, CancellationToken cancel)
    {
        var answer = await desk.SubmitAsync(request, caller.Who, key?.Id, cancel);
        return TypedResults.Accepted($"/api/v2/scans/{answer.Number}", answer);
    }

    private static async Task<IResult> ListAsync(
        ScanStore store,
        ScanDesk desk,
        ScanOptions options,
        CancellationToken cancel,
        string? name = null,
        ScanState? state = null,
        int offset = 0,
        int limit = 100)
    {
        var page = await store.ListAsync(
            new RecordQuery
            {
                Beamline = options.Beamline,
                Name = name,
                Status = state?.ToString(),
                Offset = Math.Max(0, offset),
                Limit = Math.Clamp(limit, 1, 1000),
            },
            cancel);
        var status = await desk.StatusAsync(cancel);
        return TypedResults.Ok(new ScanPage([.. page.Items.Select(s => ScanAnswer.Of(s, status))], page.Total));
    }

    private static async Task<IResult> ShowAsync(
        string scan,
        ScanStore store,
        ScanDesk desk,
        ScanRecorder recorder,
        ScanOptions options,
        CancellationToken cancel) =>
        await store.FindAsync(options.Beamline, scan, cancel) is { } found
            ? TypedResults.Ok(ScanAnswer.Of(found, await desk.StatusAsync(cancel)) with
            {
                IsRecorded = await recorder.IsRecordedAsync(Guid.Parse(found.Id), cancel),
            })
            : throw new RefusedException(ScanErrors.Unknown.Because($"There is no scan '{scan}'."));

    private static async Task<IResult> AbortAsync(
        string scan, ScanAbortRequest? request, Caller caller, ScanDesk desk, CancellationToken cancel) =>
        TypedResults.Accepted(
            $"/api/v2/scans/{scan}",
            await desk.ChangeAsync(ScanCommandKind.Abort, scan, caller.Who, request?.Reason ?? "", cancel));

    private static async Task<IResult> RepeatAsync(
        string scan, ScanRepeatRequest? request, Caller caller, RequestKey? key, ScanRepetition repetition, CancellationToken cancel)
    {
        var answer = await repetition.RepeatAsync(scan, request ?? new ScanRepeatRequest(), caller.Who, key?.Id, cancel);
        return TypedResults.Accepted($"/api/v2/scans/{answer.Scans[0].Number}", answer);
    }

    private static async Task<IResult> PauseAsync(string scan, Caller caller, ScanDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ChangeAsync(ScanCommandKind.Pause, scan, caller.Who, "", cancel));

    private static async Task<IResult> ResumeAsync(string scan, Caller caller, ScanDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ChangeAsync(ScanCommandKind.Resume, scan, caller.Who, "", cancel));

    private static async Task<IResult> QueueAsync(
        ScanStore store, ScanDesk desk, ScanOptions options, CancellationToken cancel)
    {
        var scans = await store.QueuedAsync(options.Beamline, ScanQueue.Primary, 1000, cancel);
        var total = await store.CountQueuedAsync(options.Beamline, ScanQueue.Primary, cancel);
        var status = await desk.StatusAsync(cancel);
        return TypedResults.Ok(new ScanPage([.. scans.Select(s => ScanAnswer.Of(s, status))], total));
    }
}

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
            Change("abort", "scans.abort", "Ends a scan early and puts back what it moved, or takes it out of the queue", ScanCommandKind.Abort);
            Change("halt", "scans.abort", "Ends a scan early where it stands: nothing is put back", ScanCommandKind.Halt);
            Change("complete", "scans.abort", "Ends a scan early as complete: what it has measured is enough", ScanCommandKind.Complete);
            Change("pause", "scans.pause", "Holds the running scan before its next point", ScanCommandKind.Pause);
            Change("resume", "scans.pause", "Lets a held scan go on", ScanCommandKind.Resume);
            routes.MapPost("/scans/{scan}/restart", RestartAsync).RequirePermission("scans.submit").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Runs a scan once more: one that runs is ended and its copy goes right behind it")
                .Produces<ScanAnswer>(StatusCodes.Status202Accepted);
            routes.MapPost("/scans/{scan}/move", MoveAsync).RequirePermission("queues.change")
                .WithSummary("Puts a scan that waits elsewhere in the order of its queue")
                .Produces<ScanAnswer>();
            return routes.MapQueues();

            void Change(string verb, string permission, string summary, ScanCommandKind kind) =>
                routes.MapPost(
                    $"/scans/{{scan}}/{verb}",
                    async (string scan, ScanAbortRequest? request, Caller caller, ScanDesk desk, CancellationToken cancel) =>
                        Answer(kind, scan, await desk.ChangeAsync(kind, scan, caller.Who, request?.Reason ?? "", cancel)))
                    .RequirePermission(permission)
                    .WithSummary(summary)
                    .Produces<ScanAnswer>(IsEnd(kind) ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
        }
    }

    private static IResult ListTypes(ScanCatalogue catalogue) =>
        TypedResults.Ok(catalogue.All.Select(scan => ScanCatalogueEntry.Of(scan, catalogue.OriginOf(scan.Name))).ToArray());

    private static IResult ShowType(string name, ScanCatalogue catalogue)
    {
        var scan = catalogue.Look(name).OrThrow();
        return TypedResults.Ok(ScanCatalogueEntry.Of(scan, catalogue.OriginOf(scan.Name)) with { Schema = ScanSchema.Of(scan) });
    }

    private static async Task<IResult> SubmitAsync(
        ScanRequest request, Caller caller, RequestKey? key, ScanDesk desk, CancellationToken cancel)
    {
        var answer = await desk.SubmitAsync(request, caller, key?.Id, cancel);
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

    // An end takes as long as putting things back does.
    private static bool IsEnd(ScanCommandKind kind) =>
        kind is ScanCommandKind.Abort or ScanCommandKind.Halt or ScanCommandKind.Complete;

    private static async Task<IResult> RepeatAsync(
        string scan, ScanRepeatRequest? request, Caller caller, RequestKey? key, ScanRepetition repetition, CancellationToken cancel)
    {
        var answer = await repetition.RepeatAsync(scan, request ?? new ScanRepeatRequest(), caller, key?.Id, cancel);
        return TypedResults.Accepted($"/api/v2/scans/{answer.Scans[0].Number}", answer);
    }

    private static IResult Answer(ScanCommandKind kind, string scan, ScanAnswer answer) =>
        IsEnd(kind) ? TypedResults.Accepted($"/api/v2/scans/{scan}", answer) : TypedResults.Ok(answer);

    private static async Task<IResult> RestartAsync(
        string scan, ScanAbortRequest? request, Caller caller, RequestKey? key, ScanDesk desk, CancellationToken cancel)
    {
        var answer = await desk.AskAsync(
            new ScanCommand
            {
                Kind = ScanCommandKind.Restart, Who = caller.Who.Value, Scan = scan, Reason = request?.Reason ?? "", Key = key?.Id,
                MayOverride = caller.Permissions.Include(Batons.BatonApi.OverridePermission), Roles = ScanDesk.RolesOf(caller),
            },
            cancel);
        return TypedResults.Accepted($"/api/v2/scans/{answer.Number}", answer);
    }

    private static async Task<IResult> MoveAsync(
        string scan, ScanMoveRequest request, Caller caller, ScanDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.AskAsync(
            new ScanCommand
            {
                Kind = ScanCommandKind.Move, Who = caller.Who.Value, Scan = scan, Reason = request.Reason,
                Move = new QueueMove(request.Direction, request.Place),
            },
            cancel));
}

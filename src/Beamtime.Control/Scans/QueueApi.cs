using Beamtime.Core.Access;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans;

/// <summary>Scan queues over REST.</summary>
internal static class QueueApi
{
    private const int ScansShown = 100;

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of scan queues.</summary>
        public IEndpointRouteBuilder MapQueues()
        {
            routes.MapGet("/queue", QueueAsync).RequirePermission("scans.read")
                .WithSummary("Scans that wait or run in a queue, in the order in which they run")
                .Produces<ScanPage>();
            routes.MapGet("/queues", ListAsync).RequirePermission("scans.read")
                .WithSummary("The scan queues with their locks and what runs or waits in them")
                .Produces<QueueAnswer[]>();
            routes.MapGet("/queues/{queue}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One scan queue with its locks and what runs or waits in it")
                .Produces<QueueAnswer>();
            Change("pause", "scans.pause", "Lets nothing more begin and holds what runs before its next point", QueueCommandKind.Pause);
            Change("resume", "scans.pause", "Lets a paused queue go on, and what it holds", QueueCommandKind.Resume);
            Change("clear", "queues.change", "Takes everything out of a queue: what waits is cancelled, what runs aborted", QueueCommandKind.Clear);
            routes.MapPost("/queues/{queue}/locks", LockAsync).RequirePermission("queues.change")
                .WithSummary("Locks a queue, or all: no scan begins until the lock is released")
                .Produces<QueueAnswer>();
            routes.MapDelete("/queues/{queue}/locks/{owner}", ReleaseAsync).RequirePermission("queues.change")
                .WithSummary("Releases a lock of a queue")
                .Produces<QueueAnswer>();
            return routes;

            void Change(string verb, string permission, string summary, QueueCommandKind kind) =>
                routes.MapPost(
                    $"/queues/{{queue}}/{verb}",
                    async (string queue, ScanAbortRequest? request, Caller caller, QueueView view, CancellationToken cancel) =>
                        TypedResults.Ok(await view.ChangeAsync(
                            new QueueCommand { Kind = kind, Who = caller.Who.Value, Queue = queue, Reason = request?.Reason ?? "" }, cancel)))
                    .RequirePermission(permission)
                    .WithSummary(summary)
                    .Produces<QueueAnswer>();
        }
    }

    private static async Task<IResult> QueueAsync(
        ScanStore store, ScanDesk desk, ScanOptions options, CancellationToken cancel, string queue = ScanQueue.Primary)
    {
        var scans = await store.QueuedAsync(options.Beamline, queue, 1000, cancel);
        var total = await store.CountQueuedAsync(options.Beamline, queue, cancel);
        var status = await desk.StatusAsync(cancel);
        return TypedResults.Ok(new ScanPage([.. scans.Select(s => ScanAnswer.Of(s, status))], total));
    }

    private static async Task<IResult> ListAsync(QueueView view, CancellationToken cancel) =>
        TypedResults.Ok(await view.ListAsync(ScansShown, cancel));

    private static async Task<IResult> ShowAsync(string queue, QueueView view, CancellationToken cancel)
    {
        var all = await view.ListAsync(ScansShown, cancel);
        return all.FirstOrDefault(q => q.Name == queue) is { } found
            ? TypedResults.Ok(found)
            : throw new RefusedException(ScanErrors.QueueUnknown.Because(
                $"There is no queue '{queue}'{NearestName.Question(queue, all.Select(q => q.Name))}"));
    }

    private static async Task<IResult> LockAsync(
        string queue, QueueLockRequest request, Caller caller, QueueView view, CancellationToken cancel) =>
        TypedResults.Ok(await view.ChangeAsync(
            new QueueCommand
            {
                Kind = QueueCommandKind.Lock, Who = caller.Who.Value, Queue = queue,
                Owner = request.Owner, Reason = request.Reason, AllowsMoves = request.AllowsMoves,
            },
            cancel));

    private static async Task<IResult> ReleaseAsync(
        string queue, string owner, Caller caller, QueueView view, CancellationToken cancel, string reason = "") =>
        TypedResults.Ok(await view.ChangeAsync(
            new QueueCommand
            {
                Kind = QueueCommandKind.Release, Who = caller.Who.Value, Queue = queue, Owner = owner, Reason = reason,
            },
            cancel));
}

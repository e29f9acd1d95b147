using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Jobs;

/// <summary>The REST routes of work queues, work pools, weights and workers.</summary>
internal static class WorkQueueApi
{
    private const string Read = "jobs.read";
    private const string Change = "jobs.change";

    /// <summary>Adds the routes of work queues, work pools and the projects' weights.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapWorkQueues(this IEndpointRouteBuilder routes)
    {
        var queues = routes.MapGroup("/work-queues").WithTags("work queues").RequirePermission(Read);
        queues.MapGet("", (WorkQueueStore store, string? pool, CancellationToken cancel) => store.ListQueuesAsync(null, pool, cancel))
            .WithName("ListWorkQueues").WithSummary("The work queues with what waits and runs in them");
        queues.MapGet("/{name}", ShowQueueAsync).WithName("ShowWorkQueue").WithSummary("One work queue").Produces<WorkQueueRecord>();
        queues.MapPost("/{name}", SetQueueAsync).RequirePermission(Change).WithName("SetWorkQueue")
            .WithSummary("Makes a work queue or changes one: pool, priority, concurrency limit, pause").Produces<WorkQueueRecord>();
        var pools = routes.MapGroup("/work-pools").WithTags("work pools").RequirePermission(Read);
        pools.MapGet("", (WorkQueueStore store, CancellationToken cancel) => store.ListPoolsAsync(null, cancel))
            .WithName("ListWorkPools").WithSummary("The work pools with what waits and runs in them");
        pools.MapGet("/{name}", ShowPoolAsync).WithName("ShowWorkPool").WithSummary("One work pool").Produces<WorkPoolRecord>();
        pools.MapPost("/{name}", SetPoolAsync).RequirePermission(Change).WithName("SetWorkPool")
            .WithSummary("Makes a work pool or changes one: concurrency limit, pause").Produces<WorkPoolRecord>();
        var shares = routes.MapGroup("/work-shares").WithTags("work queues").RequirePermission(Read);
        shares.MapGet("", (WorkQueueStore store, CancellationToken cancel) => store.ListSharesAsync(cancel))
            .WithName("ListWorkShares").WithSummary("The projects whose weight was set; any other has weight 1");
        shares.MapPost("", SetShareAsync).RequirePermission(Change).WithName("SetWorkShare")
            .WithSummary("Sets a project's weight where several wait in one queue").Produces<ProjectShare>();
        return routes;
    }

    /// <summary>Adds the routes of workers.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapWorkers(this IEndpointRouteBuilder routes)
    {
        var workers = routes.MapGroup("/workers").WithTags("workers").RequirePermission("workers.read");
        workers.MapGet("", (WorkerRegister register, CancellationToken cancel) => register.ListAsync(null, cancel))
            .WithName("ListWorkers").WithSummary("The workers of all programs");
        workers.MapPost("/{worker}/drain", DrainAsync).RequirePermission("workers.change").WithName("DrainWorker")
            .WithSummary("Has a worker claim nothing more and finish what it runs").Produces<WorkerRecord>();
        workers.MapPost("/{worker}/resume", ResumeAsync).RequirePermission("workers.change").WithName("ResumeWorker")
            .WithSummary("Has a draining worker claim again").Produces<WorkerRecord>();
        return routes;
    }

    private static async Task<IResult> ShowQueueAsync(string name, WorkQueueStore store, CancellationToken cancel) =>
        Results.Ok(await store.ListQueuesAsync(name, null, cancel) is [var queue]
            ? queue
            : throw new RefusedException(JobErrors.QueueUnknown.Because($"there is no work queue '{name}'")));

    private static async Task<IResult> SetQueueAsync(
        string name, WorkQueueChange change, WorkQueueStore store, CancellationToken cancel) =>
        (await store.SetQueueAsync(name, change, cancel)).Answer(Results.Ok);

    private static async Task<IResult> ShowPoolAsync(string name, WorkQueueStore store, CancellationToken cancel) =>
        Results.Ok(await store.ListPoolsAsync(name, cancel) is [var pool]
            ? pool
            : throw new RefusedException(JobErrors.QueueUnknown.Because($"there is no work pool '{name}'")));

    private static async Task<IResult> SetPoolAsync(
        string name, WorkPoolChange change, WorkQueueStore store, CancellationToken cancel) =>
        (await store.SetPoolAsync(name, change, cancel)).Answer(Results.Ok);

    private static async Task<IResult> SetShareAsync(ProjectShare share, WorkQueueStore store, CancellationToken cancel) =>
        (await store.SetShareAsync(share, cancel)).Answer(Results.Ok);

    private static async Task<IResult> DrainAsync(string worker, WorkerRegister register, CancellationToken cancel) =>
        (await register.DrainAsync(worker, cancel)).Answer(Results.Ok);

    private static async Task<IResult> ResumeAsync(string worker, WorkerRegister register, CancellationToken cancel) =>
        (await register.ResumeAsync(worker, cancel)).Answer(Results.Ok);
}

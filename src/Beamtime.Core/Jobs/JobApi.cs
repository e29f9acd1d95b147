using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Core.Jobs.Schedules;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Jobs;

/// <summary>The REST routes of jobs: what waits, runs, has ended and died.</summary>
internal static class JobApi
{
    private const string Read = "jobs.read";
    private const string Change = "jobs.change";

    /// <summary>Adds the routes of jobs, workers, work queues, work pools and schedules.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/jobs").WithTags("jobs").RequirePermission(Read);
        jobs.MapGet("", ListAsync).WithName("ListJobs").WithSummary("The jobs, newest first").Produces<JobPageView>();
        jobs.MapGet("/{id:guid}", ShowAsync).WithName("ShowJob").WithSummary("One job with its arguments").Produces<JobView>();
        jobs.MapPost("/{id:guid}/cancel", CancelAsync).RequirePermission(Change).WithName("CancelJob")
            .WithSummary("Withdraws a job; the handler of one that runs is asked to end").Produces<JobView>();
        jobs.MapPost("/{id:guid}/retry", RetryAsync).RequirePermission(Change).WithName("RetryJob")
            .WithSummary("Brings a dead job back").Produces<JobView>();
        jobs.MapPost("/{id:guid}/discard", DiscardAsync).RequirePermission(Change).WithName("DiscardJob")
            .WithSummary("Gives a dead job up for good, for a reason").Produces<JobView>();
        jobs.MapPost("/retry", RetryManyAsync).RequirePermission(Change).WithName("RetryJobs")
            .WithSummary("Brings back the dead jobs of a filter, oldest first").Produces<JobsChangeView>();
        jobs.MapPost("/discard", DiscardManyAsync).RequirePermission(Change).WithName("DiscardJobs")
            .WithSummary("Gives up the dead jobs of a filter for good, for a reason").Produces<JobsChangeView>();
        return routes.MapWorkQueues().MapWorkers().MapSchedules();
    }

    private static async Task<IResult> ListAsync(
        JobStore store, int? offset, int? limit, string? queue, string? kind, JobState? state, string? project, Guid? correlation,
        CancellationToken cancel)
    {
        var (from, most) = (offset ?? 0, limit ?? 100);
        if (from < 0 || most is < 1 or > JobStore.LongestPage)
        {
            throw new RefusedException(JobErrors.PageInvalid.Because($"offset {from}, limit {most}"));
        }

        var filter = new JobFilter { Queue = queue, Kind = kind, State = state, Project = project, Correlation = correlation };
        var page = await store.ListAsync(filter, from, most, cancel);
        return Results.Ok(new JobPageView([.. page.Jobs.Select(JobView.Of)], page.Total, from, most));
    }

    private static async Task<IResult> ShowAsync(Guid id, JobStore store, CancellationToken cancel)
    {
        var job = await FindAsync(new JobId(id), store, cancel);
        using var arguments = JsonDocument.Parse(job.Arguments);
        return Results.Ok(JobView.Of(job) with { Arguments = arguments.RootElement.Clone() });
    }

    private static async Task<IResult> CancelAsync(
        Guid id, JobChangeRequest request, JobStore store, Caller caller, CancellationToken cancel) =>
        await AnswerAsync(await store.CancelAsync(new JobId(id), Word(caller, request.Why), cancel), store, cancel);

    private static async Task<IResult> RetryAsync(
        Guid id, JobChangeRequest request, JobStore store, Caller caller, CancellationToken cancel) =>
        await AnswerAsync(await store.RetryAsync(new JobId(id), Word(caller, request.Why), cancel), store, cancel);

    private static async Task<IResult> DiscardAsync(
        Guid id, JobChangeRequest request, JobStore store, Caller caller, CancellationToken cancel) =>
        await AnswerAsync(await store.DiscardAsync(new JobId(id), Word(caller, request.Why), cancel), store, cancel);

    private static async Task<IResult> RetryManyAsync(
        JobsChangeRequest request, JobStore store, Caller caller, CancellationToken cancel) => Results.Ok(JobsChangeView.Of(
            await store.RetryAsync(request.Filter(), Limit(request), Word(caller, request.Why), cancel)));

    private static async Task<IResult> DiscardManyAsync(
        JobsChangeRequest request, JobStore store, Caller caller, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(request.Why))
        {
            throw new RefusedException(JobErrors.WhyMissing.Because("no reason is given for discarding jobs"));
        }

        return Results.Ok(JobsChangeView.Of(
            await store.DiscardAsync(request.Filter(), Limit(request), Word(caller, request.Why), cancel)));
    }

    private static async Task<IResult> AnswerAsync(Outcome<JobId> outcome, JobStore store, CancellationToken cancel) =>
        Results.Ok(JobView.Of(await FindAsync(outcome.OrThrow(), store, cancel)));

    private static async Task<JobRecord> FindAsync(JobId id, JobStore store, CancellationToken cancel) =>
        await store.GetAsync(id, cancel) ?? throw new RefusedException(JobErrors.NotFound.Because($"There is no job {id}."));

    private static JobWord Word(Caller caller, string? why) => new(caller.Who.Value, why);

    private static int Limit(JobsChangeRequest request) => request.Limit is >= 1 and <= JobStore.LongestPage
        ? request.Limit
        : throw new RefusedException(JobErrors.PageInvalid.Because($"limit {request.Limit}"));
}

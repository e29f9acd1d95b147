using Beamtime.Core.Access;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Workflows;

/// <summary>The REST routes of workflows.</summary>
internal static class WorkflowApi
{
    private const string Read = "workflows.read";
    private const string Change = "workflows.change";
    private const string Resolve = "workflows.resolve";

    /// <summary>Adds the routes of workflows.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapWorkflows(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/workflows").WithTags("workflows").RequirePermission(Read);
        group.MapGet("", ListAsync).WithName("ListWorkflows").WithSummary("The workflows, newest first").Produces<WorkflowPageView>();
        group.MapGet("/{id:guid}", ShowAsync).WithName("ShowWorkflow")
            .WithSummary("One workflow with its steps, moves and messages").Produces<WorkflowReportView>();
        group.MapPost("/{id:guid}/cancel", CancelAsync).RequirePermission(Change).WithName("CancelWorkflow")
            .WithSummary("Ends a workflow: running steps are told, what was begun is undone")
            .Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/pause", PauseAsync).RequirePermission(Change).WithName("PauseWorkflow")
            .WithSummary("Keeps a workflow from beginning further steps").Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/resume", ResumeAsync).RequirePermission(Change).WithName("ResumeWorkflow")
            .WithSummary("Lets a paused workflow go on").Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/retry", RetryAsync).RequirePermission(Change).WithName("RetryWorkflow")
            .WithSummary("Has an ended workflow that did not complete go on where it stopped")
            .Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/messages", SendAsync).RequirePermission("workflows.message").WithName("SendWorkflowMessage")
            .WithSummary("Sends a workflow a message; the same id again is the same message")
            .Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/answer", AnswerAsync).RequirePermission("workflows.answer").WithName("AnswerWorkflow")
            .WithSummary("Answers the question of a step").Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/resolve", ResolveAsync).RequirePermission(Resolve).WithName("ResolveWorkflowStep")
            .WithSummary("Decides over an uncertain step: found, done, repeat or fail")
            .Produces<WorkflowView>(StatusCodes.Status202Accepted);
        group.MapPost("/{id:guid}/reopen", ReopenAsync).RequirePermission(Resolve).WithName("ReopenWorkflowStep")
            .WithSummary("Takes back what a person decided over a step, as long as no later step has begun")
            .Produces<WorkflowView>(StatusCodes.Status202Accepted);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        WorkflowStore store, int? offset, int? limit, string? kind, WorkflowState? state, Guid? correlation, Guid? parent,
        CancellationToken cancel)
    {
        var (from, most) = (offset ?? 0, limit ?? 100);
        if (from < 0 || most is < 1 or > JobStore.LongestPage)
        {
            throw new RefusedException(WorkflowErrors.RequestInvalid.Because($"offset {from}, limit {most}"));
        }

        var filter = new WorkflowFilter
        {
            Kind = kind, State = state, Correlation = correlation, Parent = parent is { } of ? new WorkflowId(of) : null,
        };
        var page = await store.ListAsync(filter, from, most, cancel);
        return Results.Ok(new WorkflowPageView([.. page.Workflows.Select(WorkflowView.Of)], page.Total, from, most));
    }

    private static async Task<IResult> ShowAsync(Guid id, WorkflowStore store, CancellationToken cancel) =>
        Results.Ok(WorkflowReportView.Of(await FindAsync(new WorkflowId(id), store, cancel)));

    private static async Task<IResult> CancelAsync(
        Guid id, WorkflowChangeRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(await desk.CancelAsync(new WorkflowId(id), caller.Who, request.Why, cancel), store, cancel);

    private static async Task<IResult> PauseAsync(
        Guid id, WorkflowChangeRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(await desk.PauseAsync(new WorkflowId(id), caller.Who, request.Why, cancel), store, cancel);

    private static async Task<IResult> ResumeAsync(
        Guid id, WorkflowChangeRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(await desk.ResumeAsync(new WorkflowId(id), caller.Who, request.Why, cancel), store, cancel);

    private static async Task<IResult> RetryAsync(
        Guid id, WorkflowChangeRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(await desk.RetryAsync(new WorkflowId(id), caller.Who, request.Why, cancel), store, cancel);

    private static async Task<IResult> SendAsync(
        Guid id, WorkflowMessageRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(
            await desk.SendAsync(new WorkflowId(id), request.Id, request.Name, request.Body.GetRawText(), caller.Who, cancel),
            store,
            cancel);

    private static async Task<IResult> AnswerAsync(
        Guid id, WorkflowAnswerRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(
            await desk.AnswerAsync(new WorkflowId(id), request.Step, request.Answer, caller.Who, cancel), store, cancel);

    private static async Task<IResult> ResolveAsync(
        Guid id, WorkflowResolveRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel)
    {
        var (value, spare) = request.How switch
        {
            StepResolution.Done => (request.Result?.GetRawText(), request.External ?? request.Why),
            StepResolution.Found => (request.External, request.Result?.GetRawText() ?? request.Why),
            StepResolution.Fail => (request.Why, request.Result?.GetRawText() ?? request.External),
            _ => (null, request.Result?.GetRawText() ?? request.External ?? request.Why),
        };
        return spare is not null
            ? throw new RefusedException(WorkflowErrors.RequestInvalid.Because(
                $"{request.How} takes a result where it is done, an external id where it is found, a reason where it fails, and nothing else"))
            : await AcceptAsync(
                await desk.ResolveAsync(new WorkflowId(id), request.Step, request.How, value, caller.Who, cancel), store, cancel);
    }

    private static async Task<IResult> ReopenAsync(
        Guid id, WorkflowReopenRequest request, WorkflowDesk desk, WorkflowStore store, Caller caller, CancellationToken cancel) =>
        await AcceptAsync(
            await desk.ReopenAsync(new WorkflowId(id), request.Step, caller.Who, request.Why, cancel), store, cancel);

    private static async Task<IResult> AcceptAsync(
        Outcome<WorkflowId> outcome, WorkflowStore store, CancellationToken cancel)
    {
        var id = outcome.OrThrow();
        return Results.Accepted($"/api/v2/workflows/{id}", WorkflowView.Of((await FindAsync(id, store, cancel)).Workflow));
    }

    private static async Task<WorkflowReport> FindAsync(WorkflowId id, WorkflowStore store, CancellationToken cancel) =>
        await store.ShowAsync(id, cancel)
            ?? throw new RefusedException(WorkflowErrors.NotFound.Because($"There is no workflow {id}."));
}

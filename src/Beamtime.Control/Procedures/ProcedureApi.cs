using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Procedures;

/// <summary>Procedures over REST.</summary>
internal static class ProcedureApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of procedures.</summary>
        public IEndpointRouteBuilder MapProcedures()
        {
            routes.MapGet("/procedures", ListAsync).RequirePermission("procedures.read")
                .WithSummary("The site's procedures with their parameters and steps")
                .Produces<ProcedureAnswer[]>();
            routes.MapPost("/procedures/{name}/runs", StartAsync).RequirePermission("procedures.run").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Starts a procedure, or refuses it with every reason")
                .Produces<ProcedureRunAnswer>(StatusCodes.Status202Accepted);
            routes.MapGet("/procedure-runs", ListRunsAsync).RequirePermission("procedures.read")
                .WithSummary("Runs of procedures, newest first")
                .Produces<ProcedureRunPage>();
            routes.MapGet("/procedure-runs/{id:guid}", ShowAsync).RequirePermission("procedures.read")
                .WithSummary("One run with its steps as they are now")
                .Produces<ProcedureRunAnswer>();
            routes.MapPost("/procedure-runs/{id:guid}/abort", AbortAsync).RequirePermission("procedures.abort")
                .WithSummary("Ends a run early")
                .Produces<ProcedureRunAnswer>(StatusCodes.Status202Accepted);
            routes.MapPost("/procedure-runs/{id:guid}/resume", ResumeAsync).RequirePermission("procedures.run")
                .WithSummary("Lets a held run go on from the step that is named")
                .Produces<ProcedureRunAnswer>(StatusCodes.Status202Accepted);
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(ProcedureTopics topics, CancellationToken cancel) => TypedResults.Ok(
        (await AskAsync(topics, new ProcedureCommand { Kind = ProcedureCommandKind.List }, cancel)).Procedures!.ToArray());

    private static Task<IResult> StartAsync(
        string name, ProcedureRunRequest? request, Caller caller, RequestKey? key, ProcedureTopics topics, CancellationToken cancel) =>
        ChangeAsync(
            topics,
            new ProcedureCommand
            {
                Kind = ProcedureCommandKind.Start,
                Who = caller.Who.Value,
                Procedure = name,
                Parameters = (request ?? new()).Parameters,
                Run = key?.Id,
            },
            cancel);

    private static async Task<IResult> ListRunsAsync(
        ProcedureStore store,
        ProcedureTopics topics,
        CancellationToken cancel,
        string? procedure = null,
        ProcedureState? state = null,
        int offset = 0,
        int limit = 100)
    {
        var page = await store.ListAsync(
            new RecordQuery
            {
                Beamline = topics.Beamline,
                Name = procedure,
                Status = state?.ToString(),
                Offset = Math.Max(0, offset),
                Limit = Math.Clamp(limit, 1, 1000),
            },
            cancel);
        return TypedResults.Ok(new ProcedureRunPage([.. page.Items.Select(ProcedureRunAnswer.Of)], page.Total));
    }

    private static async Task<IResult> ShowAsync(Guid id, ProcedureStore store, CancellationToken cancel) =>
        await store.FindAsync(id, cancel) is { } run
            ? TypedResults.Ok(ProcedureRunAnswer.Of(run))
            : throw new RefusedException(ProcedureErrors.RunUnknown.Because($"There is no run {id} of a procedure."));

    private static Task<IResult> AbortAsync(
        Guid id, ProcedureAbortRequest? request, Caller caller, ProcedureTopics topics, CancellationToken cancel) =>
        ChangeAsync(
            topics,
            new ProcedureCommand
            {
                Kind = ProcedureCommandKind.Abort,
                Who = caller.Who.Value,
                Run = id,
                Reason = request?.Reason ?? "",
            },
            cancel);

    private static Task<IResult> ResumeAsync(
        Guid id, ProcedureResumeRequest request, Caller caller, ProcedureTopics topics, CancellationToken cancel) =>
        ChangeAsync(
            topics,
            new ProcedureCommand { Kind = ProcedureCommandKind.Resume, Who = caller.Who.Value, Run = id, Step = request.Step },
            cancel);

    private static async Task<IResult> ChangeAsync(ProcedureTopics topics, ProcedureCommand command, CancellationToken cancel)
    {
        var run = (await AskAsync(topics, command, cancel)).Run!;
        return TypedResults.Accepted($"/api/v2/procedure-runs/{run.Id}", run);
    }

    private static ValueTask<ProcedureReply> AskAsync(ProcedureTopics topics, ProcedureCommand command, CancellationToken cancel) =>
        topics.Commands.AskAsync(command, ProcedureTopics.AnswerDeadline, cancel);
}

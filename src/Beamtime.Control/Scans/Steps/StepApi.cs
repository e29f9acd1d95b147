using Beamtime.Core.Access;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Steps;

/// <summary>Steps over REST.</summary>
internal static class StepApi
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(40);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of steps.</summary>
        public IEndpointRouteBuilder MapSteps()
        {
            routes.MapPost("/scans/{scan}/steps", AskAsync).RequirePermission("scans.submit")
                .WithSummary("Asks a scan that takes steps to move, trigger and read, or to close; answered when it is done, or after 20 s")
                .Produces<StepAnswer>();
            routes.MapGet("/scans/{scan}/steps", ListAsync).RequirePermission("scans.read")
                .WithSummary("The last steps of a scan and what became of them, oldest first")
                .Produces<StepAnswer[]>();
            return routes;
        }
    }

    private static async Task<IResult> AskAsync(
        string scan, StepRequest request, StepTopics topics, CancellationToken cancel) =>
        TypedResults.Ok((await SendAsync(topics, new StepCommand(scan, request), cancel)).Steps[0]);

    private static async Task<IResult> ListAsync(string scan, StepTopics topics, CancellationToken cancel) =>
        TypedResults.Ok((await SendAsync(topics, new StepCommand(scan, null), cancel)).Steps.ToArray());

    private static async Task<StepList> SendAsync(StepTopics topics, StepCommand command, CancellationToken cancel)
    {
        try
        {
            return await topics.Commands.AskAsync(command, AnswerDeadline, cancel);
        }
        catch (FaultException fault) when (fault.Reason.Code == TopicErrors.RoleUnreachable.Code)
        {
            throw TopicErrors.RoleUnreachable.Fault(
                "The scan server does not answer; whether it took the step shows in the steps of the scan.", fault);
        }
    }
}

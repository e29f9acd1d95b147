using Beamtime.Core.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Data.Flows;

/// <summary>Flows over REST.</summary>
internal static class FlowApi
{
    /// <summary>Adds the routes.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapFlows(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/datasets/{id}/copies", CopyAsync).RequirePermission("datasets.copy").OnRepeat(Repeat.FindsByKey)
            .WithTags("datasets").WithName("CopyDataset")
            .WithSummary("Has a data set copied to a further storage, each file read back")
            .Produces<StorageCopyAnswer>(StatusCodes.Status202Accepted);
        return routes;
    }

    private static async Task<IResult> CopyAsync(
        string id, StorageCopyRequest request, Caller caller, RequestKey? key, StorageCopyDesk desk, CancellationToken cancel)
    {
        var answer = await desk.AskAsync(id, request, caller.Who, key?.Id, cancel);
        return TypedResults.Accepted($"/api/v2/workflows/{answer.Workflow}", answer);
    }
}

using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Moves;

/// <summary>Moves over REST.</summary>
internal static class MoveApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of moves.</summary>
        public IEndpointRouteBuilder MapMoves()
        {
            routes.MapPost("/moves", BeginAsync).RequirePermission("devices.set").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Moves positioners together; refused with every reason, or begun")
                .Produces<MoveAnswer>(StatusCodes.Status202Accepted);
            routes.MapGet("/moves", ListAsync).RequirePermission("devices.read")
                .WithSummary("The last moves, newest first")
                .Produces<MoveAnswer[]>();
            routes.MapGet("/moves/history", HistoryAsync).RequirePermission("devices.read")
                .WithSummary("Moves that were recorded, newest first: who moved what where, and what became of it")
                .Produces<MovePage>();
            routes.MapGet("/moves/{move:guid}", ShowAsync).RequirePermission("devices.read")
                .WithSummary("One move, with where its axes are now")
                .Produces<MoveAnswer>();
            routes.MapPost("/moves/{move:guid}/stop", StopAsync).RequirePermission("devices.stop").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Stops the axes of a move at once")
                .Produces<MoveAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> BeginAsync(
        MoveRequest request, Caller caller, RequestKey? key, MoveDesk desk, CancellationToken cancel)
    {
        var move = await desk.BeginAsync(request, caller.Who, key?.Id, cancel);
        return TypedResults.Accepted($"/api/v2/moves/{move.Id}", move);
    }

    private static async Task<IResult> ListAsync(MoveDesk desk, CancellationToken cancel) =>
        TypedResults.Ok((await desk.ListAsync(cancel)).ToArray());

    private static async Task<IResult> HistoryAsync(
        MoveHistory history, PeopleStore people, CancellationToken cancel, int offset = 0, int limit = 100) =>
        TypedResults.Ok(await history.ListAsync(people, Math.Max(0, offset), Math.Clamp(limit, 1, 1000), cancel));

    private static async Task<IResult> ShowAsync(Guid move, MoveDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ShowAsync(move, cancel));

    private static async Task<IResult> StopAsync(Guid move, Caller caller, MoveDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.StopAsync(move, caller.Who, cancel));
}

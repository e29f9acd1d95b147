using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Actors;

/// <summary>Actors over REST.</summary>
internal static class ActorApi
{
    private const string Change = "actors.change";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of actors.</summary>
        public IEndpointRouteBuilder MapActors()
        {
            routes.MapGet("/actors", ListAsync).RequirePermission("scripts.read")
                .WithSummary("The actors: what each looks at, what it runs, and when it acted last")
                .Produces<ActorRecord[]>();
            routes.MapGet("/actors/{name}", ShowAsync).RequirePermission("scripts.read")
                .WithSummary("One actor")
                .Produces<ActorRecord>();
            routes.MapPut("/actors/{name}", DefineAsync).RequirePermission(Change).OnRepeat(Repeat.IsHarmless)
                .WithSummary("Defines an actor, or defines it anew: a condition over beamline states and the server script that it runs")
                .Produces<ActorRecord>();
            routes.MapPost("/actors/{name}/on", OnAsync).RequirePermission(Change).OnRepeat(Repeat.IsHarmless)
                .WithSummary("Lets an actor act")
                .Produces<ActorRecord>();
            routes.MapPost("/actors/{name}/off", OffAsync).RequirePermission(Change).OnRepeat(Repeat.IsHarmless)
                .WithSummary("Keeps an actor from acting")
                .Produces<ActorRecord>();
            routes.MapDelete("/actors/{name}", RemoveAsync).RequirePermission(Change).OnRepeat(Repeat.IsHarmless)
                .WithSummary("Takes an actor out")
                .Produces<ActorRecord>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(ActorDesk desk, CancellationToken cancel) =>
        TypedResults.Ok((await desk.ListAsync(cancel)).ToArray());

    private static async Task<IResult> ShowAsync(string name, ActorDesk desk, CancellationToken cancel) =>
        (await desk.ListAsync(cancel)).FirstOrDefault(a => a.Name == name) is { } found
            ? TypedResults.Ok(found)
            : throw new RefusedException(ActorErrors.Unknown.Because($"There is no actor '{name}'."));

    private static async Task<IResult> DefineAsync(
        string name, ActorDefinition definition, Caller caller, ActorDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.DefineAsync(name, definition, caller.Who, cancel));

    private static async Task<IResult> OnAsync(string name, Caller caller, ActorDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.SwitchAsync(name, isOn: true, caller.Who, cancel));

    private static async Task<IResult> OffAsync(string name, Caller caller, ActorDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.SwitchAsync(name, isOn: false, caller.Who, cancel));

    private static async Task<IResult> RemoveAsync(string name, Caller caller, ActorDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.RemoveAsync(name, caller.Who, cancel));
}

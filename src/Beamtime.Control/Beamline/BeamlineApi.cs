using Beamtime.Core.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Beamline;

/// <summary>Permits over REST: they can be read, and by no route be driven.</summary>
internal static class BeamlineApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of the beamline.</summary>
        public IEndpointRouteBuilder MapBeamline()
        {
            routes.MapGet("/beamline", ShowAsync).RequirePermission("beamline.read")
                .WithSummary("Enclosures, shutters and permits with their age")
                .Produces<BeamlineAnswer>();
            routes.MapGet("/beamline/states", StatesAsync).RequirePermission("beamline.read")
                .WithSummary("Beamline states with what each sees, and the interlock")
                .Produces<StatesAnswer>();
            routes.MapPut("/beamline/states/{state}", DefineAsync).RequirePermission("beamline.change")
                .WithSummary("Defines a beamline state, or defines it anew")
                .Produces<StatesAnswer>();
            routes.MapDelete("/beamline/states/{state}", RemoveAsync).RequirePermission("beamline.change")
                .WithSummary("Takes a beamline state out")
                .Produces<StatesAnswer>();
            routes.MapPut("/beamline/interlock", ConfigureAsync).RequirePermission("beamline.change")
                .WithSummary("Sets up the interlock: which states must be how, and what becomes of what runs")
                .Produces<StatesAnswer>();
            routes.MapDelete("/beamline/interlock", ResetAsync).RequirePermission("beamline.change")
                .WithSummary("Sets up the interlock as the site's file says")
                .Produces<StatesAnswer>();
            return routes;
        }
    }

    private static Task<IResult> StatesAsync(Caller caller, BeamlineTopics topics, CancellationToken cancel) =>
        AskAsync(topics, new StateCommand { Kind = StateCommandKind.Show, Who = caller.Who.Value }, cancel);

    private static Task<IResult> DefineAsync(
        string state, StateRequest request, Caller caller, BeamlineTopics topics, CancellationToken cancel) => AskAsync(
        topics,
        new StateCommand
        {
            Kind = StateCommandKind.Define,
            Who = caller.Who.Value,
            Reason = request.Reason,
            Definition = new StateDefinition
            {
                Name = state,
                Kind = request.Kind,
                Address = request.Address,
                Low = request.Low,
                High = request.High,
                Tolerance = request.Tolerance,
                HoldSeconds = request.HoldSeconds,
                Description = request.Description,
            },
        },
        cancel);

    private static Task<IResult> RemoveAsync(
        string state, Caller caller, BeamlineTopics topics, CancellationToken cancel, string reason = "") => AskAsync(
        topics, new StateCommand { Kind = StateCommandKind.Remove, Who = caller.Who.Value, Name = state, Reason = reason }, cancel);

    private static Task<IResult> ConfigureAsync(
        InterlockRequest request, Caller caller, BeamlineTopics topics, CancellationToken cancel) => AskAsync(
        topics,
        new StateCommand
        {
            Kind = StateCommandKind.Configure,
            Who = caller.Who.Value,
            Reason = request.Reason,
            Interlock = new InterlockSettings(request.IsEnabled, request.OnLoss, request.States),
        },
        cancel);

    private static Task<IResult> ResetAsync(
        Caller caller, BeamlineTopics topics, CancellationToken cancel, string reason = "") => AskAsync(
        topics, new StateCommand { Kind = StateCommandKind.Configure, Who = caller.Who.Value, Reason = reason }, cancel);

    private static async Task<IResult> AskAsync(BeamlineTopics topics, StateCommand command, CancellationToken cancel) =>
        TypedResults.Ok(await topics.StateCommands.AskAsync(command, BeamlineTopics.AnswerDeadline, cancel));

    private static async Task<IResult> ShowAsync(BeamlineTopics topics, CancellationToken cancel) =>
        TypedResults.Ok(await topics.Questions.AskAsync(new BeamlineQuestion(), BeamlineTopics.AnswerDeadline, cancel));
}

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
            return routes;
        }
    }

    private static async Task<IResult> ShowAsync(BeamlineTopics topics, CancellationToken cancel) =>
        TypedResults.Ok(await topics.Questions.AskAsync(new BeamlineQuestion(), BeamlineTopics.AnswerDeadline, cancel));
}

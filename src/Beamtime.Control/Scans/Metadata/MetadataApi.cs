using Beamtime.Core.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Metadata of scans over REST.</summary>
internal static class MetadataApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of metadata.</summary>
        public IEndpointRouteBuilder MapMetadata()
        {
            routes.MapGet("/scan-metadata", ShowAsync).RequirePermission("scans.read")
                .WithSummary("What goes with the caller's next scan, and from which contexts")
                .Produces<MetadataAnswer>();
            routes.MapGet("/scan-metadata/fields", ListFields).RequirePermission("scans.read")
                .WithSummary("The fields of metadata that the facility declares, of all scans or of one")
                .Produces<MetadataFieldAnswer[]>();
            routes.MapPost("/scan-metadata/set", SetAsync).RequirePermission("scans.submit").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Sets and removes metadata for the scans to come of the caller, of an account or of everybody")
                .Produces<MetadataAnswer>();
            routes.MapPost("/scan-metadata/enter", EnterAsync).RequirePermission("scans.submit").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Enters a context of metadata, inside those that stand")
                .Produces<MetadataAnswer>();
            routes.MapPost("/scan-metadata/leave", LeaveAsync).RequirePermission("scans.submit")
                .WithSummary("Leaves a context of metadata and those inside it")
                .Produces<MetadataAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> ShowAsync(Caller caller, MetadataDesk desk, CancellationToken cancel, string? account = null) =>
        TypedResults.Ok(await desk.ShowAsync(caller.Who, account, cancel));

    private static IResult ListFields(MetadataFields fields, ScanCatalogue catalogue, string? scan = null) => TypedResults.Ok(
        fields.Of(scan is null ? null : catalogue.Look(scan).OrThrow().Name).Select(f => new MetadataFieldAnswer(f.Key, f.Value)).ToArray());

    private static async Task<IResult> SetAsync(MetadataChange change, Caller caller, MetadataDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.SetAsync(change, caller.Who, cancel));

    private static async Task<IResult> EnterAsync(MetadataChange change, Caller caller, MetadataDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.EnterAsync(change, caller.Who, cancel));

    private static async Task<IResult> LeaveAsync(MetadataChange change, Caller caller, MetadataDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.LeaveAsync(change, caller.Who, cancel));
}

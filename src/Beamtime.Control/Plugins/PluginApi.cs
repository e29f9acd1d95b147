using Beamtime.Core.Access;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Plugins;

/// <summary>Plugins over REST.</summary>
internal static class PluginApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of plugins.</summary>
        public IEndpointRouteBuilder MapPlugins()
        {
            routes.MapGet("/plugins", ListAsync).RequirePermission("scans.read")
                .WithSummary("The plugins with version, source and what they bring, and why a newer one was refused")
                .Produces<PluginList>();
            routes.MapGet("/plugins/{plugin}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One plugin")
                .Produces<PluginAnswer>();
            routes.MapPost("/plugins/reload", ReloadAsync).RequirePermission("plugins.reload").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Reads the plugins anew; one that is refused says why, and its earlier version goes on")
                .Produces<PluginList>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(PluginDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ListAsync(cancel));

    private static async Task<IResult> ShowAsync(string plugin, PluginDesk desk, CancellationToken cancel) =>
        (await desk.ListAsync(cancel)).Plugins.FirstOrDefault(p => p.Name == plugin) is { } found
            ? TypedResults.Ok(found)
            : throw new RefusedException(PluginErrors.Unknown.Because($"There is no plugin '{plugin}'."));

    private static async Task<IResult> ReloadAsync(PluginDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ReloadAsync(cancel));
}

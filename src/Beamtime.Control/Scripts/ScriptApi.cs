using Beamtime.Control.Scans;
using Beamtime.Core.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scripts;

/// <summary>Server scripts over REST.</summary>
internal static class ScriptApi
{
    private const string Read = "scripts.read";
    private const string Run = "scripts.run";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of server scripts.</summary>
        public IEndpointRouteBuilder MapScripts()
        {
            routes.MapGet("/scripts", List).RequirePermission(Read)
                .WithSummary("The server scripts that can be run, with their parameters")
                .Produces<ScriptCatalogueEntry[]>();
            routes.MapGet("/scripts/{name}", Show).RequirePermission(Read)
                .WithSummary("One server script")
                .Produces<ScriptCatalogueEntry>();
            routes.MapPost("/scripts/{name}/runs", SubmitAsync).RequirePermission(Run).OnRepeat(Repeat.FindsByKey)
                .WithSummary("Puts a run of a server script into a queue, or refuses it with every reason")
                .Produces<ScriptRun>(StatusCodes.Status202Accepted);
            routes.MapGet("/script-runs", ListRunsAsync).RequirePermission(Read)
                .WithSummary("Runs of server scripts, newest first; of one queue or of all")
                .Produces<ScriptPage>();
            routes.MapGet("/script-runs/{run:guid}", ShowRunAsync).RequirePermission(Read)
                .WithSummary("One run of a server script")
                .Produces<ScriptRun>();
            routes.MapGet("/script-runs/{run:guid}/log", LogAsync).RequirePermission(Read)
                .WithSummary("What a run has said, in order, from a line on")
                .Produces<ScriptLine[]>();
            routes.MapPost("/script-runs/{run:guid}/abort", AbortAsync).RequirePermission(Run)
                .WithSummary("Aborts a run: its scan is aborted and its motors stop")
                .Produces<ScriptRun>(StatusCodes.Status202Accepted);
            routes.MapPost("/script-runs/abort", AbortManyAsync).RequirePermission(Run)
                .WithSummary("Aborts all runs of a queue, or of all queues")
                .Produces<ScriptRun[]>(StatusCodes.Status202Accepted);
            return routes;
        }
    }

    private static IResult List(ScriptCatalogue catalogue) => TypedResults.Ok(catalogue.Entries.ToArray());

    private static IResult Show(string name, ScriptCatalogue catalogue)
    {
        var (script, plugin) = catalogue.Look(name).OrThrow();
        return TypedResults.Ok(ScriptCatalogue.EntryOf(script, plugin));
    }

    private static async Task<IResult> SubmitAsync(
        string name, ScriptRequest? request, Caller caller, RequestKey? key, ScriptDesk desk, CancellationToken cancel)
    {
        var run = await desk.SubmitAsync(name, request ?? new ScriptRequest(), caller, key, cancel);
        return TypedResults.Accepted($"/api/v2/script-runs/{run.Id}", run);
    }

    private static async Task<IResult> ListRunsAsync(
        ScriptStore store, ScanOptions options, CancellationToken cancel, string? queue = null, int offset = 0, int limit = 100) =>
        TypedResults.Ok(await store.ListAsync(options.Beamline, queue, Math.Max(0, offset), Math.Clamp(limit, 1, 1000), cancel));

    private static async Task<IResult> ShowRunAsync(Guid run, ScriptDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ShowAsync(run, cancel));

    private static async Task<IResult> LogAsync(
        Guid run, ScriptDesk desk, ScriptStore store, CancellationToken cancel, int after = 0, int limit = 1000)
    {
        await desk.ShowAsync(run, cancel);
        return TypedResults.Ok((await store.LinesAsync(run, Math.Max(0, after), Math.Clamp(limit, 1, 10_000), cancel)).ToArray());
    }

    private static async Task<IResult> AbortAsync(
        Guid run, ScriptAbortRequest? request, Caller caller, ScriptDesk desk, CancellationToken cancel) => TypedResults.Accepted(
        $"/api/v2/script-runs/{run}", await desk.AbortAsync(run, caller.Who, request?.Reason ?? "", cancel));

    private static async Task<IResult> AbortManyAsync(
        ScriptAbortRequest request, Caller caller, ScriptDesk desk, CancellationToken cancel) => TypedResults.Accepted(
        "/api/v2/script-runs", (await desk.AbortAsync(request, caller.Who, cancel)).ToArray());
}

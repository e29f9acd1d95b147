using Beamtime.Core.Access;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Roles;

/// <summary>How one thing stands.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="State">How it stands.</param>
/// <param name="IsNeeded">True when no work is taken without it.</param>
/// <param name="Since">Since when it stands so, UTC.</param>
/// <param name="Code">The code of what is wrong; null when nothing is.</param>
/// <param name="Detail">What was seen; null for a caller who may not read the program's status.</param>
/// <param name="Remedy">What mends it; null when nothing is wrong.</param>
internal sealed record ReadyCheckAnswer(
    string Name, HealthState State, bool IsNeeded, DateTimeOffset Since, string? Code, string? Detail, string? Remedy);

/// <summary>How one loop of a role fares.</summary>
/// <param name="Role">The role that it belongs to; empty where it serves all.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">How it fares.</param>
/// <param name="Since">Since when, UTC.</param>
/// <param name="LastBeat">When it last came round, UTC; null for one that does not say.</param>
internal sealed record LoopAnswer(string Role, string Name, LoopState State, DateTimeOffset Since, DateTimeOffset? LastBeat);

/// <summary>How the program stands as a whole.</summary>
/// <param name="State">Ready, degraded, or down when something needed is down.</param>
/// <param name="At">When it was looked at, UTC.</param>
/// <param name="Checks">Every thing that was looked at.</param>
/// <param name="Loops">Every loop of this process.</param>
internal sealed record ReadyAnswer(
    HealthState State, DateTimeOffset At, IReadOnlyList<ReadyCheckAnswer> Checks, IReadOnlyList<LoopAnswer> Loops);

/// <summary>That the program lives.</summary>
/// <param name="IsLive">False once a loop has failed, so that the program ends.</param>
internal sealed record LiveAnswer(bool IsLive);

/// <summary>Readiness over REST: for people, for balancers and for whoever starts programs again.</summary>
internal static class ReadyApi
{
    private const string Read = "status.read";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps readiness and liveness.</summary>
        public IEndpointRouteBuilder MapReady()
        {
            routes.MapGet("/ready", ReadyAsync).RequirePermission(Permissions.Anyone)
                .WithSummary("200 when the program can take work, also if something is degraded; 503 when something needed is down")
                .Produces<ReadyAnswer>()
                .Produces<ReadyAnswer>(StatusCodes.Status503ServiceUnavailable);
            routes.MapGet("/live", Live).RequirePermission(Permissions.Anyone)
                .WithSummary("200 while the program lives; 503 once one of its loops has failed")
                .Produces<LiveAnswer>()
                .Produces<LiveAnswer>(StatusCodes.Status503ServiceUnavailable);
            return routes;
        }
    }

    private static async Task<IResult> ReadyAsync(
        HttpContext context, HealthBoard board, LoopBoard loops, CallerCheck callers, CancellationToken cancel)
    {
        var report = await board.LookAsync(cancel);
        var mayRead = await MayReadAsync(context, callers);
        var answer = new ReadyAnswer(
            report.State,
            report.At,
            [.. report.Lines.Select(l => new ReadyCheckAnswer(
                l.Name,
                l.Finding.State,
                l.IsNeeded,
                l.Since,
                l.Finding.Reason?.Code,
                mayRead ? l.Finding.Detail : null,
                l.Finding.Reason?.Remedy))],
            mayRead ? [.. loops.Loops.Select(l => new LoopAnswer(l.Role, l.Name, l.State, l.Since, l.LastAt))] : []);
        return TypedResults.Json(
            answer, statusCode: report.State == HealthState.Down ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    // Everybody is answered: who does not say who he is, or cannot because the database is down, is told less.
    private static async Task<bool> MayReadAsync(HttpContext context, CallerCheck callers)
    {
        if (context.Request.Headers.Authorization.Count == 0)
        {
            return false;
        }

        try
        {
            return (await callers.IdentifyAsync(context)).Permissions.Include(Read);
        }
        catch (Exception error) when (error is RefusedException or FaultException or NpgsqlException)
        {
            return false;
        }
    }

    private static IResult Live(HostFailure failure) => TypedResults.Json(
        new LiveAnswer(!failure.HasFailed),
        statusCode: failure.HasFailed ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
}

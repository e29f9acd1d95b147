using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Batons;

/// <summary>What somebody says who takes control or puts it down.</summary>
internal sealed record BatonRequest
{
    /// <summary>What for.</summary>
    public string Reason { get; init; } = "";

    /// <summary>True to act against the holder; needs the permission <c>baton.override</c>.</summary>
    public bool Override { get; init; }
}

/// <summary>Control of the beamline over REST.</summary>
internal static class BatonApi
{
    /// <summary>The permission to act against the holder.</summary>
    public const string OverridePermission = "baton.override";

    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(15);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of the baton.</summary>
        public IEndpointRouteBuilder MapBaton()
        {
            routes.MapGet("/baton", ShowAsync).RequirePermission("scans.read")
                .WithSummary("Who has control of the beamline")
                .Produces<BatonRecord>();
            routes.MapPost("/baton/take", TakeAsync).RequirePermission("scans.submit")
                .WithSummary("Takes control of the beamline: others submit no scans until it is put down")
                .Produces<BatonRecord>();
            routes.MapPost("/baton/release", ReleaseAsync).RequirePermission("scans.submit")
                .WithSummary("Puts control of the beamline down")
                .Produces<BatonRecord>();
            return routes;
        }
    }

    private static async Task<IResult> ShowAsync(LedgerStore ledger, ScanOptions options, CancellationToken cancel) => TypedResults.Ok(
        (await ledger.LoadAsync(BatonRecord.Kind, options.Beamline, cancel)).State ?? new BatonRecord { Beamline = options.Beamline });

    private static Task<IResult> TakeAsync(BatonRequest? request, Caller caller, BatonTopics topics, CancellationToken cancel) =>
        AskAsync(isTaking: true, request, caller, topics, cancel);

    private static Task<IResult> ReleaseAsync(BatonRequest? request, Caller caller, BatonTopics topics, CancellationToken cancel) =>
        AskAsync(isTaking: false, request, caller, topics, cancel);

    private static async Task<IResult> AskAsync(
        bool isTaking, BatonRequest? request, Caller caller, BatonTopics topics, CancellationToken cancel) =>
        TypedResults.Ok(await topics.Commands.AskAsync(
            new BatonCommand
            {
                IsTaking = isTaking,
                Who = caller.Who.Value,
                IsOverride = request?.Override == true && caller.Permissions.Include(OverridePermission),
                Reason = request?.Reason ?? "",
            },
            AnswerDeadline,
            cancel));
}

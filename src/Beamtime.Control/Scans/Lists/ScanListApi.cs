using Beamtime.Core.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Lists;

/// <summary>When a list is to be put into its queue.</summary>
internal sealed record ScanListSubmission
{
    /// <summary>When, UTC; null for now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Lists of requests over REST.</summary>
internal static class ScanListApi
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of lists.</summary>
        public IEndpointRouteBuilder MapScanLists()
        {
            routes.MapGet("/scan-lists", ListAsync).RequirePermission("scans.read")
                .WithSummary("Lists of scans that are kept for later")
                .Produces<ScanListAnswer[]>();
            routes.MapGet("/scan-lists/{list}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One list with its requests, in order")
                .Produces<ScanListAnswer>();
            routes.MapPost("/scan-lists/{list}/scans", AddAsync).RequirePermission("scans.submit").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Keeps a request at the end of a list, or refuses it with every reason")
                .Produces<ScanListAnswer>();
            routes.MapPost("/scan-lists/{list}/submit", SubmitAsync).RequirePermission("scans.submit")
                .WithSummary("Puts a list into its queues, now or at a time: all of its requests or none")
                .Produces<ScanListOutcome>();
            routes.MapDelete("/scan-lists/{list}", ClearAsync).RequirePermission("scans.submit")
                .WithSummary("Takes all requests out of a list")
                .Produces<ScanListAnswer>();
            routes.MapDelete("/scan-lists/{list}/scans/{id:guid}", RemoveAsync).RequirePermission("scans.submit")
                .WithSummary("Takes one request out of a list")
                .Produces<ScanListAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(ScanListStore store, ScanOptions options, CancellationToken cancel) =>
        TypedResults.Ok(await store.ListAsync(options.Beamline, cancel));

    private static async Task<IResult> ShowAsync(string list, ScanListStore store, ScanOptions options, CancellationToken cancel) =>
        TypedResults.Ok(await store.ShowAsync(options.Beamline, list, cancel));

    private static async Task<IResult> AddAsync(
        string list, ScanRequest request, Caller caller, RequestKey? key, ScanListTopics topics, CancellationToken cancel) =>
        TypedResults.Ok((await AskAsync(
            topics,
            new ScanListCommand
            {
                Kind = ScanListCommandKind.Add, Who = caller.Who.Value, List = list, Request = request, Id = key?.Id,
                MayOverride = true, Roles = ScanDesk.RolesOf(caller),
            },
            cancel)).List);

    private static async Task<IResult> SubmitAsync(
        string list, ScanListSubmission? request, Caller caller, ScanListTopics topics, CancellationToken cancel) =>
        TypedResults.Ok(await AskAsync(
            topics,
            new ScanListCommand
            {
                Kind = ScanListCommandKind.Submit, Who = caller.Who.Value, List = list, At = request?.At, Reason = request?.Reason ?? "",
                MayOverride = caller.Permissions.Include(Batons.BatonApi.OverridePermission), Roles = ScanDesk.RolesOf(caller),
            },
            cancel));

    private static async Task<IResult> ClearAsync(
        string list, Caller caller, ScanListTopics topics, CancellationToken cancel, string reason = "") =>
        TypedResults.Ok((await AskAsync(
            topics,
            new ScanListCommand { Kind = ScanListCommandKind.Clear, Who = caller.Who.Value, List = list, Reason = reason },
            cancel)).List);

    private static async Task<IResult> RemoveAsync(
        string list, Guid id, Caller caller, ScanListTopics topics, CancellationToken cancel, string reason = "") =>
        TypedResults.Ok((await AskAsync(
            topics,
            new ScanListCommand { Kind = ScanListCommandKind.Clear, Who = caller.Who.Value, List = list, Id = id, Reason = reason },
            cancel)).List);

    private static async Task<ScanListOutcome> AskAsync(
        ScanListTopics topics, ScanListCommand command, CancellationToken cancel) =>
        await topics.Commands.AskAsync(command, AnswerDeadline, cancel);
}

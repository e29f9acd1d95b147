using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>What happened, over REST: of everything, of one thing, or of all that one request set off.</summary>
internal static class TimelineApi
{
    private const string Read = "timeline.read";

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the timeline.</summary>
        public IEndpointRouteBuilder MapTimeline()
        {
            routes.MapGet("/timeline", ListAsync).RequirePermission(Read)
                .WithSummary("What happened, by correlation, kind, time and person")
                .Produces<TimelinePage>();
            routes.MapGet("/timeline/{id}", ShowAsync).RequirePermission(Read)
                .WithSummary("The story of one thing of any kind, or of a correlation, by id")
                .Produces<TimelinePage>();
            routes.MapGet("/timeline/{kind}/{id}", ShowKindAsync).RequirePermission(Read)
                .WithSummary("The story of one thing by id, number or name; with related=false its own entries alone")
                .Produces<TimelinePage>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(
        TimelineStore timeline, StreamKindSet kinds, [AsParameters] TimelineFilter filter, CancellationToken cancel,
        string? correlation = null)
    {
        var query = filter.Query(kinds);
        return TypedResults.Ok(await timeline.ReadAsync(
            correlation is null ? query : query with { Correlations = await timeline.StoriesOfAsync(correlation, cancel) },
            cancel));
    }

    private static async Task<IResult> ShowAsync(
        string id, TimelineStore timeline, StreamKindSet kinds, [AsParameters] TimelineFilter filter, CancellationToken cancel,
        bool related = true)
    {
        var query = filter.Query(kinds);
        if (await timeline.HasAsync(id, cancel))
        {
            return await StoryAsync(null, id, null, timeline, query, related, cancel);
        }

        // What never became a thing of its own may still be what others have in common.
        var page = await timeline.ReadAsync(query with { Correlations = await timeline.StoriesOfAsync(id, cancel) }, cancel);
        return page.Total > 0
            ? TypedResults.Ok(page)
            : throw new RefusedException(LedgerErrors.EntityUnknown.Because($"nothing has the id or correlation '{id}'"));
    }

    private static Task<IResult> ShowKindAsync(
        string kind, string id, TimelineStore timeline, StreamKindSet kinds, [AsParameters] TimelineFilter filter,
        CancellationToken cancel, string? beamline = null, bool related = true) =>
        StoryAsync(kind, id, beamline, timeline, filter.Query(kinds), related, cancel);

    private static async Task<IResult> StoryAsync(
        string? kind, string id, string? beamline, TimelineStore timeline, TimelineQuery query, bool isRelated,
        CancellationToken cancel)
    {
        var found = await timeline.FindAsync(kind, id, beamline, cancel);
        query = query with { Stream = (found.Kind, found.Id) };
        return TypedResults.Ok(await timeline.ReadAsync(
            isRelated ? query with { Correlations = await timeline.StoriesOfAsync(found.Correlation, cancel) } : query, cancel));
    }
}

/// <summary>The filters of the timeline, as a request's query names them.</summary>
/// <param name="Kinds">Kinds of things, separated by commas; <c>workflow</c> for the steps of workflows.</param>
/// <param name="Since">From this time on.</param>
/// <param name="Until">Before this time.</param>
/// <param name="Who">What this person did, by id.</param>
/// <param name="Newest">The newest first.</param>
/// <param name="Offset">Lines to skip.</param>
/// <param name="Limit">Lines on the page, 1 to 1000.</param>
internal sealed record TimelineFilter(
    string? Kinds = null,
    DateTimeOffset? Since = null,
    DateTimeOffset? Until = null,
    Guid? Who = null,
    bool Newest = false,
    int Offset = 0,
    int Limit = 200)
{
    /// <summary>What it asks for.</summary>
    /// <param name="kinds">The kinds that there are.</param>
    /// <exception cref="RefusedException">Every filter that cannot be.</exception>
    public TimelineQuery Query(StreamKindSet kinds)
    {
        string[]? wanted = Kinds?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        List<Reason> reasons =
        [
            .. (wanted ?? []).Where(name => name != TimelineStore.Workflow && kinds.Find(name) is null)
                .Select(name => LedgerErrors.FilterInvalid.Because(
                    $"there is no kind '{name}'; known are {string.Join(", ", kinds.All.Select(kind => kind.Name))}, {TimelineStore.Workflow}")),
        ];
        if (Offset < 0 || Limit is < 1 or > TimelineQuery.LongestPage)
        {
            reasons.Add(LedgerErrors.FilterInvalid.Because($"offset {Offset}, limit {Limit}"));
        }

        if (Since >= Until)
        {
            reasons.Add(LedgerErrors.FilterInvalid.Because($"since {Since:u} is not before until {Until:u}"));
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : new TimelineQuery
        {
            Kinds = wanted,
            Since = Since,
            Until = Until,
            Who = Who is { } person ? new PersonId(person) : null,
            IsNewestFirst = Newest,
            Offset = Offset,
            Limit = Limit,
        };
    }
}

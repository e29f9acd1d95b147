using Beamtime.Core.Access;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>Why a person is forgotten.</summary>
/// <param name="Reason">The reason; it stays, so that it names nobody.</param>
internal sealed record ForgetRequest(string Reason);

/// <summary>The people behind the ids of entries, over REST.</summary>
internal static class PeopleApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of people.</summary>
        public IEndpointRouteBuilder MapPeople()
        {
            routes.MapGet("/people", ListAsync).RequirePermission("people.read")
                .WithSummary("Those who have names, by name")
                .Produces<PersonPage>();
            routes.MapGet("/people/{id:guid}", ShowAsync).RequirePermission("people.read")
                .WithSummary("A person, and how much the ledger holds of it")
                .Produces<PersonView>();
            routes.MapPost("/people/{id:guid}/forget", ForgetAsync).RequirePermission("people.forget").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Erases a person's name and account; entries keep the id, which then names nobody")
                .Produces<PersonView>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(PeopleStore people, CancellationToken cancel, int offset = 0, int limit = 100) =>
        offset < 0 || limit is < 1 or > TimelineQuery.LongestPage
            ? throw new RefusedException(LedgerErrors.FilterInvalid.Because($"offset {offset}, limit {limit}"))
            : TypedResults.Ok(await people.ListAsync(offset, limit, cancel));

    private static async Task<IResult> ShowAsync(Guid id, PeopleStore people, CancellationToken cancel) =>
        TypedResults.Ok(await people.FindAsync(new PersonId(id), cancel)
            ?? throw new RefusedException(LedgerErrors.PersonUnknown.Because($"there is no person {id}")));

    private static async Task<IResult> ForgetAsync(
        Guid id,
        ForgetRequest request,
        Caller caller,
        PeopleStore people,
        LedgerStore ledger,
        BeamtimeDatabase database,
        CancellationToken cancel)
    {
        var forgotten = await people.ForgetAsync(
            new PersonId(id), new Why(caller.Who, request.Reason, id.ToString()), ledger, cancel);
        // Every process that serves requests looks anew whom it knows.
        database.Notifier.Notify(CallerDirectory.Channel);
        return forgotten.Answer(TypedResults.Ok);
    }
}

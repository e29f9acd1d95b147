using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Groups;

/// <summary>Groups of scans over REST; one is opened and closed as a context of metadata.</summary>
internal static class ScanGroupApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of groups.</summary>
        public IEndpointRouteBuilder MapScanGroups()
        {
            routes.MapGet("/scan-groups", ListAsync).RequirePermission("scans.read")
                .WithSummary("Groups of scans, newest first, each with its dataset number")
                .Produces<ScanGroupSummary[]>();
            routes.MapGet("/scan-groups/{group}", ShowAsync).RequirePermission("scans.read")
                .WithSummary("One group by id, or the newest of a name, with its scans")
                .Produces<ScanGroupAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(
        ScanGroupStore store, ScanOptions options, CancellationToken cancel, int limit = 50) =>
        TypedResults.Ok((await store.ListAsync(options.Beamline, Math.Clamp(limit, 1, 1000), cancel)).ToArray());

    private static async Task<IResult> ShowAsync(
        string group, ScanGroupStore store, LedgerStore ledger, ScanDesk desk, ScanOptions options, CancellationToken cancel)
    {
        if (await store.FindAsync(options.Beamline, group, cancel) is not { } found)
        {
            throw new RefusedException(ScanErrors.UnknownGroup.Because($"There is no group '{group}' with scans."));
        }

        var status = await desk.StatusAsync(cancel);
        List<ScanAnswer> scans = [];
        foreach (var scan in await store.ScansAsync(found.Id, cancel))
        {
            scans.Add(ScanAnswer.Of(await ledger.LoadAsync(ScanRecord.Kind, scan, cancel), status));
        }

        return TypedResults.Ok(new ScanGroupAnswer(found, scans));
    }
}

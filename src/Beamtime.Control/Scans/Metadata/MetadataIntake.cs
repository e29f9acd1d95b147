using Beamtime.Control.Scans.Groups;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Completes what is asked for by the metadata that stand, and checks them; the scan server's part.</summary>
internal sealed class MetadataIntake(MetadataBook book, MetadataFields fields)
{
    /// <summary>The request with what contexts add to it, and the group that stands; a request of before is as it was.</summary>
    /// <param name="request">What somebody asks for.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<(ScanRequest Request, ScanAsker Asker)> CompleteAsync(
        ScanRequest request, ScanAsker asker, CancellationToken cancel)
    {
        var standing = await book.StandingAsync(asker.Who, request.Account, cancel);
        var metadata = asker.IsVerbatim
            ? request.Metadata
            : MetadataBook.Merged([.. standing.Select(s => s.Context.Values), request.Metadata]);
        return (
            request with { Metadata = metadata },
            asker with
            {
                Group = standing.Select(s => s.Context).LastOrDefault(c => c.Group is not null) is { Group: { } id, Name: var name }
                    ? new ScanGroup(id, name)
                    : null,
            });
    }

    /// <summary>All reasons against the metadata of a request.</summary>
    /// <param name="request">The request, completed.</param>
    public IEnumerable<Reason> Against(ScanRequest request) => fields.Refusals(request);
}

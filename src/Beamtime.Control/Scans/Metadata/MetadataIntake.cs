using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Completes what is asked for by the metadata that stand, and checks them; the scan server's part.</summary>
internal sealed class MetadataIntake(MetadataBook book, MetadataFields fields)
{
    /// <summary>The request with what contexts add to it; one of before is as it was.</summary>
    /// <param name="request">What somebody asks for.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScanRequest> CompleteAsync(ScanRequest request, ScanAsker asker, CancellationToken cancel)
    {
        if (asker.IsVerbatim)
        {
            return request;
        }

        var standing = await book.StandingAsync(asker.Who, request.Account, cancel);
        return request with
        {
            Metadata = MetadataBook.Merged([.. standing.Select(s => s.Context.Values), request.Metadata]),
        };
    }

    /// <summary>All reasons against the metadata of a request.</summary>
    /// <param name="request">The request, completed.</param>
    public IEnumerable<Reason> Against(ScanRequest request) => fields.Refusals(request);
}

using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Metadata;

/// <summary>Completes what is asked for by the metadata that stand, and checks them; the scan server's part.</summary>
internal sealed class MetadataIntake(MetadataBook book, MetadataFields fields, ScanGuard guard)
{
    /// <summary>The request with what contexts add to it.</summary>
    /// <param name="request">What somebody asks for.</param>
    /// <param name="who">That person.</param>
    /// <param name="isVerbatim">True for a repetition, which has its metadata already.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Its metadata do not fit; with all other reasons against the scan.</exception>
    public async Task<ScanRequest> CompleteAsync(ScanRequest request, PersonId who, bool isVerbatim, CancellationToken cancel)
    {
        if (!isVerbatim)
        {
            var standing = await book.StandingAsync(who, request.Account, cancel);
            request = request with
            {
                Metadata = MetadataBook.Merged([.. standing.Select(s => s.Context.Values), request.Metadata]),
            };
        }

        request = guard.Named(request);
        return fields.Refusals(request).ToArray() is { Length: > 0 } reasons
            ? throw new RefusedException([.. reasons, .. guard.Judge(request) is Refused<AdmissibleScan> refused ? refused.Reasons : []])
            : request;
    }
}

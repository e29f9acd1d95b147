using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Ledger;

/// <summary>A stream was not at the version that the writer had seen; nothing was written.</summary>
internal sealed class ConflictException(Reason reason) : Exception(reason.Message)
{
    /// <summary>Code <c>ledger.version.conflict</c>, which stream and which version.</summary>
    public Reason Reason { get; } = reason;
}

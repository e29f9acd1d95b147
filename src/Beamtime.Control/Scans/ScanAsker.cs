using Beamtime.Control.Scans.Groups;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans;

/// <summary>Who asks for a scan, and on what account.</summary>
/// <param name="Who">The person.</param>
/// <param name="Cause">What sets it off: <c>procedure ID</c>; null when the person does.</param>
/// <param name="Key">The id that the scan is to have, so that asking again finds it; null for a new one.</param>
internal sealed record ScanAsker(PersonId Who, string? Cause = null, Guid? Key = null)
{
    /// <summary>Whether the person may submit while somebody else has control of the beamline.</summary>
    public bool MayOverride { get; init; }

    /// <summary>The person's roles that may submit scans; null where they were looked at before.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>The group that the scan belongs to; null for none.</summary>
    public ScanGroup? Group { get; init; }

    /// <summary>Whether the request is one of before, which has its metadata already.</summary>
    public bool IsVerbatim { get; init; }
}

using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Scans;

/// <summary>That a scan shall end before its last point.</summary>
/// <param name="End">How it then ended.</param>
/// <param name="Reason">Why.</param>
/// <param name="Who">Who wants it; the system for an alarm or a fault.</param>
internal sealed record EarlyEnd(ScanEnd End, Reason Reason, PersonId Who)
{
    /// <summary>Whether the scan's own code puts things back; a halt leaves everything where it stopped.</summary>
    public bool PutsBack => End != ScanEnd.Halted;
}

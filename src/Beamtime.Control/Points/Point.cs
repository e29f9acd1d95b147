using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Points;

/// <summary>
/// One complete point of a scan: a row of readings as <see cref="ScanOpened.Columns"/> lays it out. Points of a scan
/// come in ascending order without holes; what did not come within its deadline is a missing value.
/// </summary>
internal sealed record Point : ScanDocument
{
    /// <summary>The point's id, from 0.</summary>
    public required int Id { get; init; }

    /// <summary>The readings; never changed after publication.</summary>
    public required Reading[] Row { get; init; }

    /// <summary>When it was complete, UTC.</summary>
    public required DateTimeOffset At { get; init; }
}

using Beamtime.Control.Devices;

namespace Beamtime.Control.Scans;

/// <summary>How far the devices of running scans are, as they tell themselves: their last word while the scan runs.</summary>
internal sealed class ScanAdvances
{
    private Dictionary<Guid, SortedDictionary<string, DeviceProgressed>> _scans = [];

    /// <summary>Takes what devices told; what no running scan has is passed over, and scans that are over are forgotten.</summary>
    /// <param name="news">What they told, the newest last.</param>
    /// <param name="running">The scans that run.</param>
    public void Take(ReadOnlySpan<DeviceProgressed> news, IReadOnlyList<RunningScan> running)
    {
        _scans = running.ToDictionary(
            scan => scan.Id, scan => _scans.GetValueOrDefault(scan.Id) ?? new SortedDictionary<string, DeviceProgressed>(StringComparer.Ordinal));
        foreach (var told in news)
        {
            foreach (var scan in running.Where(scan => scan.Owns(told.Device)))
            {
                _scans[scan.Id][told.Device] = told;
            }
        }
    }

    /// <summary>What the scan server does, with how far devices are.</summary>
    /// <param name="status">What it does.</param>
    public ScanServerStatus In(ScanServerStatus status) => new(
        [
            .. status.Scans.Select(scan => _scans.GetValueOrDefault(scan.Scan) is { Count: > 0 } advances
                ? scan with { Advances = [.. advances.Values] }
                : scan),
        ]);
}

using System.Collections.Concurrent;

namespace Beamtime.Control.Scans.Steps;

/// <summary>The scans that take steps while they run; the last that have ended are kept for who looks what became of a step.</summary>
internal sealed class OpenSteps
{
    private const int Kept = 32;
    private readonly ConcurrentDictionary<Guid, ScanSteps> _open = new();
    private readonly ConcurrentQueue<Guid> _order = new();

    /// <summary>From now on a scan takes steps.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="devices">Its devices.</param>
    public ScanSteps Open(Guid scan, ScanDevices devices)
    {
        var steps = _open.GetOrAdd(scan, _ => new ScanSteps(devices));
        _order.Enqueue(scan);
        while (_order.Count > Kept && _order.TryDequeue(out var oldest))
        {
            _open.TryRemove(oldest, out _);
        }

        return steps;
    }

    /// <summary>The steps of a scan; null when it takes none.</summary>
    /// <param name="scan">The scan.</param>
    public ScanSteps? Find(Guid scan) => _open.GetValueOrDefault(scan);
}

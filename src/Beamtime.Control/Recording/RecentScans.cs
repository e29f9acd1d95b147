namespace Beamtime.Control.Recording;

/// <summary>The scans that ended lately: what is repeated of them is passed over. The oldest is forgotten when it is full.</summary>
internal sealed class RecentScans
{
    private const int Kept = 1024;
    private readonly HashSet<Guid> _scans = [];
    private readonly Queue<Guid> _order = new();

    /// <summary>Adds a scan.</summary>
    /// <param name="scan">The scan.</param>
    /// <returns>False when it is there already.</returns>
    public bool Add(Guid scan)
    {
        if (!_scans.Add(scan))
        {
            return false;
        }

        _order.Enqueue(scan);
        if (_order.Count > Kept)
        {
            _scans.Remove(_order.Dequeue());
        }

        return true;
    }

    /// <summary>Whether a scan is there.</summary>
    /// <param name="scan">The scan.</param>
    public bool Contains(Guid scan) => _scans.Contains(scan);
}

using Beamtime.Core.Telemetry;

namespace Beamtime.Control.Scans;

/// <summary>
/// Which span asked for a scan that waits, so that the scan hangs below it. Kept in memory, for the newest alone, and only
/// while traces are gathered: a scan that begins after a restart begins a trace of its own.
/// </summary>
internal sealed class ScanTraces
{
    private const int Capacity = 1024;
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, string> _spans = [];

    /// <summary>Notes in which span a scan was asked for.</summary>
    /// <param name="scan">The scan.</param>
    public void Note(string scan)
    {
        if (Tracing.Parent is not { } parent)
        {
            return;
        }

        lock (_gate)
        {
            _spans[scan] = parent;
            if (_spans.Count > Capacity)
            {
                _spans.RemoveAt(0);
            }
        }
    }

    /// <summary>The span that asked for a scan, forgotten with this; null where none is known.</summary>
    /// <param name="scan">The scan.</param>
    public string? Take(string scan)
    {
        lock (_gate)
        {
            return _spans.Remove(scan, out var parent) ? parent : null;
        }
    }
}

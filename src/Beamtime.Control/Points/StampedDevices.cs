using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Points;

/// <summary>
/// The devices that only stamp their readings, and how these get into points: by their changes, which come a few dozen
/// times a second and may be lost by whoever is slow.
/// </summary>
/// <param name="topics">Descriptions, last values and changes of devices.</param>
/// <param name="options">Which devices, and how.</param>
/// <param name="signal">Set when something changed.</param>
internal sealed class StampedDevices(DeviceTopics topics, IReadOnlyDictionary<string, StampOption> options, TopicSignal signal) : IDisposable
{
    private readonly Subscription<DeviceChange> _changes = topics.Changes.SubscribeLossy(signal);
    private readonly DeviceChange[] _batch = new DeviceChange[256];
    private readonly List<StampedPoints> _open = [];

    /// <summary>What a scan's points get beside what is read for them; null where it is nothing.</summary>
    /// <param name="opened">The opening, as the scan server says it.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<StampedPoints?> OpenAsync(ScanOpened opened, CancellationToken cancel)
    {
        if ((await topics.Roster.LastAsync(cancel))?.Message.Devices is not { } known)
        {
            return null;
        }

        var taken = opened.Columns.Select(c => c.Device).ToHashSet(StringComparer.Ordinal);
        var stamping = known
            .Where(d => d.Unusable is null && options.ContainsKey(d.Name) && !taken.Contains(d.Name) && d.Signals.Any(s => s.IsRead))
            .ToList();
        if (stamping.Count == 0)
        {
            return null;
        }

        var points = new StampedPoints(opened, [.. stamping.Select(d => (d, options[d.Name]))]);
        foreach (var (device, row) in (await topics.Values.LastAsync(cancel))?.Message.Rows ?? new Dictionary<string, Reading[]>())
        {
            points.TakeRow(device, row);
        }

        _open.Add(points);
        return points;
    }

    /// <summary>Lets go of a scan.</summary>
    /// <param name="points">What <see cref="OpenAsync"/> gave.</param>
    public void Close(StampedPoints points) => _open.Remove(points);

    /// <summary>Takes the changes that came.</summary>
    public void Read()
    {
        int count;
        while ((count = _changes.Read(_batch)) > 0)
        {
            foreach (var points in _open)
            {
                foreach (var change in _batch.AsSpan(0, count))
                {
                    points.Take(change);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _changes.Dispose();
}

/// <summary>Points of one scan that wait for the readings of devices that only stamp.</summary>
internal sealed class StampedPoints
{
    private readonly Dictionary<(string Device, string Signal), StampedSignal> _signals = [];
    private readonly List<StampedSignal> _columns = [];
    private readonly Dictionary<string, IReadOnlyList<Signal>> _devices = new(StringComparer.Ordinal);
    private readonly Queue<(Point Point, long Offset)> _held = new();

    /// <summary>Nothing held yet.</summary>
    /// <param name="opened">The opening without them.</param>
    /// <param name="stamping">The devices, and how each gets into points.</param>
    public StampedPoints(ScanOpened opened, IReadOnlyList<(DeviceDescription Device, StampOption Option)> stamping)
    {
        var width = opened.Columns.Count == 0 ? 0 : opened.Columns[^1].Offset + opened.Columns[^1].Signals.Count;
        List<DeviceColumns> columns = [.. opened.Columns];
        foreach (var (device, option) in stamping)
        {
            Signal[] signals = [.. device.Signals.Where(s => s.IsRead)];
            columns.Add(new DeviceColumns(device.Name, signals, width));
            width += signals.Length;
            _devices.Add(device.Name, signals);
            foreach (var signal in signals)
            {
                var stamped = new StampedSignal(signal, option);
                _signals.Add((device.Name, signal.Name), stamped);
                _columns.Add(stamped);
            }
        }

        Opened = opened with { Columns = columns };
    }

    /// <summary>The opening with the columns of these devices.</summary>
    public ScanOpened Opened { get; }

    /// <summary>Readings that a point gets from them.</summary>
    public int Width => _columns.Count;

    /// <summary>Points that are held.</summary>
    public int Held => _held.Count;

    /// <summary>Where the first of them came from; the largest number when none is held.</summary>
    public long FirstOffset => _held.TryPeek(out var first) ? first.Offset : long.MaxValue;

    /// <summary>Takes a change.</summary>
    /// <param name="change">The change; those of other devices are passed over.</param>
    public void Take(DeviceChange change)
    {
        if (_signals.TryGetValue((change.Device, change.Signal), out var signal))
        {
            signal.Take(change.Reading);
        }
    }

    /// <summary>Takes the last readings of a device.</summary>
    /// <param name="device">The device; others are passed over.</param>
    /// <param name="row">In the order of its signals that are read.</param>
    public void TakeRow(string device, Reading[] row)
    {
        if (_devices.TryGetValue(device, out var signals) && signals.Count == row.Length)
        {
            for (var i = 0; i < row.Length; i++)
            {
                if (!row[i].Value.IsMissing)
                {
                    _signals[(device, signals[i].Name)].Take(row[i]);
                }
            }
        }
    }

    /// <summary>Holds a point until its readings are settled.</summary>
    /// <param name="point">The point.</param>
    /// <param name="offset">Where it came from.</param>
    public void Hold(Point point, long offset) => _held.Enqueue((point, offset));

    /// <summary>The first held point, filled up, when its readings are settled or it must not wait longer; else null.</summary>
    /// <param name="now">The present.</param>
    /// <param name="deadline">How long a point may wait.</param>
    /// <param name="most">Points that may be held.</param>
    public Point? Release(DateTimeOffset now, TimeSpan deadline, int most)
    {
        if (!_held.TryPeek(out var first))
        {
            return null;
        }

        var at = TimeOf(first.Point);
        if (_held.Count <= most && now - first.Point.At < deadline && !_columns.TrueForAll(c => c.IsSettled(at, now)))
        {
            return null;
        }

        _held.Dequeue();
        var width = first.Point.Row.Length;
        var row = new Reading[width + _columns.Count];
        first.Point.Row.CopyTo(row, 0);
        for (var i = 0; i < _columns.Count; i++)
        {
            row[width + i] = _columns[i].At(at);
            _columns[i].Forget(at);
        }

        return new Point { Scan = first.Point.Scan, Id = first.Point.Id, Row = row, At = first.Point.At };
    }

    // When it was measured: the latest reading that was taken for it; when it was complete, where none was.
    private static DateTimeOffset TimeOf(Point point)
    {
        DateTimeOffset? at = null;
        foreach (ref readonly var reading in point.Row.AsSpan())
        {
            if (!reading.Value.IsMissing && (at is null || reading.Timestamp > at))
            {
                at = reading.Timestamp;
            }
        }

        return at is { } measured && measured <= point.At ? measured : point.At;
    }
}

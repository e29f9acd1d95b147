using System.Threading.Channels;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Devices;

/// <summary>A point of a flight that can be published.</summary>
/// <param name="Index">The point within the flight, from 0.</param>
/// <param name="Rows">What each flyer gave for it, in the order in which they were kicked off; null for nothing.</param>
/// <param name="Gaps">What is missing.</param>
internal sealed record FlownPoint(int Index, Reading[]?[] Rows, IReadOnlyList<Reason> Gaps);

/// <summary>
/// Joins what the flyers of one flight give into points by index: a point is complete when each of them has given it. What
/// has not come when all have ended is a gap. A flyer that is far ahead waits.
/// </summary>
internal sealed class FlightJoin(Flight flight, TimeProvider time)
{
    private const int Ahead = 4096;
    private const int Waiting = 65536;
    private const int GapsTold = 4;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);
    private readonly Channel<(int Flyer, FlownReadings Readings)> _given =
        Channel.CreateBounded<(int Flyer, FlownReadings Readings)>(
            new BoundedChannelOptions(Ahead) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly List<ConfiguredDevice> _flyers = [];
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Reading[]?[]> _open = [];
    private readonly HashSet<int> _early = [];
    private readonly List<Reason> _gaps = [];
    private Task<bool>? _more;
    private int _ended;
    private int _next;
    private int _count;
    private int _most = flight.Parameters.Points;
    private int _missing;
    private bool _isLeaderOver;
    private bool _isGivenUp;

    /// <summary>Why it has failed; null while it has not.</summary>
    public FaultException? Fault { get; private set; }

    /// <summary>How far it is.</summary>
    public Flown Flown { get; private set; } = new(0, IsLeaderOver: false, IsOver: false, []);

    /// <summary>Listens to a flyer that was kicked off.</summary>
    /// <param name="flyer">The flyer; the last one leads.</param>
    /// <param name="cancel">Ends the wait for its mailbox.</param>
    public async ValueTask FollowAsync(ConfiguredDevice flyer, CancellationToken cancel)
    {
        int index;
        lock (_gate)
        {
            index = _flyers.Count;
            _flyers.Add(flyer);
        }

        var collecting = new DeviceCommand(flyer, OperationKind.Collect, default)
        {
            Allowed = Longest,
            Take = (readings, ending) => _given.Writer.WriteAsync((index, readings), ending),
        };
        await flyer.Mailbox.PostAsync(collecting, cancel);
        _ = EndAsync(flyer, collecting);
    }

    /// <summary>Whether a device is one of its flyers.</summary>
    /// <param name="device">The device.</param>
    public bool Has(ConfiguredDevice device) => _flyers.Contains(device);

    /// <summary>Waits until something has come, it is over, or a slice of time has passed.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask WaitAsync(CancellationToken cancel)
    {
        _more ??= _given.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        try
        {
            await _more.WaitAsync(Slice, time, cancel);
            _more = null;
        }
        catch (TimeoutException)
        {
            // The same wait goes on in the next slice.
        }
    }

    /// <summary>The points that are complete by now; once all flyers have ended, the others with gaps.</summary>
    /// <param name="isEnding">True to end it now, with gaps in place of what has not come.</param>
    public IReadOnlyList<FlownPoint> Take(bool isEnding)
    {
        List<FlownPoint> ready = [];
        var isLeaderOver = Volatile.Read(ref _isLeaderOver);
        while (_given.Reader.TryRead(out var given))
        {
            Note(given.Flyer, given.Readings, ready);
        }

        var isOver = _given.Reader.Completion.IsCompleted || (isEnding && isLeaderOver);
        if (isOver && Fault is null)
        {
            Finish(ready);
        }

        if (isEnding && isOver)
        {
            lock (_gate)
            {
                _isGivenUp = Fault is null;
            }

            _flyers.ForEach(f => f.Mailbox.CancelUnderWay());
        }

        Flown = new Flown(_count, isLeaderOver, isOver, isOver ? Told() : []);
        return ready;
    }

    /// <summary>The row of a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="columns">The devices of the row, in order.</param>
    /// <param name="others">Readings of those that are no flyers.</param>
    public Reading[] RowOf(
        FlownPoint point, IReadOnlyList<ConfiguredDevice> columns, IReadOnlyDictionary<ConfiguredDevice, Reading[]> others)
    {
        var own = flight.Own.Count == 0 ? [] : flight.Own[Math.Min(point.Index, flight.Own.Count - 1)];
        var row = new Reading[columns.Sum(c => c.ReadSignals.Count) + own.Length];
        var offset = 0;
        foreach (var device in columns)
        {
            var flyer = _flyers.IndexOf(device);
            (flyer < 0 ? others[device] : point.Rows[flyer])?.CopyTo(row, offset);
            offset += device.ReadSignals.Count;
        }

        var now = time.GetUtcNow();
        foreach (var value in own)
        {
            row[offset++] = new Reading(value, now);
        }

        return row;
    }

    private void Note(int flyer, FlownReadings given, List<FlownPoint> ready)
    {
        var device = _flyers[flyer];
        if (given.Index < 0 || given.Row.Length != device.ReadSignals.Count)
        {
            Fault ??= DeviceErrors.Fault.Fault(
                $"{device.Name} gave {given.Row.Length} readings for point {given.Index} of the flight; it has {device.ReadSignals.Count} signals.");
            return;
        }

        if (given.Index < _next || _early.Contains(given.Index))
        {
            // Given twice: the first counts.
            return;
        }

        if (!_open.TryGetValue(given.Index, out var rows))
        {
            _open.Add(given.Index, rows = new Reading[]?[_flyers.Count]);
        }

        rows[flyer] ??= given.Row;
        device.Remember(given.Row, 0);
        _most = Math.Max(_most, given.Index + 1);
        if (!rows.Contains(null))
        {
            Complete(given.Index, rows, ready);
        }
        else if (_open.Count > Waiting)
        {
            var (oldest, missing) = _open.First();
            Complete(oldest, missing, ready);
        }
    }

    private void Complete(int index, Reading[]?[] rows, List<FlownPoint> ready)
    {
        _open.Remove(index);
        _early.Add(index);
        while (_early.Remove(_next))
        {
            _next++;
        }

        _count++;
        var absent = _flyers.Where((_, i) => rows[i] is null).Select(f => f.Name).ToArray();
        IReadOnlyList<Reason> gaps = absent.Length == 0
            ? []
            : [DeviceErrors.Deadline.Because($"{string.Join(", ", absent)} gave nothing for point {index} of the flight.")];
        if (gaps.Count > 0 && _missing++ < GapsTold)
        {
            _gaps.AddRange(gaps);
        }

        ready.Add(new FlownPoint(index, rows, gaps));
    }

    // What was planned or begun is published, with gaps.
    private void Finish(List<FlownPoint> ready)
    {
        for (var index = _next; index < _most; index++)
        {
            // What was completed before is behind the next, or early.
            if (index >= _next && !_early.Contains(index))
            {
                Complete(index, _open.GetValueOrDefault(index) ?? new Reading[]?[_flyers.Count], ready);
            }
        }
    }

    private List<Reason> Told() => _missing <= GapsTold
        ? _gaps
        : [.. _gaps, DeviceErrors.Deadline.Because($"{_missing} points of the flight have gaps.")];

    private async Task EndAsync(ConfiguredDevice flyer, DeviceCommand collecting)
    {
        FaultException? fault = null;
        try
        {
            await collecting.Task;
        }
        catch (FaultException failed)
        {
            fault = failed;
        }

        lock (_gate)
        {
            Fault ??= _isGivenUp ? null : fault;
            _isLeaderOver |= flyer.Name == flight.Leader;
            if (++_ended > flight.Followers.Count || fault is not null)
            {
                _given.Writer.TryComplete();
            }
        }
    }
}

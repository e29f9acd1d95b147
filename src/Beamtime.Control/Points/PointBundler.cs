using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Points;

/// <summary>
/// Groups the readings of device servers into points by point id and publishes them in order. A point whose readings do
/// not come within the deadline is published as a gap, so that nothing behind it hangs; a repeated one is dropped. What it
/// took in is acknowledged only when what became of it is published: a successor begins from there.
/// </summary>
internal sealed partial class PointBundler : IDisposable
{
    private const int BatchLength = 256;
    private readonly Dictionary<Guid, OpenScan> _open = [];
    private readonly ScanDocument[] _documentBatch = new ScanDocument[16];
    private readonly TopicSignal _signal = new();
    private readonly Topic<ScanDocument> _scans;
    private readonly Subscription<ScanDocument> _scanDocuments;
    private readonly Subscription<PointReadings> _pointReadings;
    private readonly Topic<ScanDocument> _points;
    private readonly Topic<OpenScans> _openScans;
    private readonly PointOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PointBundler> _logger;
    private readonly StampedDevices? _stamped;
    private ScanDocument? _lastPublished;

    // A scan of which it is certain that it is not open: what still comes of it is dropped without another look.
    private Guid _unknown;

    /// <summary>A bundler that misses nothing published from now on.</summary>
    /// <param name="scans">Openings and ends of scans.</param>
    /// <param name="readings">What device servers read.</param>
    /// <param name="topics">Takes openings, points and ends in order, and which scans are open.</param>
    /// <param name="devices">Changes of devices that only stamp.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes gaps.</param>
    public PointBundler(
        Topic<ScanDocument> scans,
        Topic<PointReadings> readings,
        PointTopics topics,
        DeviceTopics devices,
        PointOptions options,
        TimeProvider time,
        ILogger<PointBundler> logger)
    {
        (_points, _openScans, _options, _time, _logger) = (topics.Points, topics.Open, options, time, logger);
        _scans = scans;
        _scanDocuments = scans.Subscribe("bundler", _signal);
        _pointReadings = readings.Subscribe("bundler", _signal);
        _stamped = options.Stamped.Count == 0 ? null : new StampedDevices(devices, options.Stamped, _signal);
    }

    /// <summary>Bundles until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var timer = _time.CreateTimer(
            static bundler => ((PointBundler)bundler!).Tick(), this, _options.Tick, _options.Tick);
        var batch = new PointReadings[BatchLength];
        // What a predecessor published last says how far it was.
        _lastPublished = (await _points.LastAsync(cancel))?.Message;
        while (true)
        {
            await _signal.WaitAsync(cancel);
            int count;
            do
            {
                await TakeDocumentsAsync(cancel);
                count = _pointReadings.Read(batch);
                var first = _pointReadings.Position - count;
                for (var i = 0; i < count; i++)
                {
                    await TakeAsync(batch[i], first + i, cancel);
                }

                await AcknowledgeAsync(cancel);
                Array.Clear(batch, 0, count);
            }
            while (count > 0);

            if (_stamped is not null)
            {
                await ReleaseStampedAsync(cancel);
            }

            await CloseOverdueAsync(cancel);
            // Also where nothing came: what was held back may have gone on, and the publisher may wait for just that.
            await AcknowledgeAsync(cancel);
            await AcknowledgeDocumentsAsync(cancel);
            LoopBeat.Touch();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scanDocuments.Dispose();
        _pointReadings.Dispose();
        _stamped?.Dispose();
    }

    // A point that is held back is in this memory only.
    private async ValueTask AcknowledgeAsync(CancellationToken cancel)
    {
        var until = _pointReadings.Position;
        foreach (var scan in _open.Values)
        {
            until = Math.Min(until, scan.Stamped?.FirstOffset ?? long.MaxValue);
            foreach (var (_, offset) in scan.Early.Values)
            {
                until = Math.Min(until, offset);
            }
        }

        if (until > _pointReadings.AcknowledgedUntil)
        {
            await _points.SafeAsync(cancel);
            _pointReadings.Acknowledge(until);
        }
    }

    // A successor needs the opening of a scan until it is closed.
    private async ValueTask AcknowledgeDocumentsAsync(CancellationToken cancel)
    {
        var until = _scanDocuments.Position;
        foreach (var scan in _open.Values)
        {
            until = Math.Min(until, scan.OpenedAt);
        }

        if (until > _scanDocuments.AcknowledgedUntil)
        {
            await _points.SafeAsync(cancel);
            _scanDocuments.Acknowledge(until);
        }
    }

    private async ValueTask TakeDocumentsAsync(CancellationToken cancel)
    {
        int count;
        while ((count = _scanDocuments.Read(_documentBatch)) > 0)
        {
            var first = _scanDocuments.Position - count;
            for (var i = 0; i < count; i++)
            {
                await TakeAsync(_documentBatch[i], first + i, cancel);
            }

            await AcknowledgeDocumentsAsync(cancel);
        }
    }

    // The opening of a scan is published before its readings, and may arrive after them: over Redis each topic comes by a
    // connection of its own.
    private async ValueTask CatchUpAsync(CancellationToken cancel)
    {
        var until = (await _scans.LastAsync(cancel))?.Until ?? 0;
        await TakeDocumentsAsync(cancel);
        while (_scanDocuments.Position < until)
        {
            await _signal.WaitAsync(cancel);
            await TakeDocumentsAsync(cancel);
        }
    }

    private async ValueTask TakeAsync(ScanDocument document, long offset, CancellationToken cancel)
    {
        // Its end was published before its documents were acknowledged.
        if (_lastPublished is ScanClosed closedBefore && closedBefore.Scan == document.Scan && !_open.ContainsKey(document.Scan))
        {
            return;
        }

        switch (document)
        {
            case ScanOpened opened:
                await OpenAsync(opened, offset, cancel);
                break;
            case ScanClosed closed when _open.TryGetValue(closed.Scan, out var scan):
                scan.Closing = closed;
                scan.WaitingSince = _time.GetTimestamp();
                await EmitReadyAsync(scan, cancel);
                break;
            case ScanClosed unknown:
                // Its opening died with the program: those who have its points are told.
                await _points.PublishAsync(unknown, cancel);
                break;
        }
    }

    private async ValueTask OpenAsync(ScanOpened opened, long offset, CancellationToken cancel)
    {
        var next = opened.FirstPoint;
        StampedPoints? stamped = null;
        if (_open.TryGetValue(opened.Scan, out var before))
        {
            await ReleaseAsync(before, isForced: true, cancel);
            // It goes on after its scan server died; what came until then stands.
            next = before.Next;
        }
        else if (_lastPublished is Point last && last.Scan == opened.Scan)
        {
            next = Math.Max(next, last.Id + 1);
        }

        if (_stamped is not null)
        {
            stamped = await _stamped.OpenAsync(opened, cancel);
            opened = stamped?.Opened ?? opened;
        }

        _unknown = opened.Scan == _unknown ? Guid.Empty : _unknown;
        _open[opened.Scan] = new OpenScan(opened) { Next = next, OpenedAt = offset, Stamped = stamped };
        await AnnounceAsync(cancel);
        await _points.PublishAsync(opened, cancel);
    }

    private async ValueTask TakeAsync(PointReadings taken, long offset, CancellationToken cancel)
    {
        if (!_open.TryGetValue(taken.Scan, out var scan) && taken.Scan != _unknown)
        {
            await CatchUpAsync(cancel);
            if (!_open.TryGetValue(taken.Scan, out scan))
            {
                _unknown = taken.Scan;
            }
        }

        if (scan is null || taken.Point < scan.Next || taken.Point >= (scan.Closing?.Points ?? int.MaxValue)
            || scan.Early.ContainsKey(taken.Point))
        {
            LogDropped(_logger, taken.Scan, taken.Point);
            PointMetrics.Dropped.Add(1);
            return;
        }

        foreach (var gap in taken.Gaps)
        {
            LogGap(_logger, scan.Opened.Number, taken.Point, gap.Message);
            PointMetrics.Gaps.Add(1, new KeyValuePair<string, object?>("cause", "reading"));
        }

        var point = new Point { Scan = taken.Scan, Id = taken.Point, Row = taken.Row, At = taken.At };
        if (taken.Point == scan.Next)
        {
            await EmitAsync(scan, point, offset, cancel);
            if (scan.Early.Count == 0 && scan.Closing is null)
            {
                return;
            }
        }
        else
        {
            scan.WaitingSince = scan.Early.Count == 0 ? _time.GetTimestamp() : scan.WaitingSince;
            scan.Early[taken.Point] = (point, offset);
        }

        await EmitReadyAsync(scan, cancel);
    }

    private async ValueTask EmitReadyAsync(OpenScan scan, CancellationToken cancel)
    {
        while ((scan.Closing is null || scan.Next < scan.Closing.Points) && scan.Early.Remove(scan.Next, out var ready))
        {
            await EmitAsync(scan, ready.Point, ready.Offset, cancel);
        }

        if (scan.Closing is { } closing && scan.Next >= closing.Points && scan.Stamped is not { Held: > 0 })
        {
            _open.Remove(closing.Scan);
            if (scan.Stamped is { } stamped)
            {
                _stamped!.Close(stamped);
            }

            await AnnounceAsync(cancel);
            await _points.PublishAsync(closing.Points < scan.Next ? closing.WithPoints(scan.Next) : closing, cancel);
        }
    }

    private ValueTask EmitAsync(OpenScan scan, Point point, long offset, CancellationToken cancel)
    {
        scan.Next = point.Id + 1;
        PointMetrics.Published.Add(1);
        if (scan.Stamped is not { } stamped)
        {
            return _points.PublishAsync(point, cancel);
        }

        stamped.Hold(point, offset);
        return ReleaseAsync(scan, isForced: false, cancel);
    }

    // What is held goes on when the readings of devices that only stamp are settled, in the order of the points.
    private async ValueTask ReleaseAsync(OpenScan scan, bool isForced, CancellationToken cancel)
    {
        var deadline = isForced ? TimeSpan.MinValue : _options.StampDeadline;
        while (scan.Stamped?.Release(_time.GetUtcNow(), deadline, _options.StampedPointsHeld) is { } ready)
        {
            await _points.PublishAsync(ready, cancel);
        }
    }

    private async ValueTask ReleaseStampedAsync(CancellationToken cancel)
    {
        _stamped!.Read();
        foreach (var scan in _open.Values.Where(s => s.Stamped is { Held: > 0 }).ToArray())
        {
            await ReleaseAsync(scan, isForced: false, cancel);
            if (scan.Closing is not null)
            {
                await EmitReadyAsync(scan, cancel);
            }
        }
    }

    private async ValueTask CloseOverdueAsync(CancellationToken cancel)
    {
        List<OpenScan>? overdue = null;
        foreach (var scan in _open.Values)
        {
            if (scan.IsWaiting && _time.GetElapsedTime(scan.WaitingSince) >= _options.Deadline)
            {
                (overdue ??= []).Add(scan);
            }
        }

        foreach (var scan in overdue ?? [])
        {
            var until = Math.Min(
                scan.Early.Count > 0 ? scan.Early.Keys.Min() : int.MaxValue, scan.Closing?.Points ?? int.MaxValue);
            for (var id = scan.Next; id < until; id++)
            {
                LogGap(_logger, scan.Opened.Number, id, "no reading came within the deadline");
                PointMetrics.Gaps.Add(1, new KeyValuePair<string, object?>("cause", "deadline"));
                await EmitAsync(scan, scan.Gap(id, _time.GetUtcNow()), _pointReadings.AcknowledgedUntil, cancel);
            }

            scan.WaitingSince = _time.GetTimestamp();
            await EmitReadyAsync(scan, cancel);
        }
    }

    // Before the opening or the end is published: who subscribes after that must find the change here.
    private ValueTask AnnounceAsync(CancellationToken cancel) =>
        _openScans.PublishAsync(new OpenScans([.. _open.Values.Select(s => s.Opened)]), cancel);

    private void Tick()
    {
        _signal.Set();
    }

    /// <summary>A scan whose points are still coming.</summary>
    private sealed class OpenScan(ScanOpened opened)
    {
        public ScanOpened Opened => opened;

        public int Next { get; set; }

        public Dictionary<int, (Point Point, long Offset)> Early { get; } = [];

        public long OpenedAt { get; init; }

        public ScanClosed? Closing { get; set; }

        public StampedPoints? Stamped { get; init; }

        public long WaitingSince { get; set; }

        public bool IsWaiting => Early.Count > 0 || (Closing is { } closing && Next < closing.Points);

        public Point Gap(int id, DateTimeOffset at)
        {
            var last = opened.Columns.Count == 0 ? null : opened.Columns[^1];
            var row = new Reading[last is null ? 0 : last.Offset + last.Signals.Count - (Stamped?.Width ?? 0)];
            Array.Fill(row, new Reading(Value.Missing, at));
            return new Point { Scan = opened.Scan, Id = id, Row = row, At = at };
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number}, point {Point}: {Message}; the reading is recorded as missing")]
    private static partial void LogGap(ILogger logger, int number, int point, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A reading of scan {Scan}, point {Point}, was dropped: it came twice or after the end")]
    private static partial void LogDropped(ILogger logger, Guid scan, int point);
}

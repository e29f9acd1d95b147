using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Points;

/// <summary>
/// Groups the readings of device servers into points by point id and publishes them in order. A point whose readings do
/// not come within the deadline is published as a gap, so that nothing behind it hangs; a repeated one is dropped.
/// </summary>
internal sealed partial class PointBundler
{
    private const int BatchLength = 256;
    private readonly Dictionary<Guid, OpenScan> _open = [];
    private readonly ScanDocument[] _documentBatch = new ScanDocument[16];
    private readonly TopicSignal _signal = new();
    private readonly Subscription<ScanDocument> _scanDocuments;
    private readonly Subscription<PointReadings> _pointReadings;
    private readonly Topic<ScanDocument> _points;
    private readonly PointOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PointBundler> _logger;
    private volatile IReadOnlyList<ScanOpened> _running = [];

    /// <summary>A bundler that misses nothing published from now on.</summary>
    /// <param name="scans">Openings and ends of scans.</param>
    /// <param name="readings">What device servers read.</param>
    /// <param name="points">Takes openings, points and ends in order.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes gaps.</param>
    public PointBundler(
        Topic<ScanDocument> scans,
        Topic<PointReadings> readings,
        Topic<ScanDocument> points,
        PointOptions options,
        TimeProvider time,
        ILogger<PointBundler> logger)
    {
        (_points, _options, _time, _logger) = (points, options, time, logger);
        _scanDocuments = scans.Subscribe("bundler", _signal);
        _pointReadings = readings.Subscribe("bundler", _signal);
    }

    /// <summary>
    /// The openings of the scans whose points are coming. Who subscribes to the points first and looks here then misses no
    /// running scan; it may see an opening twice.
    /// </summary>
    public IReadOnlyList<ScanOpened> Running => _running;

    /// <summary>Bundles until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var timer = _time.CreateTimer(
            static bundler => ((PointBundler)bundler!).Tick(), this, _options.Tick, _options.Tick);
        var batch = new PointReadings[BatchLength];
        while (true)
        {
            await _signal.WaitAsync(cancel);
            int count;
            do
            {
                await TakeDocumentsAsync(cancel);
                count = _pointReadings.Read(batch);
                for (var i = 0; i < count; i++)
                {
                    await TakeAsync(batch[i], cancel);
                }

                _pointReadings.AcknowledgeRead();
                Array.Clear(batch, 0, count);
            }
            while (count > 0);

            await CloseOverdueAsync(cancel);
            LoopBeat.Touch();
        }
    }

    private async ValueTask TakeDocumentsAsync(CancellationToken cancel)
    {
        int count;
        while ((count = _scanDocuments.Read(_documentBatch)) > 0)
        {
            for (var i = 0; i < count; i++)
            {
                await TakeAsync(_documentBatch[i], cancel);
            }

            _scanDocuments.AcknowledgeRead();
        }
    }

    private async ValueTask TakeAsync(ScanDocument document, CancellationToken cancel)
    {
        switch (document)
        {
            case ScanOpened opened:
                _open[opened.Scan] = new OpenScan(opened);
                Announce();
                await _points.PublishAsync(opened, cancel);
                break;
            case ScanClosed closed when _open.TryGetValue(closed.Scan, out var scan):
                scan.Closing = closed;
                scan.WaitingSince = _time.GetTimestamp();
                await EmitReadyAsync(scan, cancel);
                break;
        }
    }

    private async ValueTask TakeAsync(PointReadings taken, CancellationToken cancel)
    {
        if (!_open.TryGetValue(taken.Scan, out var scan))
        {
            // Its opening was published before, but perhaps after the documents were looked at.
            await TakeDocumentsAsync(cancel);
            _open.TryGetValue(taken.Scan, out scan);
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
            await EmitAsync(scan, point, cancel);
            if (scan.Early.Count == 0 && scan.Closing is null)
            {
                return;
            }
        }
        else
        {
            scan.WaitingSince = scan.Early.Count == 0 ? _time.GetTimestamp() : scan.WaitingSince;
            scan.Early[taken.Point] = point;
        }

        await EmitReadyAsync(scan, cancel);
    }

    private async ValueTask EmitReadyAsync(OpenScan scan, CancellationToken cancel)
    {
        while ((scan.Closing is null || scan.Next < scan.Closing.Points) && scan.Early.Remove(scan.Next, out var ready))
        {
            await EmitAsync(scan, ready, cancel);
        }

        if (scan.Closing is { } closing && scan.Next >= closing.Points)
        {
            _open.Remove(closing.Scan);
            Announce();
            await _points.PublishAsync(closing.Points < scan.Next ? closing.WithPoints(scan.Next) : closing, cancel);
        }
    }

    private ValueTask EmitAsync(OpenScan scan, Point point, CancellationToken cancel)
    {
        scan.Next = point.Id + 1;
        PointMetrics.Published.Add(1);
        return _points.PublishAsync(point, cancel);
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
                await EmitAsync(scan, scan.Gap(id, _time.GetUtcNow()), cancel);
            }

            scan.WaitingSince = _time.GetTimestamp();
            await EmitReadyAsync(scan, cancel);
        }
    }

    // Before the opening or the end is published: who subscribes after that must find the change here.
    private void Announce() => _running = [.. _open.Values.Select(s => s.Opened)];

    private void Tick()
    {
        _signal.Set();
    }

    /// <summary>A scan whose points are still coming.</summary>
    private sealed class OpenScan(ScanOpened opened)
    {
        public ScanOpened Opened => opened;

        public int Next { get; set; }

        public Dictionary<int, Point> Early { get; } = [];

        public ScanClosed? Closing { get; set; }

        public long WaitingSince { get; set; }

        public bool IsWaiting => Early.Count > 0 || Closing is not null;

        public Point Gap(int id, DateTimeOffset at)
        {
            var last = opened.Columns.Count == 0 ? null : opened.Columns[^1];
            var row = new Reading[last is null ? 0 : last.Offset + last.Signals.Count];
            Array.Fill(row, new Reading(Value.Missing, at));
            return new Point { Scan = opened.Scan, Id = id, Row = row, At = at };
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number}, point {Point}: {Message}; the reading is recorded as missing")]
    private static partial void LogGap(ILogger logger, int number, int point, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A reading of scan {Scan}, point {Point}, was dropped: it came twice or after the end")]
    private static partial void LogDropped(ILogger logger, Guid scan, int point);
}

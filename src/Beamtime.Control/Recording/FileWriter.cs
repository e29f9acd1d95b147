using System.Threading.Channels;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>
/// Writes the points of running scans into live files and, when a scan ends, its final file. One loop writes live
/// files, another finishes recordings, so that a long final file holds up no running scan.
/// </summary>
internal sealed partial class FileWriter : IDisposable
{
    private const int BatchLength = 4096;
    private const int FinishingCapacity = 64;

    private readonly RecordingFinisher _finisher;
    private readonly Topic<RecordingNotice> _notices;
    private readonly RecordingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<FileWriter> _log;
    private readonly Channel<OpenRecording> _ended = Channel.CreateBounded<OpenRecording>(
        new BoundedChannelOptions(FinishingCapacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    // The writing loop's own.
    private readonly TopicSignal _signal = new();
    private readonly Subscription<ScanDocument> _points;
    private readonly int _flushAfter;
    private readonly ScanDocument[] _batch = new ScanDocument[BatchLength];
    private readonly Dictionary<Guid, OpenRecording> _open = [];
    private OpenRecording? _latest;
    private int _unacknowledged;

    // Set by the timer, which must not throw.
    private int _isFlushDue;

    /// <summary>A writer that misses nothing published from now on.</summary>
    /// <param name="points">Documents of scans.</param>
    /// <param name="notices">Takes faults and closed recordings.</param>
    /// <param name="finisher">Makes final files.</param>
    /// <param name="options">Times.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public FileWriter(
        Topic<ScanDocument> points,
        Topic<RecordingNotice> notices,
        RecordingFinisher finisher,
        RecordingOptions options,
        TimeProvider time,
        ILogger<FileWriter> log)
    {
        (_notices, _finisher, _options, _time, _log) = (notices, finisher, options, time, log);
        _points = points.Subscribe("file-writer", _signal);
        // A publisher never has to wait for the timer: what fills half the log is flushed at once.
        _flushAfter = Math.Max(1, points.Capacity / 2);
    }

    /// <summary>Offset in the topic before which everything is flushed.</summary>
    public long Acknowledged => _points.AcknowledgedUntil;

    /// <summary>
    /// Writes until cancelled, and then on until the open scans have ended or the deadline for a shutdown has passed; what
    /// has not ended then is left for recovery.
    /// </summary>
    /// <param name="cancel">Ends writing.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var abandon = new CancellationTokenSource();
        var finishing = FinishAsync(cancel, abandon.Token);
        try
        {
            await WriteAsync(cancel);
        }
        finally
        {
            _ended.Writer.TryComplete();
            abandon.CancelAfter(_options.ShutdownDeadline);
            await finishing;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _points.Dispose();

    private async Task WriteAsync(CancellationToken cancel)
    {
        await using var timer = _time.CreateTimer(
            static writer => ((FileWriter)writer!).Tick(), this, _options.FlushInterval, _options.FlushInterval);
        try
        {
            while (true)
            {
                LoopBeat.Touch();
                await _signal.WaitAsync(cancel);
                await WriteWaitingAsync();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await WriteLastAsync();
        }
        finally
        {
            foreach (var recording in _open.Values)
            {
                recording.Leave();
                RecordingMetrics.Open.Add(-1);
            }
        }
    }

    // A scan that is being ended with the program still gets its file closed, if it says so in time.
    private async Task WriteLastAsync()
    {
        using var deadline = new CancellationTokenSource(_options.ShutdownDeadline, _time);
        try
        {
            await WriteWaitingAsync();
            while (_open.Count > 0)
            {
                await _signal.WaitAsync(deadline.Token);
                await WriteWaitingAsync();
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // What is open now is left for recovery.
        }

        Flush();
    }

    private async ValueTask WriteWaitingAsync()
    {
        int read;
        while ((read = _points.Read(_batch)) > 0)
        {
            for (var i = 0; i < read; i++)
            {
                if (_batch[i] is Point point)
                {
                    Put(point);
                }
                else
                {
                    await TurnAsync(_batch[i]);
                }
            }

            _unacknowledged += read;
            Array.Clear(_batch, 0, read);
            if (_unacknowledged >= _flushAfter)
            {
                Flush();
            }
        }

        if (Interlocked.Exchange(ref _isFlushDue, 0) != 0)
        {
            Flush();
        }
    }

    private void Put(Point point)
    {
        if (_latest is null || _latest.Scan.Scan != point.Scan)
        {
            if (!_open.TryGetValue(point.Scan, out _latest))
            {
                // Repeated after its scan was closed, or of a scan that this writer has never heard open.
                return;
            }
        }

        if (_latest.Put(point) is { } fault)
        {
            Tell(new RecordingFault(point.Scan, fault, EndsScan: true));
        }
    }

    private async ValueTask TurnAsync(ScanDocument document)
    {
        switch (document)
        {
            case ScanOpened opened when !_open.ContainsKey(opened.Scan):
                _latest = new OpenRecording(opened, _options.MinimumFree);
                _open.Add(opened.Scan, _latest);
                RecordingMetrics.Open.Add(1);
                if (_latest.Fault is { } fault)
                {
                    Tell(new RecordingFault(opened.Scan, fault, EndsScan: true));
                }

                break;
            case ScanClosed closed when _open.Remove(closed.Scan, out var recording):
                _latest = null;
                RecordingMetrics.Open.Add(-1);
                if (recording.End(closed) is { } last)
                {
                    Tell(new RecordingFault(closed.Scan, last, EndsScan: false));
                }

                await _ended.Writer.WriteAsync(recording, CancellationToken.None);
                break;
        }
    }

    private void Flush()
    {
        if (_open.Count == 0 && _unacknowledged == 0)
        {
            return;
        }

        var begun = _time.GetTimestamp();
        foreach (var recording in _open.Values)
        {
            if (recording.Flush() is { } fault)
            {
                Tell(new RecordingFault(recording.Scan.Scan, fault, EndsScan: true));
            }
        }

        if (_unacknowledged > 0)
        {
            _unacknowledged = 0;
            _points.AcknowledgeRead();
        }

        RecordingMetrics.FlushDuration.Record(_time.GetElapsedTime(begun).TotalSeconds);
    }

    private async Task FinishAsync(CancellationToken ending, CancellationToken abandon)
    {
        var waiting = new Queue<OpenRecording>();
        while (true)
        {
            if (!await WaitAsync(waiting.Count > 0 && !ending.IsCancellationRequested))
            {
                return;
            }

            for (var again = waiting.Count; again > 0; again--)
            {
                await FinishAsync(waiting.Dequeue(), waiting, abandon);
            }

            while (_ended.Reader.TryRead(out var recording))
            {
                await FinishAsync(recording, waiting, abandon);
            }
        }

        // True when there is something to finish or to try again, false when nothing more comes.
        async Task<bool> WaitAsync(bool isRetry)
        {
            var more = _ended.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            if (!isRetry)
            {
                return await more;
            }

            using var pause = CancellationTokenSource.CreateLinkedTokenSource(ending);
            var due = Task.Delay(_options.RetryInterval, _time, pause.Token);
            var first = await Task.WhenAny(more, due);
            await pause.CancelAsync();
            return first == due || await more;
        }
    }

    private async Task FinishAsync(OpenRecording recording, Queue<OpenRecording> waiting, CancellationToken abandon)
    {
        try
        {
            var begun = _time.GetTimestamp();
            recording.Closed ??= _finisher.Close(recording.TakeSource());
            await _finisher.RegisterAsync(recording.Closed, abandon);
            RecordingMetrics.Count(recording.Closed, _time.GetElapsedTime(begun));
            Tell(new RecordingDone(recording.Scan.Scan, recording.Closed));
        }
        catch (FaultException fault)
        {
            Wait(fault.Reason, fault);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Wait(RecordingErrors.Explain(error, RecordingErrors.FinalFailed, recording.Folder.Final), error);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            // Its row is still there: the next start finishes it.
        }
        catch (Exception error)
        {
            // A bug in one recording must not keep the others from their files; its live file and its row stay.
            Broken(error, recording.Scan.Scan);
            Tell(new RecordingFault(
                recording.Scan.Scan, RecordingErrors.FinalFailed.Because($"{recording.Folder.Final}: {error.Message}"), EndsScan: false));
        }

        void Wait(Reason reason, Exception error)
        {
            NotFinished(error, recording.Scan.Scan);
            if (!recording.IsReported)
            {
                recording.IsReported = true;
                Tell(new RecordingFault(recording.Scan.Scan, reason, EndsScan: false));
            }

            waiting.Enqueue(recording);
        }
    }

    private void Tell(RecordingNotice notice)
    {
        if (notice is RecordingFault fault)
        {
            Faulted(fault.Scan, fault.Reason.Code, fault.Reason.Message);
            RecordingMetrics.Faults.Add(1, new KeyValuePair<string, object?>("code", fault.Reason.Code));
        }

        if (!_notices.TryPublish(notice))
        {
            NotTold(notice.Scan);
        }
    }

    private void Tick()
    {
        Volatile.Write(ref _isFlushDue, 1);
        _signal.Set();
    }
}

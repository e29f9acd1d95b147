using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>
/// Writes the points of running scans into live files and, when a scan ends, its final file. One loop writes live
/// files, another finishes recordings, so that a long final file holds up no running scan. Points are acknowledged when
/// they are flushed: a successor gets the others again, and writes them into a further live file.
/// </summary>
internal sealed partial class FileWriter : IDisposable
{
    private const int BatchLength = 4096;
    private const int FinishingCapacity = 64;
    private static readonly TimeSpan LeftGrace = TimeSpan.FromSeconds(3);

    private readonly RecordingFinisher _finisher;
    private readonly RecordingRecovery _recovery;
    private readonly RecordingTopics _topics;
    private readonly RecordingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<FileWriter> _log;
    private readonly Channel<EndedRecording> _ended = Channel.CreateBounded<EndedRecording>(
        new BoundedChannelOptions(FinishingCapacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    // The writing loop's own.
    private readonly TopicSignal _signal = new();
    private readonly Subscription<ScanDocument> _points;
    private readonly StandingStates _states;
    private readonly int _flushAfter;
    private readonly ScanDocument[] _batch = new ScanDocument[BatchLength];
    private readonly Dictionary<Guid, OpenRecording> _open = [];
    private OpenRecording? _latest;
    private readonly RecentScans _passedOver = new();
    private readonly List<Guid> _over = [];
    private long _lookedAt;
    private int _unacknowledged;

    // Questions, answered by the writing loop between two batches.
    private readonly ConcurrentQueue<PendingQuestion> _questions = new();

    // Set by the timer, which must not throw.
    private int _isFlushDue;

    /// <summary>A writer that misses nothing published from now on.</summary>
    /// <param name="points">Documents of scans.</param>
    /// <param name="states">States of the beamline.</param>
    /// <param name="topics">Takes faults, closed recordings and answers.</param>
    /// <param name="finisher">Makes final files.</param>
    /// <param name="recovery">Knows what an earlier writer left open.</param>
    /// <param name="options">Times.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    public FileWriter(
        Topic<ScanDocument> points,
        Topic<BeamlineStateList> states,
        RecordingTopics topics,
        RecordingFinisher finisher,
        RecordingRecovery recovery,
        RecordingOptions options,
        TimeProvider time,
        ILogger<FileWriter> log)
    {
        (_topics, _finisher, _recovery, _options, _time, _log) = (topics, finisher, recovery, options, time, log);
        _points = points.Subscribe("file-writer", _signal);
        _states = new StandingStates(states, _signal);
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
        var answering = _topics.Questions.ServeAsync(AnswerAsync, cancel);
        try
        {
            await WriteAsync(cancel);
        }
        finally
        {
            _ended.Writer.TryComplete();
            abandon.CancelAfter(_options.ShutdownDeadline);
            await finishing;
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _points.Dispose();
        _states.Dispose();
    }

    private async Task WriteAsync(CancellationToken cancel)
    {
        await using var timer = _time.CreateTimer(
            static writer => ((FileWriter)writer!).Tick(), this, _options.FlushInterval, _options.FlushInterval);
        _over.AddRange(_recovery.Over);
        _lookedAt = _time.GetTimestamp();
        await _states.LearnAsync(cancel);
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
        _states.Read(_open.Values, (scan, fault) => Tell(new RecordingFault(scan, fault, EndsScan: true)));
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

        while (_questions.TryDequeue(out var question))
        {
            Answer(question);
        }

        if (_over.Count > 0 && _time.GetElapsedTime(_lookedAt) >= LeftGrace)
        {
            await CloseLeftAsync();
        }
    }

    // Scans that were over when this writer began: closed from their live files once nothing of them comes any more.
    private async ValueTask CloseLeftAsync()
    {
        _lookedAt = _time.GetTimestamp();
        foreach (var scan in _over.ToArray())
        {
            if (_open.ContainsKey(scan) || _passedOver.Contains(scan))
            {
                _over.Remove(scan);
            }
            else if (!await _recovery.IsComingAsync(scan, CancellationToken.None))
            {
                _over.Remove(scan);
                _passedOver.Add(scan);
                var end = new ScanClosed { Scan = scan, End = ScanEnd.Interrupted, Points = 0, Reasons = [], At = _time.GetUtcNow() };
                await _ended.Writer.WriteAsync(new EndedRecording(end), CancellationToken.None);
            }
        }
    }

    private async ValueTask<RecordingProgress> AnswerAsync(RecordingQuestion question, CancellationToken cancel)
    {
        var asked = new PendingQuestion(question.Scan);
        _questions.Enqueue(asked);
        _signal.Set();
        return await asked.Task.WaitAsync(cancel);
    }

    private void Answer(PendingQuestion question)
    {
        try
        {
            if (_open.TryGetValue(question.Scan, out var recording))
            {
                Flush();
                question.SetResult(new RecordingProgress(checked((int)recording.Next), IsEnded: false));
            }
            else
            {
                question.SetResult(_passedOver.Contains(question.Scan)
                    ? new RecordingProgress(0, IsEnded: true)
                    : _recovery.Left.TryGetValue(question.Scan, out var row)
                        ? new RecordingProgress(RecordingRecovery.CountPoints(row), IsEnded: false)
                        : new RecordingProgress(0, IsEnded: false));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            question.SetException(new FaultException(
                RecordingErrors.Explain(error, RecordingErrors.LiveFailed, question.Scan.ToString()), error));
        }
    }

    private void Put(Point point)
    {
        if (_latest is null || _latest.Scan.Scan != point.Scan)
        {
            if (!_open.TryGetValue(point.Scan, out _latest) && (_latest = TryGoOn(point)) is null)
            {
                // Repeated after its scan was closed.
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
            case ScanOpened opened when !_open.ContainsKey(opened.Scan) && !IsEnded(opened):
                _latest = Open(opened);
                break;
            case ScanClosed closed:
                if (_open.Remove(closed.Scan, out var recording))
                {
                    RecordingMetrics.Open.Add(-1);
                }

                _latest = null;
                if (recording?.End(closed) is { } last)
                {
                    Tell(new RecordingFault(closed.Scan, last, EndsScan: false));
                }

                if (_passedOver.Add(closed.Scan))
                {
                    await _ended.Writer.WriteAsync(new EndedRecording(closed) { Recording = recording }, CancellationToken.None);
                }

                break;
        }
    }

    // A repeated opening must not write over what is closed.
    private bool IsEnded(ScanOpened opened) =>
        _passedOver.Contains(opened.Scan) || File.Exists(new RecordingFolder(opened.Folder, opened.FilePrefix, opened.FileSuffix).Final);

    // A scan that goes on and whose opening an earlier writer has acknowledged: its live file tells it.
    private OpenRecording? TryGoOn(Point point)
    {
        if (_passedOver.Contains(point.Scan) || !_recovery.Left.TryGetValue(point.Scan, out var row))
        {
            return null;
        }

        try
        {
            if (RecordingRecovery.ReadOpening(row) is { } opening)
            {
                GoesOn(row.Prefix, point.Id);
                return Open(opening);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Tell(new RecordingFault(
                point.Scan, RecordingErrors.Explain(error, RecordingErrors.LiveFailed, row.Prefix), EndsScan: true));
        }

        _passedOver.Add(point.Scan);
        return null;
    }

    private OpenRecording Open(ScanOpened opened)
    {
        var recording = new OpenRecording(opened, _options.MinimumFree);
        _open.Add(opened.Scan, recording);
        RecordingMetrics.Open.Add(1);
        _states.PutInto(recording);
        if (recording.Fault is { } fault)
        {
            Tell(new RecordingFault(opened.Scan, fault, EndsScan: true));
        }

        return recording;
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
        var waiting = new Queue<EndedRecording>();
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

            while (_ended.Reader.TryRead(out var ended))
            {
                await FinishAsync(ended, waiting, abandon);
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

    private async Task FinishAsync(EndedRecording ended, Queue<EndedRecording> waiting, CancellationToken abandon)
    {
        var scan = ended.Document.Scan;
        using var correlation = Correlation.Begin(scan.ToString());
        using var span = Tracing.Begin("recording", ActivityKind.Consumer, ended.Recording?.Scan.Trace);
        try
        {
            var begun = _time.GetTimestamp();
            if (await CloseAsync(ended, abandon) is { } closed)
            {
                ended.Closed = closed;
                await _finisher.RegisterAsync(closed, abandon);
                RecordingMetrics.Count(closed, _time.GetElapsedTime(begun));
                Tell(new RecordingDone(scan, closed));
            }
        }
        catch (FaultException fault)
        {
            Wait(fault.Reason, fault);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Data.Common.DbException)
        {
            Wait(RecordingErrors.Explain(error, RecordingErrors.FinalFailed, ended.Name), error);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            // Its row is still there: the next start finishes it.
        }
        catch (Exception error)
        {
            // A bug in one recording must not keep the others from their files; its live file and its row stay.
            Broken(error, scan);
            Tell(new RecordingFault(scan, RecordingErrors.FinalFailed.Because($"{ended.Name}: {error.Message}"), EndsScan: false));
        }

        void Wait(Reason reason, Exception error)
        {
            NotFinished(error, scan);
            if (!ended.IsReported)
            {
                ended.IsReported = true;
                Tell(new RecordingFault(scan, reason, EndsScan: false));
            }

            waiting.Enqueue(ended);
        }
    }

    // Null when there is nothing to be closed: it is registered already.
    private async Task<RecordingClosed?> CloseAsync(EndedRecording ended, CancellationToken abandon)
    {
        if (ended.Closed is { } closed)
        {
            return closed;
        }

        if (ended.Recording is { } recording)
        {
            return _finisher.Close(recording.TakeSource());
        }

        // Of a scan that an earlier writer wrote: from its live files alone. How many points they hold they say themselves.
        var document = ended.Document;
        return await _recovery.FindAsync(document.Scan, abandon) is { } row
            ? _recovery.Close(row, document.Points == 0
                ? null
                : new RecordingEnd(document.End, document.Points, document.At, document.Reasons))
            : null;
    }

    private void Tell(RecordingNotice notice)
    {
        if (notice is RecordingFault fault)
        {
            Faulted(fault.Scan, fault.Reason.Code, fault.Reason.Message);
            RecordingMetrics.Faults.Add(1, new KeyValuePair<string, object?>("code", fault.Reason.Code));
        }

        if (!_topics.Notices.TryPublish(notice))
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

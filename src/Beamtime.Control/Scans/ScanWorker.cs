using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Control.Scans.Steps;
using Beamtime.Core.Ledger;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Scans;

/// <summary>What a scan worker works with.</summary>
/// <param name="Store">The durable side.</param>
/// <param name="Queues">Where scans come from.</param>
/// <param name="Guard">Judges a scan again just before it begins.</param>
/// <param name="Recorder">Where files go.</param>
/// <param name="Endings">Records how scans ended.</param>
/// <param name="Alarms">Keeps what went wrong.</param>
/// <param name="Locks">Which scan uses which devices.</param>
/// <param name="Book">The devices.</param>
/// <param name="Link">Commands and stops devices.</param>
/// <param name="Documents">Where the scan says what it does.</param>
/// <param name="Options">Settings of scans.</param>
internal sealed record ScanRoom(
    ScanStore Store,
    ScanQueues Queues,
    ScanGuard Guard,
    ScanRecorder Recorder,
    ScanEndings Endings,
    AlarmStore Alarms,
    DeviceLocks Locks,
    DeviceBook Book,
    DeviceLink Link,
    Topic<ScanDocument> Documents,
    ScanOptions Options)
{
    /// <summary>The scans that take steps while they run.</summary>
    public OpenSteps Steps { get; } = new();
}

/// <summary>Runs the scans of one queue one after the other. Whatever happens to one, the next one runs.</summary>
/// <param name="room">What it works with.</param>
/// <param name="queue">The queue.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what goes wrong.</param>
internal sealed partial class ScanWorker(ScanRoom room, ScanQueue queue, TimeProvider time, ILogger<ScanWorker> logger)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private readonly LeftScans _left = new(room, time, logger);
    private string? _lastOpened;

    /// <summary>Runs scans until cancelled, or until the queue is gone.</summary>
    /// <param name="cancel">Ends the worker; the running scan is interrupted, its devices stopped and released.</param>
    /// <exception cref="FaultException"><c>device.owner.stale</c>: a newer worker has taken over.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            StreamState<ScanRecord>? scan = null;
            try
            {
                scan = await room.Queues.NextAsync(queue, cancel);
                if (scan is null)
                {
                    return;
                }

                await RunAsync(scan, cancel);
            }
            catch (ConflictException)
            {
                // Cancelled in the moment when it was to begin: the queue has gone on.
            }
            catch (Exception error) when (!cancel.IsCancellationRequested && !IsReplaced(error))
            {
                if (scan is null)
                {
                    LogQueueFailed(logger, error, queue.Name);
                }
                else
                {
                    LogWorkerFailed(logger, error, scan.State!.Number);
                }

                await Task.Delay(RetryDelay, time, cancel);
            }

            Ended();
        }
    }

    private async Task RunAsync(StreamState<ScanRecord> scan, CancellationToken cancel)
    {
        var record = scan.State!;
        if (record.HasBegun)
        {
            if (scan.Id == _lastOpened)
            {
                await _left.EndAsync(scan, $"Scan {record.Number} ran, its end could not be recorded.", null, cancel);
            }
            else if (record.State == ScanState.Paused && room.Guard.GoesOnAfterCrash(record.Request))
            {
                await GoOnAsync(scan, cancel);
            }
            else
            {
                await _left.EndAsync(
                    scan,
                    $"The start of scan {record.Number} was recorded, its answer was lost.",
                    transaction => room.Recorder.ForgetAsync(transaction, Guid.Parse(scan.Id), cancel),
                    cancel);
            }

            return;
        }

        switch (await AdmitAsync(record, null, cancel))
        {
            case Refused<AdmissibleScan>(var reasons):
                await CancelAsync(scan, reasons, cancel);
                break;
            case Accepted<AdmissibleScan>(var admissible):
                await RunAsync(scan, admissible, cancel);
                break;
        }
    }

    // Where motors stand may have changed since the request was admitted.
    private async Task<Outcome<AdmissibleScan>> AdmitAsync(
        ScanRecord record, IReadOnlyDictionary<string, double>? origins, CancellationToken cancel)
    {
        var unread = await ReadMotorsAsync(record.Request, cancel);
        return unread.Count > 0
            ? new Refused<AdmissibleScan>(unread)
            : room.Guard.Judge(record.Request, origins);
    }

    private async Task RunAsync(StreamState<ScanRecord> scan, AdmissibleScan admissible, CancellationToken cancel)
    {
        var record = scan.State!;
        var hadToWait = !room.Locks.TryAcquire(record.Number, admissible.Devices.Owned);
        if (hadToWait && !await TakeDevicesAsync(scan, admissible.Devices.Owned, cancel))
        {
            return;
        }

        try
        {
            // Whoever had a device may have left it elsewhere than where the plan begins.
            if (hadToWait)
            {
                switch (await AdmitAsync(record, null, cancel))
                {
                    case Refused<AdmissibleScan>(var reasons):
                        await CancelAsync(scan, reasons, cancel);
                        return;
                    case Accepted<AdmissibleScan>(var again):
                        admissible = again;
                        break;
                }
            }

            // What came between the look at the queue and now is obeyed.
            if (room.Queues.StateOf(queue.Name) == ScanQueueState.Running
                && await StartAsync(scan, admissible, cancel) is { } started)
            {
                await RunStartedAsync(started, admissible, goesOnAt: null, isHeld: false, cancel);
            }
        }
        finally
        {
            room.Locks.Release(record.Number);
        }
    }

    // False where the queue was changed meanwhile: then it is another scan's turn, or nobody's.
    private async Task<bool> TakeDevicesAsync(
        StreamState<ScanRecord> scan, IReadOnlyCollection<string> devices, CancellationToken cancel)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var changed = queue.ControlAsync();
        var taken = room.Locks.AcquireAsync(scan.State!.Number, devices, giveUp.Token);
        queue.WaitsForDevices = scan;
        room.Queues.Told();
        try
        {
            if (await Task.WhenAny(taken, changed) == changed)
            {
                await giveUp.CancelAsync();
            }

            await taken;
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            queue.WaitsForDevices = null;
            room.Queues.Told();
        }
    }

    // A scan whose program died, at its first point that is not on the disk.
    private async Task GoOnAsync(StreamState<ScanRecord> scan, CancellationToken cancel)
    {
        var record = scan.State!;
        if (await room.Recorder.FirstUnrecordedAsync(Guid.Parse(scan.Id), cancel) is not { } first)
        {
            await _left.AwaitFileAsync(Guid.Parse(scan.Id), cancel);
            await _left.EndAsync(scan, $"Scan {record.Number} had ended when its program died.", null, cancel);
            return;
        }

        switch (await AdmitAsync(record, record.Origins, cancel))
        {
            case Refused<AdmissibleScan>(var reasons):
                await _left.CloseAsync(scan, reasons[0], cancel);
                await _left.EndAsync(scan, $"Scan {record.Number} cannot go on: {reasons[0].Message}", null, cancel);
                break;
            case Accepted<AdmissibleScan>(var admissible):
                await room.Locks.AcquireAsync(record.Number, admissible.Devices.Owned, cancel);
                try
                {
                    var goesOn = record.IsHeldByCrash == true && room.Options.GoesOnByItself;
                    if (goesOn)
                    {
                        LogGoesOn(logger, record.Number, first);
                        scan = (await room.Store.ChangeAsync(
                            scan.Id,
                            now => new Accepted<IReadOnlyList<ScanEntry>>(now!.State == ScanState.Paused ? [new ScanResumed()] : []),
                            Why.BySystem($"goes on at point {first}", scan.Id),
                            cancel)).OrThrow();
                    }

                    await RunStartedAsync(scan, admissible, first, isHeld: !goesOn, cancel);
                }
                finally
                {
                    room.Locks.Release(record.Number);
                }

                break;
        }
    }

    private async Task<StreamState<ScanRecord>?> StartAsync(
        StreamState<ScanRecord> scan, AdmissibleScan admissible, CancellationToken cancel)
    {
        try
        {
            var (folder, prefix) = await room.Recorder.MakeFolderAsync(scan.State!, cancel);
            return await room.Store.StartAsync(
                scan,
                new ScanStarted(folder, prefix, admissible.Plan.Points, admissible.Origins, scan.State!.Request.FileSuffix),
                (transaction, next) => room.Recorder.OpenAsync(transaction, Guid.Parse(scan.Id), next.State!, cancel),
                cancel);
        }
        catch (FaultException fault)
        {
            await CancelAsync(scan, [fault.Reason], cancel);
            return null;
        }
    }

    private async Task RunStartedAsync(
        StreamState<ScanRecord> scan, AdmissibleScan admissible, int? goesOnAt, bool isHeld, CancellationToken cancel)
    {
        using var correlation = Correlation.Begin(scan.Id);
        using var span = Tracing.Begin($"scan {scan.State!.Request.Scan}");
        span?.SetTag("beamtime.scan.number", scan.State!.Number);
        var id = Guid.Parse(scan.Id);
        using var running = new RunningScan(
            id, admissible.Plan, admissible.Devices, goesOnAt ?? 0, room.Link, room.Options.DeviceServerPatience, time);
        foreach (var remark in admissible.Plan.Remarks)
        {
            LogRemark(logger, scan.State!.Number, remark);
        }

        if (isHeld)
        {
            running.Pause();
        }

        using var abort = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        EarlyEnd? asked = null;
        queue.Began(scan.Id, running, early =>
        {
            asked ??= early;
            abort.Cancel();
        });
        room.Queues.Told();
        var course = new ScanCourse(room, scan.State!, admissible, running, goesOnAt is not null, time);
        List<Reason> reasons = [];
        var end = ScanEnd.Completed;
        try
        {
            await course.RunAsync(abort.Token);
        }
        catch (Exception error)
        {
            end = asked?.End ?? (cancel.IsCancellationRequested ? ScanEnd.Interrupted : ScanEnd.Aborted);
            reasons.Add(asked?.Reason ?? ReasonOf(error, cancel));
            span.Fail(error);
            LogEndedEarly(logger, scan.State!.Number, reasons[0].Message);
            reasons.AddRange(asked?.PutsBack == false
                ? await room.Link.StopAsync(admissible.Devices.Stopped)
                : await course.PutBackAsync());
        }

        _lastOpened = course.IsOpened ? scan.Id : _lastOpened;
        reasons.AddRange(await course.UnstageAsync(isPatient: end == ScanEnd.Completed));
        var points = running.PointsTaken;
        if (course.IsOpened)
        {
            // Not given up on shutdown: the file writer still has to close the file.
            await room.Documents.PublishAsync(
                new ScanClosed { Scan = id, End = end, Points = points, Reasons = reasons, At = time.GetUtcNow() },
                CancellationToken.None);
        }

        Ended();
        // Before the end is recorded: who reads that it is over may use its devices.
        room.Locks.Release(scan.State!.Number);
        await room.Endings.RecordAsync(
            scan,
            new SpooledEnd(
                new ScanEnded(LeftScans.StateOf(end), points, reasons),
                course.IsOpened,
                asked is { } early && early.Who != PersonId.System ? early.Who.Value : null,
                // What a person or an alarm ended needs no further alarm; a program that stops in order neither.
                end == ScanEnd.Aborted && (asked is null || asked.Who == PersonId.System) ? Guid.CreateVersion7(time.GetUtcNow()) : null),
            cancel);
    }

    private void Ended()
    {
        queue.Ended();
        room.Queues.Told();
    }

    private Task CancelAsync(StreamState<ScanRecord> scan, IReadOnlyList<Reason> reasons, CancellationToken cancel)
    {
        LogEndedEarly(logger, scan.State!.Number, reasons[0].Message);
        return room.Store.EndAsync(
            scan,
            new ScanEnded(ScanState.Cancelled, 0, reasons),
            Why.BySystem(reasons[0].Message, scan.Id),
            null,
            cancel);
    }

    // A plan is never made from where a motor stood when it could still be read.
    private async Task<IReadOnlyList<Reason>> ReadMotorsAsync(ScanRequest request, CancellationToken cancel)
    {
        await _left.AwaitDevicesAsync(cancel);
        Operation[] reads = [.. request.Args.Concat(request.Parameters.Values).Distinct()
            .Where(room.Book.Has)
            .Select(name => new Operation(0, OperationKind.Read, name))];
        if (reads.Length == 0)
        {
            return [];
        }

        var done = await room.Link.AskAsync(reads, room.Link.Options.ReadDeadline, cancel, allowsGaps: true);
        return
        [
            .. done.Rows
                .Where(r => room.Book.Has(r.Key) && room.Book[r.Key] is { Hinted.Type: not (SignalType.Text or SignalType.FloatArray), HintedIndex: var main }
                    && KnownDevice.NumberIn(r.Value[main].Value) is null)
                .Select(r => DeviceErrors.Fault.Because(
                    $"{r.Key} has no position: its reading was {r.Value[room.Book[r.Key].HintedIndex].Value}.")),
        ];
    }

    private static bool IsReplaced(Exception error) =>
        error is FaultException fault && fault.Reason.Code == DeviceErrors.OwnerStale.Code;

    private static Reason ReasonOf(Exception error, CancellationToken cancel) => error switch
    {
        FaultException fault => fault.Reason,
        RefusedException refused => refused.Reasons[0],
        OperationCanceledException when cancel.IsCancellationRequested =>
            ScanErrors.Interrupted.Because("The program was stopped while the scan ran."),
        _ => ScanErrors.Failed.Because($"{error.GetType().Name}: {error.Message}"),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number} ended early: {Message}")]
    private static partial void LogEndedEarly(ILogger logger, int number, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "Scan {Number} could not be run or recorded; trying again")]
    private static partial void LogWorkerFailed(ILogger logger, Exception error, int number);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number}, whose program died, goes on at point {Point}")]
    private static partial void LogGoesOn(ILogger logger, int number, int point);

    [LoggerMessage(Level = LogLevel.Information, Message = "Scan {Number}: {Remark}")]
    private static partial void LogRemark(ILogger logger, int number, string remark);

    [LoggerMessage(Level = LogLevel.Error, Message = "Queue {Queue} could not be read; trying again")]
    private static partial void LogQueueFailed(ILogger logger, Exception error, string queue);
}

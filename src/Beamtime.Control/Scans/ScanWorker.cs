using System.Diagnostics;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Steps;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>What a scan worker works with.</summary>
/// <param name="Store">The durable side.</param>
/// <param name="Queue">Where scans come from.</param>
/// <param name="Guard">Judges a scan again just before it begins.</param>
/// <param name="Recorder">Where files go.</param>
/// <param name="Endings">Records how scans ended.</param>
/// <param name="Locks">Which scan uses which devices.</param>
/// <param name="Book">The devices.</param>
/// <param name="Link">Commands and stops devices.</param>
/// <param name="Documents">Where the scan says what it does.</param>
/// <param name="Options">Settings of scans.</param>
internal sealed record ScanRoom(
    ScanStore Store,
    ScanQueue Queue,
    ScanGuard Guard,
    ScanRecorder Recorder,
    ScanEndings Endings,
    DeviceLocks Locks,
    DeviceBook Book,
    DeviceLink Link,
    Topic<ScanDocument> Documents,
    ScanOptions Options)
{
    /// <summary>The scans that take steps while they run.</summary>
    public OpenSteps Steps { get; } = new();
}

/// <summary>Runs the scans of a queue one after the other. Whatever happens to one, the next one runs.</summary>
internal sealed partial class ScanWorker(ScanRoom room, TimeProvider time, ILogger<ScanWorker> logger)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RecordingPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecordingPoll = TimeSpan.FromMilliseconds(50);
    private string? _lastOpened;

    /// <summary>
    /// Takes over the devices, ends or holds what a program that died left running, then runs scans until cancelled.
    /// </summary>
    /// <param name="cancel">Ends the worker; the running scan is interrupted, its devices stopped and released.</param>
    /// <exception cref="FaultException"><c>device.owner.stale</c>: a newer worker has taken over.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        // Whichever ends first, by the stop or by a bug, ends the other.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var (scans, endings) = (RunScansAsync(stop.Token), room.Endings.RunAsync(stop.Token));
        await Task.WhenAny(scans, endings);
        await stop.CancelAsync();
        await Task.WhenAll(scans, endings);
    }

    private async Task RunScansAsync(CancellationToken cancel)
    {
        await AwaitDevicesAsync(cancel);
        await room.Endings.CaughtUpAsync(cancel);
        // Above what the devices have seen: a database that was restored or made anew begins lower.
        await ThroughOutagesAsync(
            async _ => room.Link.Own(
                await room.Store.RaiseEpochAsync(room.Options.Beamline, room.Link.Watch.OwnerEpoch, cancel)),
            cancel);
        await ThroughOutagesAsync(EndInterruptedAsync, cancel);
        while (true)
        {
            StreamState<ScanRecord>? scan = null;
            try
            {
                scan = await room.Queue.NextAsync(cancel);
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
                    LogQueueFailed(logger, error);
                }
                else
                {
                    LogWorkerFailed(logger, error, scan.State!.Number);
                }

                await Task.Delay(RetryDelay, time, cancel);
            }

            room.Queue.Ended();
        }
    }

    private async Task AwaitDevicesAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await room.Link.Watch.SessionAsync(room.Options.DeviceServerPatience, cancel);
                return;
            }
            catch (FaultException fault)
            {
                LogWaits(logger, fault.Reason.Message);
            }
        }
    }

    private async Task ThroughOutagesAsync(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await work(cancel);
                return;
            }
            catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
            {
                LogQueueFailed(logger, outage);
                await Task.Delay(RetryDelay, time, cancel);
            }
        }
    }

    private async Task EndInterruptedAsync(CancellationToken cancel)
    {
        foreach (var scan in await room.Store.QueuedAsync(room.Options.Beamline, ScanQueue.Primary, 1000, cancel))
        {
            if (!HasBegun(scan))
            {
                continue;
            }

            var message = $"The program ended while scan {scan.State!.Number} ran.";
            if (room.Guard.GoesOnAfterCrash(scan.State.Request)
                && await room.Recorder.EndOfAsync(Guid.Parse(scan.Id), cancel) is null)
            {
                await HoldAsync(scan, message, cancel);
            }
            else
            {
                await CloseAsync(scan, ScanErrors.Interrupted.Because(message), cancel);
                await EndInterruptedAsync(scan, message, null, cancel);
            }
        }
    }

    // What a person held stays held until a person resumes it.
    private Task<Outcome<StreamState<ScanRecord>>> HoldAsync(
        StreamState<ScanRecord> scan, string message, CancellationToken cancel) => room.Store.ChangeAsync(
        scan.Id,
        record => new Accepted<IReadOnlyList<ScanEntry>>(
            record!.State == ScanState.Running ? [new ScanPaused(record.Points, ByCrash: true)] : []),
        Why.BySystem(message, scan.Id),
        cancel);

    // The bundler and the file writer, which may have outlived the scan server, are told that nothing more comes; the end
    // is recorded when the file says how many points there are.
    private async Task CloseAsync(StreamState<ScanRecord> scan, Reason why, CancellationToken cancel)
    {
        var id = Guid.Parse(scan.Id);
        if (await room.Recorder.IsRecordedAsync(id, cancel))
        {
            return;
        }

        await room.Documents.PublishAsync(
            new ScanClosed { Scan = id, End = ScanEnd.Interrupted, Points = 0, Reasons = [why], At = time.GetUtcNow() }, cancel);
        await AwaitFileAsync(id, cancel);
    }

    private async Task AwaitFileAsync(Guid id, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (!await room.Recorder.IsRecordedAsync(id, cancel) && time.GetElapsedTime(began) < RecordingPatience)
        {
            await Task.Delay(RecordingPoll, time, cancel);
        }
    }

    private async Task EndInterruptedAsync(
        StreamState<ScanRecord> scan, string message, Func<DatabaseTransaction, Task>? also, CancellationToken cancel)
    {
        var ended = EndOf(
            scan.State!, await room.Recorder.EndOfAsync(Guid.Parse(scan.Id), cancel), ScanErrors.Interrupted.Because(message));
        await room.Store.EndAsync(scan, ended, Why.BySystem(message, scan.Id), also, cancel);
        LogOverlooked(logger, scan.State!.Number, ended.State, message);
    }

    // The files are closed before the end is recorded: where both did not happen, the files know more than the record.
    private static ScanEnded EndOf(ScanRecord scan, RecordedEnd? recorded, Reason interrupted) => recorded switch
    {
        { End: ScanEnd.Completed } => new ScanEnded(ScanState.Completed, checked((int)recorded.Points), []),
        { End: ScanEnd.Aborted } => new ScanEnded(
            ScanState.Aborted,
            checked((int)recorded.Points),
            [ScanErrors.Aborted.Because($"Scan {scan.Number} was ended early; the program ended before it was recorded why.")]),
        _ => new ScanEnded(ScanState.Interrupted, checked((int)(recorded?.Points ?? scan.Points)), [interrupted]),
    };

    private static bool HasBegun(StreamState<ScanRecord> scan) => scan.State!.State is ScanState.Running or ScanState.Paused;

    private async Task RunAsync(StreamState<ScanRecord> scan, CancellationToken cancel)
    {
        var record = scan.State!;
        if (HasBegun(scan))
        {
            if (scan.Id == _lastOpened)
            {
                await EndInterruptedAsync(scan, $"Scan {record.Number} ran, its end could not be recorded.", null, cancel);
            }
            else if (record.State == ScanState.Paused && room.Guard.GoesOnAfterCrash(record.Request))
            {
                await GoOnAsync(scan, cancel);
            }
            else
            {
                await EndInterruptedAsync(
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
        var taking = room.Locks.AcquireAsync(record.Number, admissible.Devices.Owned, cancel);
        var hadToWait = !taking.IsCompleted;
        await taking;
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

            if (await StartAsync(scan, admissible, cancel) is { } started)
            {
                await RunStartedAsync(started, admissible, goesOnAt: null, isHeld: false, cancel);
            }
        }
        finally
        {
            room.Locks.Release(record.Number);
        }
    }

    // A scan whose program died, at its first point that is not on the disk.
    private async Task GoOnAsync(StreamState<ScanRecord> scan, CancellationToken cancel)
    {
        var record = scan.State!;
        if (await room.Recorder.FirstUnrecordedAsync(Guid.Parse(scan.Id), cancel) is not { } first)
        {
            await AwaitFileAsync(Guid.Parse(scan.Id), cancel);
            await EndInterruptedAsync(scan, $"Scan {record.Number} had ended when its program died.", null, cancel);
            return;
        }

        switch (await AdmitAsync(record, record.Origins, cancel))
        {
            case Refused<AdmissibleScan>(var reasons):
                await CloseAsync(scan, reasons[0], cancel);
                await EndInterruptedAsync(scan, $"Scan {record.Number} cannot go on: {reasons[0].Message}", null, cancel);
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
        using var span = Tracing.Begin($"scan {scan.State!.Request.Scan}", ActivityKind.Consumer, room.Queue.Traces.Take(scan.Id));
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
        Reason? asked = null;
        room.Queue.Began(scan.Id, running, reason =>
        {
            asked ??= reason;
            abort.Cancel();
        });
        var course = new ScanCourse(room, scan.State!, admissible, running, goesOnAt is not null, time);
        List<Reason> reasons = [];
        var end = ScanEnd.Completed;
        try
        {
            await course.RunAsync(abort.Token);
        }
        catch (Exception error)
        {
            end = cancel.IsCancellationRequested ? ScanEnd.Interrupted : ScanEnd.Aborted;
            reasons.Add(asked ?? ReasonOf(error, cancel));
            span.Fail(error);
            LogEndedEarly(logger, scan.State!.Number, reasons[0].Message);
            reasons.AddRange(await course.PutBackAsync());
        }

        _lastOpened = course.IsOpened ? scan.Id : _lastOpened;
        reasons.AddRange(await course.UnstageAsync(isPatient: end == ScanEnd.Completed));
        var points = running.PointsTaken;
        if (end == ScanEnd.Interrupted && asked is null && course.IsOpened && room.Guard.GoesOnAfterCrash(scan.State!.Request))
        {
            await HandOverAsync(scan);
            return;
        }

        if (course.IsOpened)
        {
            // Not given up on shutdown: the file writer still has to close the file.
            await room.Documents.PublishAsync(
                new ScanClosed { Scan = id, End = end, Points = points, Reasons = reasons, At = time.GetUtcNow() },
                CancellationToken.None);
        }

        room.Queue.Ended();
        // Before the end is recorded: who reads that it is over may use its devices.
        room.Locks.Release(scan.State!.Number);
        var state = end switch
        {
            ScanEnd.Completed => ScanState.Completed,
            ScanEnd.Aborted => ScanState.Aborted,
            _ => ScanState.Interrupted,
        };
        await room.Endings.RecordAsync(scan, new SpooledEnd(new ScanEnded(state, points, reasons), course.IsOpened), cancel);
    }

    // A stop in order leaves what may go on to the next scan server, as a crash does: bundler and file writer keep it open.
    private async Task HandOverAsync(StreamState<ScanRecord> scan)
    {
        room.Queue.Ended();
        room.Locks.Release(scan.State!.Number);
        using var limit = new CancellationTokenSource(room.Options.CleanUpDeadline, time);
        try
        {
            await HoldAsync(scan, $"The scan server was stopped while scan {scan.State!.Number} ran.", limit.Token);
            LogHandedOver(logger, scan.State!.Number);
        }
        catch (Exception outage) when (outage is OperationCanceledException || (outage is NpgsqlException away && away.IsOutage()))
        {
            // The next one finds it running, and holds it itself.
            LogQueueFailed(logger, outage);
        }
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
        await AwaitDevicesAsync(cancel);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number} is recorded as {State} now: {Message}")]
    private static partial void LogOverlooked(ILogger logger, int number, ScanState state, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "Scan {Number} could not be run or recorded; trying again")]
    private static partial void LogWorkerFailed(ILogger logger, Exception error, int number);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scans wait for the device server: {Message}")]
    private static partial void LogWaits(ILogger logger, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number}, whose program died, goes on at point {Point}")]
    private static partial void LogGoesOn(ILogger logger, int number, int point);

    [LoggerMessage(Level = LogLevel.Information, Message = "Scan {Number} is left to the next scan server, where it goes on")]
    private static partial void LogHandedOver(ILogger logger, int number);

    [LoggerMessage(Level = LogLevel.Information, Message = "Scan {Number}: {Remark}")]
    private static partial void LogRemark(ILogger logger, int number, string remark);

    [LoggerMessage(Level = LogLevel.Error, Message = "The scan queue could not be read; trying again")]
    private static partial void LogQueueFailed(ILogger logger, Exception error);
}

using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Scans;

/// <summary>Ends or holds the scans that a program which died has left without an end.</summary>
/// <param name="room">What scans work with.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what was found.</param>
internal sealed partial class LeftScans(ScanRoom room, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RecordingPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RecordingPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>The state of a scan that ended so.</summary>
    /// <param name="end">How it ended.</param>
    public static ScanState StateOf(ScanEnd end) => end switch
    {
        ScanEnd.Completed => ScanState.Completed,
        ScanEnd.Aborted => ScanState.Aborted,
        ScanEnd.Halted => ScanState.Halted,
        ScanEnd.UserCompleted => ScanState.UserCompleted,
        _ => ScanState.Interrupted,
    };

    /// <summary>Waits until a device server is heard.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public async Task AwaitDevicesAsync(CancellationToken cancel)
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

    /// <summary>Ends every scan of a queue that has begun; holds those that are to go on.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task EndAsync(string queue, CancellationToken cancel)
    {
        foreach (var scan in await room.Store.QueuedAsync(room.Options.Beamline, queue, 1000, cancel))
        {
            if (!scan.State!.HasBegun)
            {
                continue;
            }

            var message = $"The program ended while scan {scan.State.Number} ran.";
            if (room.Guard.GoesOnAfterCrash(scan.State.Request)
                && await room.Recorder.EndOfAsync(Guid.Parse(scan.Id), cancel) is null)
            {
                await HoldAsync(scan, message, cancel);
            }
            else
            {
                await CloseAsync(scan, ScanErrors.Interrupted.Because(message), cancel);
                await EndAsync(scan, message, null, cancel);
            }
        }
    }

    /// <summary>
    /// Tells the bundler and the file writer, which may have outlived the scan server, that nothing more comes; the end is
    /// recorded when the file says how many points there are.
    /// </summary>
    /// <param name="scan">The scan.</param>
    /// <param name="why">Why it ended.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task CloseAsync(StreamState<ScanRecord> scan, Reason why, CancellationToken cancel)
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

    /// <summary>Waits for a scan's file, not for ever.</summary>
    /// <param name="id">The scan's id.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task AwaitFileAsync(Guid id, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (!await room.Recorder.IsRecordedAsync(id, cancel) && time.GetElapsedTime(began) < RecordingPatience)
        {
            await Task.Delay(RecordingPoll, time, cancel);
        }
    }

    /// <summary>Records how a scan ended: as its closed files say, and interrupted where they are silent.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="message">What is said of one that was interrupted.</param>
    /// <param name="also">What commits with it; null for nothing.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task EndAsync(
        StreamState<ScanRecord> scan, string message, Func<DatabaseTransaction, Task>? also, CancellationToken cancel)
    {
        var ended = EndOf(
            scan.State!, await room.Recorder.EndOfAsync(Guid.Parse(scan.Id), cancel), ScanErrors.Interrupted.Because(message));
        await room.Store.EndAsync(
            scan,
            ended,
            Why.BySystem(message, scan.Id),
            async transaction =>
            {
                if (also is not null)
                {
                    await also(transaction);
                }

                if (ended is { State: ScanState.Interrupted, Reasons: [var first, ..] })
                {
                    await room.Alarms.RaiseAsync(
                        transaction, Guid.CreateVersion7(time.GetUtcNow()), ScanEndings.AlarmOf(scan, first), cancel);
                }
            },
            cancel);
        LogOverlooked(logger, scan.State!.Number, ended.State, message);
    }

    // What a person held stays held until a person resumes it.
    private Task<Outcome<StreamState<ScanRecord>>> HoldAsync(
        StreamState<ScanRecord> scan, string message, CancellationToken cancel) => room.Store.ChangeAsync(
        scan.Id,
        record => new Accepted<IReadOnlyList<ScanEntry>>(
            record!.State == ScanState.Running ? [new ScanPaused(record.Points, ByCrash: true)] : []),
        Why.BySystem(message, scan.Id),
        cancel);

    // The files are closed before the end is recorded: where both did not happen, the files know more than the record.
    private static ScanEnded EndOf(ScanRecord scan, RecordedEnd? recorded, Reason interrupted)
    {
        var points = checked((int)(recorded?.Points ?? scan.Points));
        return recorded?.End switch
        {
            ScanEnd.Completed => new ScanEnded(ScanState.Completed, points, []),
            null or ScanEnd.Interrupted => new ScanEnded(ScanState.Interrupted, points, [interrupted]),
            { } end => new ScanEnded(
                StateOf(end),
                points,
                [ScanErrors.Aborted.Because($"Scan {scan.Number} was ended early; the program ended before it was recorded why.")]),
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number} is recorded as {State} now: {Message}")]
    private static partial void LogOverlooked(ILogger logger, int number, ScanState state, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scans wait for the device server: {Message}")]
    private static partial void LogWaits(ILogger logger, string message);
}

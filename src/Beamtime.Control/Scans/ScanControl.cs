using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Scans;

/// <summary>
/// What is done to scans that wait or run: hold, let go, end in the three ways, take out, run once more, put elsewhere in
/// the order. Each is recorded with who and why.
/// </summary>
internal sealed class ScanControl(ScanStore store, ScanQueues queues, ScanOptions options) : IDisposable
{
    private readonly SemaphoreSlim _holding = new(1);

    /// <summary>Ends a scan early, or takes it out of the queue before it begins.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="how">Aborted, halted or ended by the user as complete.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="holdsOthers">
    /// Whether the queue is paused where further scans wait: a person who stops a scan looks before the next one begins.
    /// </param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<StreamState<ScanRecord>>> EndAsync(
        string numberOrId, ScanEnd how, PersonId who, string reason, bool holdsOthers, CancellationToken cancel)
    {
        var why = ReasonFor(how, reason);
        await queues.LoadAsync(cancel);
        if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: { } found })
        {
            return Unknown(numberOrId);
        }

        while (true)
        {
            // Taken before the look at the record: a change after it is not missed.
            var queue = queues.Find(found.Queue);
            var changed = queue?.ChangeAsync();
            var scan = (await store.FindAsync(options.Beamline, numberOrId, cancel))!;
            var record = scan.State!;
            if (record.State.IsOver)
            {
                return Over(record);
            }

            if (queue is null || changed is null)
            {
                throw new InvalidOperationException($"Scan {record.Number} is in queue {record.Queue}, which is gone.");
            }

            if (queue.Running?.Id.ToString() == scan.Id)
            {
                if (holdsOthers && how != ScanEnd.UserCompleted)
                {
                    await HoldOthersAsync(record, new Why(who, why.Message, scan.Id), cancel);
                }

                if (queue.EndRunning(scan.Id, new EarlyEnd(how, why, who)))
                {
                    return new Accepted<StreamState<ScanRecord>>(scan);
                }
            }
            else if (record.State == ScanState.Pending)
            {
                if (how == ScanEnd.UserCompleted)
                {
                    return Refuse(ScanErrors.NotRunning.Because($"Scan {record.Number} has not begun: nothing of it can be complete."));
                }

                if (await TryCancelAsync(scan, why, new Why(who, why.Message, scan.Id), cancel) is { } ended)
                {
                    return new Accepted<StreamState<ScanRecord>>(ended);
                }

                // Somebody was faster: it began, or is over.
                continue;
            }

            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Holds the running scan before its next point.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<Outcome<StreamState<ScanRecord>>> PauseAsync(
        string numberOrId, PersonId who, string reason, CancellationToken cancel) => ChangeRunningAsync(
        numberOrId, new Why(who, Said("held by request", reason), numberOrId), isHeld: true, cancel);

    /// <summary>Lets a held scan go on.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<Outcome<StreamState<ScanRecord>>> ResumeAsync(
        string numberOrId, PersonId who, string reason, CancellationToken cancel) => ChangeRunningAsync(
        numberOrId, new Why(who, Said("resumed by request", reason), numberOrId), isHeld: false, cancel);

    /// <summary>
    /// Runs a scan once more. One that runs is ended, and its copy goes right behind it; of one that is over, the copy goes
    /// to the end of its queue.
    /// </summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="asker">Who asks; a key makes it happen once.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The copy.</returns>
    public async Task<Outcome<StreamState<ScanRecord>>> RestartAsync(
        string numberOrId, ScanAsker asker, string reason, CancellationToken cancel)
    {
        if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: { } record } scan)
        {
            return Unknown(numberOrId);
        }

        if (asker.Key is { } key && await store.FindAsync(options.Beamline, key.ToString(), cancel) is { } known)
        {
            return new Accepted<StreamState<ScanRecord>>(known);
        }

        asker = asker with { Cause = asker.Cause ?? $"scan {scan.Id}" };
        if (record.State.IsOver)
        {
            return await queues.SubmitAsync(record.Request, asker with { IsVerbatim = true }, cancel);
        }

        await queues.LoadAsync(cancel);
        if (queues.Find(record.Queue)?.Running is not { } running || running.Id.ToString() != scan.Id)
        {
            return Refuse(ScanErrors.NotRunning.Because($"Scan {record.Number} has not begun; it will run as it is."));
        }

        if (record.Request.AllowRestart == false)
        {
            return Refuse(ScanErrors.RestartForbidden.Because(
                $"Scan {record.Number} was asked for as one that is not to be restarted: whoever asked for it decides."));
        }

        var copy = await queues.EnterAsync(
            record.Request, record.Queue, asker with { Group = record.Group }, Guid.Parse(scan.Id), cancel);
        if (copy is Accepted<StreamState<ScanRecord>>(var next))
        {
            var why = ScanErrors.Restarted.Because(
                Said($"Restarted as {EntryWords.ScanNumber(next.State!.Number)}", reason) + ".");
            queues.EndRunning(scan.Id, new EarlyEnd(ScanEnd.Aborted, why, asker.Who));
        }

        return copy;
    }

    /// <summary>Puts a scan that waits elsewhere in its queue's order.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="move">Where.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<StreamState<ScanRecord>>> MoveAsync(
        string numberOrId, QueueMove move, PersonId who, string reason, CancellationToken cancel)
    {
        if (move.Mistake is { } mistake)
        {
            return Refuse(ScanErrors.MoveInvalid.Because(mistake));
        }

        await queues.LoadAsync(cancel);
        if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: { } record } scan)
        {
            return Unknown(numberOrId);
        }

        if (record.State.IsOver)
        {
            return Over(record);
        }

        var (isMoved, changed) = await store.MoveAsync(
            options.Beamline, record, Guid.Parse(scan.Id), move, new Why(who, Said("moved by request", reason), scan.Id), cancel);
        if (changed is not null)
        {
            queues.Remember(changed);
        }

        return isMoved
            ? new Accepted<StreamState<ScanRecord>>(scan)
            : Refuse(ScanErrors.Begun.Because($"Scan {record.Number} has begun; only what waits can be moved."));
    }

    /// <summary>Takes everything out of a queue: what waits is cancelled, what runs is aborted.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up; what is not taken out yet stays, and the queue paused.</param>
    public async Task ClearAsync(ScanQueue queue, PersonId who, string reason, CancellationToken cancel)
    {
        var why = new Why(who, Said("cleared by request", reason), ScanQueueRecord.IdOf(options.Beamline, queue.Name));
        var cause = ScanErrors.Aborted.Because(Said($"Queue {queue.Name} was cleared", reason) + ".");
        var waiting = await store.CountQueuedAsync(options.Beamline, queue.Name, cancel) - (queue.Running is null ? 0 : 1);
        // Paused first: nothing begins while the rest is taken out. It goes on by itself once it is empty.
        await queues.ChangeAsync(
            queue.Name,
            record => record.IsPaused ? [new QueueCleared(waiting)] : [new QueuePaused(), new QueueCleared(waiting)],
            why,
            cancel);
        if (queue.Running is { } running)
        {
            queue.EndRunning(running.Id.ToString(), new EarlyEnd(ScanEnd.Aborted, cause, who));
        }

        while ((await store.QueuedAsync(options.Beamline, queue.Name, 100, cancel))
            .Where(s => s.State!.State == ScanState.Pending).ToList() is { Count: > 0 } rest)
        {
            foreach (var scan in rest)
            {
                await TryCancelAsync(scan, cause, why with { Correlation = scan.Id }, cancel);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _holding.Dispose();

    private static string Said(string what, string reason) => reason.Length > 0 ? $"{what}: {reason}" : what;

    private static Reason ReasonFor(ScanEnd how, string reason) => how switch
    {
        ScanEnd.Halted => ScanErrors.Halted.Because(Said("Halted by request", reason) + "."),
        ScanEnd.UserCompleted => ScanErrors.UserCompleted.Because(Said("Ended as complete by request", reason) + "."),
        _ => ScanErrors.Aborted.Because(Said("Aborted by request", reason) + "."),
    };

    private static Refused<StreamState<ScanRecord>> Refuse(Reason reason) => new([reason]);

    private static Refused<StreamState<ScanRecord>> Unknown(string scan) =>
        Refuse(ScanErrors.Unknown.Because($"There is no scan '{scan}'."));

    private static Refused<StreamState<ScanRecord>> Over(ScanRecord scan) =>
        Refuse(ScanErrors.Over.Because($"Scan {scan.Number} is {scan.State} already."));

    private async Task HoldOthersAsync(ScanRecord record, Why why, CancellationToken cancel)
    {
        if (await store.CountQueuedAsync(options.Beamline, record.Queue, cancel) > 1)
        {
            await queues.ChangeAsync(record.Queue, queue => queue.IsPaused ? [] : [new QueuePaused()], why, cancel);
        }
    }

    // Null where it began in the meantime.
    private async Task<StreamState<ScanRecord>?> TryCancelAsync(
        StreamState<ScanRecord> scan, Reason reason, Why why, CancellationToken cancel)
    {
        try
        {
            var ended = await store.EndAsync(scan, new ScanEnded(ScanState.Cancelled, 0, [reason]), why, null, cancel);
            if (queues.Find(scan.State!.Queue) is { } queue)
            {
                queue.Change(queues.RecordOf(queue.Name).IsPaused);
            }

            return ended;
        }
        catch (ConflictException)
        {
            return null;
        }
    }

    // A pause is recorded once it holds, and let go once its end is recorded.
    private async Task<Outcome<StreamState<ScanRecord>>> ChangeRunningAsync(
        string numberOrId, Why why, bool isHeld, CancellationToken cancel)
    {
        if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: { } record } found)
        {
            return Unknown(numberOrId);
        }

        if (queues.Find(record.Queue)?.Running is not { } running || running.Id.ToString() != found.Id)
        {
            return record.State.IsOver
                ? Over(record)
                : Refuse(ScanErrors.NotRunning.Because($"Scan {record.Number} has not begun."));
        }

        // One at a time: what is recorded last is what the scan does.
        await _holding.WaitAsync(cancel);
        try
        {
            return await ChangeRunningAsync(found.Id, running, why with { Correlation = found.Id }, isHeld, cancel);
        }
        finally
        {
            _holding.Release();
        }
    }

    private async Task<Outcome<StreamState<ScanRecord>>> ChangeRunningAsync(
        string id, RunningScan running, Why why, bool isHeld, CancellationToken cancel)
    {
        var wasHeld = running.IsPaused;
        var isRecorded = false;
        if (isHeld)
        {
            running.Pause();
        }

        try
        {
            var changed = await store.ChangeAsync(
                id,
                scan => scan!.State.IsOver
                    ? new Refused<IReadOnlyList<ScanEntry>>([ScanErrors.Over.Because($"Scan {scan.Number} is {scan.State} already.")])
                    : new Accepted<IReadOnlyList<ScanEntry>>((scan.State, isHeld) switch
                    {
                        (ScanState.Running, true) => [new ScanPaused(running.PointsTaken)],
                        (ScanState.Paused, false) => [new ScanResumed()],
                        _ => [],
                    }),
                why,
                cancel);
            isRecorded = changed is Accepted<StreamState<ScanRecord>>;
            return changed;
        }
        finally
        {
            // A hold that nobody can read of is let go, as is one whose end is recorded.
            if (isHeld ? !isRecorded && !wasHeld : isRecorded)
            {
                running.Resume();
            }

            queues.Told();
        }
    }
}

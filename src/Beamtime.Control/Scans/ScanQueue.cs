using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>
/// The beamline's scan queue: admits requests, and ends scans that wait or run. Durable: what was accepted runs, also
/// after a restart.
/// </summary>
internal sealed class ScanQueue(ScanStore store, ScanGuard guard, ScanOptions options) : IDisposable
{
    /// <summary>The queue that always exists.</summary>
    public const string Primary = "primary";

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _holding = new(1);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (string Id, RunningScan Scan, Action<Reason> Abort)? _running;
    private StreamState<ScanRecord>? _next;
    private int? _lastNumber;

    /// <summary>The spans that asked for scans.</summary>
    public ScanTraces Traces { get; } = new();

    /// <summary>Set when another scan runs, or one is held or let go.</summary>
    public TopicSignal Changed { get; } = new();

    /// <summary>What runs now; null when nothing does.</summary>
    public RunningScan? Running
    {
        get
        {
            lock (_gate)
            {
                return _running?.Scan;
            }
        }
    }

    /// <summary>Admits a request or refuses it with every reason.</summary>
    /// <param name="request">The request.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up; nothing is then admitted.</param>
    public Task<Outcome<StreamState<ScanRecord>>> SubmitAsync(ScanRequest request, PersonId who, CancellationToken cancel) =>
        SubmitAsync(request, new ScanAsker(who), cancel);

    /// <summary>The same for one that something else sets off, or that must be admitted once however often it is asked for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="asker">Who or what asks.</param>
    /// <param name="cancel">Gives up; nothing is then admitted.</param>
    public async Task<Outcome<StreamState<ScanRecord>>> SubmitAsync(
        ScanRequest request, ScanAsker asker, CancellationToken cancel)
    {
        if (asker.Key is { } key && await store.FindAsync(options.Beamline, key.ToString(), cancel) is { } known)
        {
            return new Accepted<StreamState<ScanRecord>>(known);
        }

        request = guard.Named(request);
        if (guard.Judge(request) is Refused<AdmissibleScan> refused)
        {
            return new Refused<StreamState<ScanRecord>>(refused.Reasons);
        }

        if (await store.AdmitAsync(options.Beamline, Primary, options.QueueCapacity, request, asker, cancel)
            is not var (admitted, before))
        {
            return new Refused<StreamState<ScanRecord>>(
                [ScanErrors.QueueFull.Because($"Queue {Primary} holds {options.QueueCapacity} scans already.")]);
        }

        Traces.Note(admitted.Id);
        Admitted(admitted, before);
        return new Accepted<StreamState<ScanRecord>>(admitted);
    }

    /// <summary>Ends a scan early, or takes it out of the queue before it begins.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<StreamState<ScanRecord>>> AbortAsync(
        string numberOrId, PersonId who, string reason, CancellationToken cancel)
    {
        while (true)
        {
            var changed = ChangeAsync();
            if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: { } record } scan)
            {
                return Refuse(ScanErrors.Unknown.Because($"There is no scan '{numberOrId}'."));
            }

            if (record.State.IsOver)
            {
                return Refuse(ScanErrors.Over.Because($"Scan {record.Number} is {record.State} already."));
            }

            var why = ScanErrors.Aborted.Because($"Aborted by request{(reason.Length > 0 ? $": {reason}" : "")}.");
            if (AbortRunning(scan.Id, why))
            {
                return new Accepted<StreamState<ScanRecord>>(scan);
            }

            try
            {
                if (record.State == ScanState.Pending)
                {
                    var ended = await store.EndAsync(
                        scan, new ScanEnded(ScanState.Cancelled, 0, [why]), new Why(who, why.Message, scan.Id), null, cancel);
                    Forget(scan.Id);
                    Wake();
                    return new Accepted<StreamState<ScanRecord>>(ended);
                }
            }
            catch (ConflictException)
            {
                // It began in the meantime: look again.
            }

            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Holds the running scan before its next point.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<Outcome<StreamState<ScanRecord>>> PauseAsync(string numberOrId, PersonId who, CancellationToken cancel) =>
        ChangeRunningAsync(
            numberOrId,
            new Why(who, "held by request", numberOrId),
            isHeld: true,
            (record, scan) => record.State switch
            {
                ScanState.Running => [new ScanPaused(scan.PointsTaken)],
                _ => [],
            },
            cancel);

    /// <summary>Lets a held scan go on.</summary>
    /// <param name="numberOrId">Its number or id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<Outcome<StreamState<ScanRecord>>> ResumeAsync(string numberOrId, PersonId who, CancellationToken cancel) =>
        ChangeRunningAsync(
            numberOrId,
            new Why(who, "resumed by request", numberOrId),
            isHeld: false,
            (record, _) => record.State switch
            {
                ScanState.Paused => [new ScanResumed()],
                _ => [],
            },
            cancel);

    /// <summary>The scan at the head, as soon as there is one.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<StreamState<ScanRecord>> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var changed = ChangeAsync();
            if (TakeNext() is { } next)
            {
                return next;
            }

            if (await store.HeadAsync(options.Beamline, Primary, cancel) is { } head)
            {
                return head;
            }

            await changed.WaitAsync(cancel);
        }
    }

    /// <summary>Says which scan runs, so that it can be aborted.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="abort">Ends it.</param>
    public void Began(string id, RunningScan scan, Action<Reason> abort)
    {
        lock (_gate)
        {
            _running = (id, scan, abort);
        }

        Wake();
    }

    /// <summary>Says that nothing runs.</summary>
    public void Ended()
    {
        lock (_gate)
        {
            _running = null;
        }

        Wake();
    }

    /// <summary>Aborts the running scan if it is that one.</summary>
    /// <param name="id">The scan's id.</param>
    /// <param name="why">Why.</param>
    /// <returns>False when another or none runs.</returns>
    public bool AbortRunning(string id, Reason why)
    {
        lock (_gate)
        {
            if (_running is not { } running || running.Id != id)
            {
                return false;
            }

            running.Abort(why);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _holding.Dispose();

    // A pause is recorded once it holds, and let go once its end is recorded.
    private async Task<Outcome<StreamState<ScanRecord>>> ChangeRunningAsync(
        string numberOrId,
        Why why,
        bool isHeld,
        Func<ScanRecord, RunningScan, IReadOnlyList<ScanEntry>> entries,
        CancellationToken cancel)
    {
        if (await store.FindAsync(options.Beamline, numberOrId, cancel) is not { State: { } record } found)
        {
            return Refuse(ScanErrors.Unknown.Because($"There is no scan '{numberOrId}'."));
        }

        if (Running is not { } running || running.Id.ToString() != found.Id)
        {
            return Refuse(record.State.IsOver
                ? ScanErrors.Over.Because($"Scan {record.Number} is {record.State} already.")
                : ScanErrors.NotRunning.Because($"Scan {record.Number} has not begun."));
        }

        // One at a time: what is recorded last is what the scan does.
        await _holding.WaitAsync(cancel);
        try
        {
            return await ChangeRunningAsync(found.Id, running, why with { Correlation = found.Id }, isHeld, entries, cancel);
        }
        finally
        {
            _holding.Release();
        }
    }

    private async Task<Outcome<StreamState<ScanRecord>>> ChangeRunningAsync(
        string id,
        RunningScan running,
        Why why,
        bool isHeld,
        Func<ScanRecord, RunningScan, IReadOnlyList<ScanEntry>> entries,
        CancellationToken cancel)
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
                    : new Accepted<IReadOnlyList<ScanEntry>>(entries(scan, running)),
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

            Changed.Set();
        }
    }

    private static Refused<StreamState<ScanRecord>> Refuse(Reason reason) => new([reason]);

    // Into an empty queue: the worker need not look for it. The numbers say whether another one came in between, which
    // the count, taken before, may not have seen.
    private void Admitted(StreamState<ScanRecord> scan, int before)
    {
        var number = scan.State!.Number;
        lock (_gate)
        {
            if (before == 0 && number == _lastNumber + 1 && _running?.Id != scan.Id)
            {
                _next ??= scan;
            }

            _lastNumber = Math.Max(number, _lastNumber ?? 0);
        }

        Wake();
    }

    private StreamState<ScanRecord>? TakeNext()
    {
        lock (_gate)
        {
            var next = _next;
            _next = null;
            return next;
        }
    }

    private void Forget(string id)
    {
        lock (_gate)
        {
            _next = _next?.Id == id ? null : _next;
        }
    }

    private Task ChangeAsync()
    {
        lock (_gate)
        {
            return _changed.Task;
        }
    }

    private void Wake()
    {
        Changed.Set();
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans;

/// <summary>
/// One queue as the scan server holds it: what runs, what is known to come next, and whether anything may begin. What
/// waits in it is durable and lies in the store.
/// </summary>
/// <param name="name">Its name.</param>
internal sealed class ScanQueue(string name)
{
    /// <summary>The queue that always exists.</summary>
    public const string Primary = "primary";

    /// <summary>The name that means every queue of the beamline, also those that are yet to come.</summary>
    public const string Every = "all";

    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _control = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (string Id, RunningScan Scan, Action<EarlyEnd> End)? _running;
    private StreamState<ScanRecord>? _next;
    private bool _isPaused;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Requests that are about to be put into it; changed by the set of queues alone.</summary>
    public int Entering { get; set; }

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

    /// <summary>The scan at its head while that waits for devices; null when none does.</summary>
    public StreamState<ScanRecord>? WaitsForDevices
    {
        get
        {
            lock (_gate)
            {
                return field;
            }
        }

        set
        {
            lock (_gate)
            {
                field = value;
            }
        }
    }

    /// <summary>
    /// Completed when somebody changes what may begin: the queue is paused or locked, its order is another one, or a scan
    /// was taken out. Who is about to begin a scan then looks anew.
    /// </summary>
    public Task ControlAsync()
    {
        lock (_gate)
        {
            return _control.Task;
        }
    }

    /// <summary>Completed with the next change; taken before one looks.</summary>
    public Task ChangeAsync()
    {
        lock (_gate)
        {
            return _changed.Task;
        }
    }

    /// <summary>Says which scan runs, so that it can be held and ended; it is held at once where the queue was paused just now.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="end">Ends it.</param>
    public void Began(string id, RunningScan scan, Action<EarlyEnd> end)
    {
        lock (_gate)
        {
            _running = (id, scan, end);
            if (_isPaused)
            {
                scan.Pause();
            }
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

    /// <summary>Ends the running scan if it is that one.</summary>
    /// <param name="id">The scan's id.</param>
    /// <param name="end">How and why.</param>
    /// <returns>False when another or none runs.</returns>
    public bool EndRunning(string id, EarlyEnd end)
    {
        lock (_gate)
        {
            if (_running is not { } running || running.Id != id)
            {
                return false;
            }

            running.End(end);
            return true;
        }
    }

    /// <summary>The worker need not look for a scan that came into the empty queue.</summary>
    /// <param name="scan">The scan.</param>
    public void Offer(StreamState<ScanRecord> scan)
    {
        lock (_gate)
        {
            if (_running?.Id != scan.Id)
            {
                _next ??= scan;
            }
        }
    }

    /// <summary>The scan that was offered last, once.</summary>
    public StreamState<ScanRecord>? TakeNext()
    {
        lock (_gate)
        {
            var next = _next;
            _next = null;
            return next;
        }
    }

    /// <summary>What may begin is another matter now.</summary>
    /// <param name="isPaused">Whether the queue is paused.</param>
    public void Change(bool isPaused)
    {
        lock (_gate)
        {
            _isPaused = isPaused;
            _next = null;
            _control.TrySetResult();
            _control = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        Wake();
    }

    /// <summary>Wakes who waits for a change.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

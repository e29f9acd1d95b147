namespace Beamtime.Core.Jobs;

/// <summary>A job that a worker holds: its hold, its lease and the handler's cancellation.</summary>
internal sealed class HeldJob : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel;
    private Task _cancelling = Task.CompletedTask;
    private TaskCompletionSource? _ended;
    private volatile int _beginsOn;
    private bool _isDisposed;
    private bool _hasEnded;

    /// <summary>Holds a job.</summary>
    /// <param name="job">The job under its fence.</param>
    /// <param name="lease">How long the worker may be silent.</param>
    /// <param name="stopping">Set when the worker stops.</param>
    public HeldJob(ClaimedJob job, TimeSpan lease, CancellationToken stopping)
    {
        Hold = new JobHold(job);
        Lease = lease;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Cancel = _cancel.Token;
    }

    /// <summary>What the handler ties its transactions to.</summary>
    public JobHold Hold { get; }

    /// <summary>The job under its fence.</summary>
    public ClaimedJob Job => Hold.Job;

    /// <summary>How long the worker may be silent.</summary>
    public TimeSpan Lease { get; }

    /// <summary>Set when the lease is lost or the worker stops.</summary>
    public CancellationToken Cancel { get; }

    /// <summary>The thread on which its handler runs up to its first wait; 0 before and after.</summary>
    public int BeginsOn
    {
        get => _beginsOn;
        set => _beginsOn = value;
    }

    /// <summary>Complete once the handler has ended, and its end is written or with those to be written.</summary>
    public Task Ended
    {
        get
        {
            lock (_gate)
            {
                return _hasEnded ? Task.CompletedTask
                    : (_ended ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>Says that the handler has ended.</summary>
    public void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
            _ended?.TrySetResult();
        }
    }

    /// <summary>Whether another may hold it now.</summary>
    public bool IsLost { get; private set; }

    /// <summary>The lease is lost: the handler is asked to end. A handler that has completed the job goes on.</summary>
    public void Lose()
    {
        lock (_gate)
        {
            if (_isDisposed || Hold.IsCompleted)
            {
                return;
            }

            IsLost = true;
            // On the pool: what the handler registered must run neither under the lock nor on the heartbeat.
            _cancelling = _cancel.CancelAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        await _cancelling;
        _cancel.Dispose();
    }
}

/// <summary>Jobs that were claimed together and begin one after the other.</summary>
/// <param name="jobs">The jobs in their order.</param>
internal sealed class HeldBatch(HeldJob[] jobs)
{
    private int _next = -1;

    /// <summary>Whether each of them has begun.</summary>
    public bool IsBegun => Volatile.Read(ref _next) >= jobs.Length - 1;

    /// <summary>The next to begin; null once there is none.</summary>
    public HeldJob? Next() => Interlocked.Increment(ref _next) is var place && place < jobs.Length ? jobs[place] : null;
}

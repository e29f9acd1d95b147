namespace Beamtime.Core.Jobs;

/// <summary>A job that a worker holds: its hold, its lease and the handler's cancellation.</summary>
internal sealed class HeldJob : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancel;
    private Task _cancelling = Task.CompletedTask;
    private bool _isDisposed;

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

    /// <summary>The run of its handler and the writing of its end.</summary>
    public Task Run { get; set; } = Task.CompletedTask;

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

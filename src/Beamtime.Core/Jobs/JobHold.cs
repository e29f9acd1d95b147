using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs;

/// <summary>A worker's hold on a job: what a handler needs to tie its own transactions to it.</summary>
/// <param name="job">The job under its fence.</param>
internal sealed class JobHold(ClaimedJob job)
{
    private volatile bool _isCompleted;
    private volatile bool _isMoved;
    private volatile int _attempt = job.Attempt;

    /// <summary>The job under its fence.</summary>
    public ClaimedJob Job => job;

    /// <summary>Whether the handler has completed the job in a transaction of its own.</summary>
    public bool IsCompleted => _isCompleted;

    /// <summary>Whether the handler has moved the job itself: given it back until something comes, ended or withdrawn it.</summary>
    public bool IsMoved => _isMoved;

    /// <summary>The handler has moved the job in a transaction that has committed: its worker writes nothing more.</summary>
    /// <param name="isCompleted">Whether it accepted the job's result in it.</param>
    public void Move(bool isCompleted)
    {
        _isCompleted = isCompleted;
        _isMoved = true;
    }

    /// <summary>This attempt, from 1; 1 again after <see cref="RenewAttemptsAsync"/>.</summary>
    public int Attempt => _attempt;

    /// <summary>Accepts the job's result in this transaction, so that its effects and its completion commit together.</summary>
    /// <param name="transaction">The transaction that holds the effects; the handler commits it.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c>: the hold is lost, and the effects must not commit.</exception>
    public async Task CompleteAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        await JobLeases.CompleteAsync(transaction, job, cancel);
        _isCompleted = true;
    }

    /// <summary>Refuses this transaction unless the job is still held; it stays so until the transaction ends.</summary>
    /// <param name="transaction">The transaction whose effects depend on it.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <exception cref="FaultException"><c>jobs.lease.lost</c>: the hold is lost, and the effects must not commit.</exception>
    public Task HoldAsync(DatabaseTransaction transaction, CancellationToken cancel) =>
        JobLeases.HoldAsync(transaction, job, cancel);

    /// <summary>The job got on: attempts count from here, so that only those without progress bury it.</summary>
    /// <param name="transaction">The transaction that records the progress.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task RenewAttemptsAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        if (_attempt > 1)
        {
            await JobLeases.RenewAttemptsAsync(transaction, job, cancel);
            _attempt = 1;
        }
    }
}

/// <summary>What a handler is given: the arguments and the hold on the job.</summary>
/// <typeparam name="TArguments">The arguments of the kind.</typeparam>
/// <param name="hold">The hold on the job.</param>
/// <param name="arguments">What the job was enqueued with.</param>
internal sealed class JobContext<TArguments>(JobHold hold, TArguments arguments)
{
    /// <summary>The hold: ties transactions to the job.</summary>
    public JobHold Hold => hold;

    /// <summary>What the job was enqueued with.</summary>
    public TArguments Arguments => arguments;

    /// <summary>The job.</summary>
    public JobId Id => hold.Job.Id;

    /// <summary>This attempt, from 1.</summary>
    public int Attempt => hold.Job.Attempt;

    /// <summary>What the job belongs to.</summary>
    public Guid? Correlation => hold.Job.Correlation;

    /// <inheritdoc cref="JobHold.CompleteAsync"/>
    public Task CompleteAsync(DatabaseTransaction transaction, CancellationToken cancel) =>
        hold.CompleteAsync(transaction, cancel);
}

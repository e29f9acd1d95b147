using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>What people do to a queue as a whole: pause, resume, clear, lock and release. Each is recorded with who and why.</summary>
internal sealed class QueueControl(ScanQueues queues, ScanControl scans, ScanStore store, ScanOptions options)
{
    private const int TextKept = 200;

    /// <summary>Carries out what is asked.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The queue as it then is.</returns>
    public async Task<Outcome<ScanQueueRecord>> DoAsync(QueueCommand command, CancellationToken cancel)
    {
        await queues.LoadAsync(cancel);
        var isEmpty = command.Kind == QueueCommandKind.Pause
            && await store.CountQueuedAsync(options.Beamline, command.Queue, cancel) == 0;
        if (Against(command, isEmpty) is { Count: > 0 } reasons)
        {
            return new Refused<ScanQueueRecord>(reasons);
        }

        var who = new PersonId(command.Who);
        switch (command.Kind)
        {
            case QueueCommandKind.Pause:
                await PauseAsync(command, who, cancel);
                break;
            case QueueCommandKind.Resume:
                await ResumeAsync(command, who, cancel);
                break;
            case QueueCommandKind.Clear:
                await scans.ClearAsync(queues.Find(command.Queue)!, who, command.Reason, cancel);
                break;
            case QueueCommandKind.Lock:
                await LockAsync(command.Queue, new QueueLocked(command.Owner, command.Reason, command.AllowsMoves), who, cancel);
                break;
            default:
                await ReleaseAsync(command.Queue, command.Owner, command.Reason, who, cancel);
                break;
        }

        return new Accepted<ScanQueueRecord>(queues.RecordOf(command.Queue));
    }

    /// <summary>Locks a queue or all of them; a lock of that owner is replaced.</summary>
    /// <param name="queue">The queue, or the name of all.</param>
    /// <param name="locked">The lock.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<ScanQueueRecord> LockAsync(string queue, QueueLocked locked, PersonId who, CancellationToken cancel) => queues.ChangeAsync(
        queue,
        record => record.Locks.Any(l => l.Owner == locked.Owner && l.Reason == locked.Reason && l.AllowsMoves == locked.AllowsMoves)
            ? []
            : [locked],
        Why(queue, who, $"locked as {locked.Owner}: {locked.Reason}"),
        cancel);

    /// <summary>Releases a lock; nothing where there is none of that owner.</summary>
    /// <param name="queue">The queue, or the name of all.</param>
    /// <param name="owner">What the lock is called.</param>
    /// <param name="reason">Why.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<ScanQueueRecord> ReleaseAsync(
        string queue, string owner, string reason, PersonId who, CancellationToken cancel) => queues.ChangeAsync(
        queue,
        record => record.Locks.Any(l => l.Owner == owner) ? [new QueueReleased(owner)] : [],
        Why(queue, who, reason.Length > 0 ? reason : $"lock {owner} released by request"),
        cancel);

    private List<Reason> Against(QueueCommand command, bool isEmpty)
    {
        List<Reason> reasons = [];
        var isAboutLocks = command.Kind is QueueCommandKind.Lock or QueueCommandKind.Release;
        if (isAboutLocks && command.Queue != ScanQueue.Every)
        {
            reasons.AddRange(ScanQueues.NameAgainst(command.Queue));
        }
        else if (!isAboutLocks && queues.Find(command.Queue) is null)
        {
            reasons.Add(ScanErrors.QueueUnknown.Because(
                $"There is no queue '{command.Queue}'{NearestName.Question(command.Queue, queues.All.Select(q => q.Name))}"));
        }

        if (command.Reason.Length > TextKept)
        {
            reasons.Add(ScanErrors.LockInvalid.Because($"The reason has {command.Reason.Length} characters; {TextKept} are kept."));
        }

        var record = queues.RecordOf(command.Queue);
        switch (command.Kind)
        {
            case QueueCommandKind.Lock:
                if (command.Owner.Length is 0 or > 64 || command.Owner.Contains('/', StringComparison.Ordinal))
                {
                    reasons.Add(ScanErrors.LockInvalid.Because("A lock needs an owner of 1 to 64 characters without a slash, by which it is released."));
                }

                if (command.Reason.Length == 0)
                {
                    reasons.Add(ScanErrors.LockInvalid.Because("A lock needs a reason: others will ask why nothing begins."));
                }

                if (record.Locks.Count >= ScanQueueRecord.MostLocks && record.Locks.All(l => l.Owner != command.Owner))
                {
                    reasons.Add(ScanErrors.LockInvalid.Because($"{command.Queue} has {record.Locks.Count} locks already."));
                }

                break;
            case QueueCommandKind.Release when record.Locks.All(l => l.Owner != command.Owner):
                reasons.Add(ScanErrors.LockUnknown.Because(
                    $"{command.Queue} has no lock of '{command.Owner}'{NearestName.Question(command.Owner, record.Locks.Select(l => l.Owner))}"));
                break;
            case QueueCommandKind.Pause when isEmpty && reasons.Count == 0:
                reasons.Add(ScanErrors.QueueEmpty.Because($"Nothing waits or runs in queue {command.Queue}."));
                break;
        }

        return reasons;
    }

    private async Task PauseAsync(QueueCommand command, PersonId who, CancellationToken cancel)
    {
        await queues.ChangeAsync(
            command.Queue,
            record => record.IsPaused ? [] : [new QueuePaused()],
            Why(command.Queue, who, command.Reason.Length > 0 ? command.Reason : "paused by request"),
            cancel);
        if (queues.Find(command.Queue)?.Running is { } running)
        {
            // One that ends in this moment needs no hold.
            await scans.PauseAsync(running.Id.ToString(), who, command.Reason, cancel);
        }
    }

    private async Task ResumeAsync(QueueCommand command, PersonId who, CancellationToken cancel)
    {
        await queues.ChangeAsync(
            command.Queue,
            record => record.IsPaused ? [new QueueResumed()] : [],
            Why(command.Queue, who, command.Reason.Length > 0 ? command.Reason : "resumed by request"),
            cancel);
        if (queues.Find(command.Queue)?.Running is { IsPaused: true } running)
        {
            await scans.ResumeAsync(running.Id.ToString(), who, command.Reason, cancel);
        }
    }

    private Why Why(string queue, PersonId who, string reason) =>
        new(who, reason, ScanQueueRecord.IdOf(options.Beamline, queue));
}

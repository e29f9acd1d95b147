using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Metadata;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>
/// The beamline's scan queues: admits requests to the queue that they name, which then comes to be, and gives each
/// queue's worker what is next. Durable: what was accepted runs, also after a restart.
/// </summary>
internal sealed class ScanQueues(
    ScanStore store, ScanGuard guard, MetadataIntake metadata, DeviceLocks locks, ScanOptions options, TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _loading = new(1);
    private readonly Dictionary<string, ScanQueue> _queues = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScanQueueRecord> _records = new(StringComparer.Ordinal);
    private TaskCompletionSource _appeared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isLoaded;
    private int? _lastNumber;

    /// <summary>The spans that asked for scans.</summary>
    public ScanTraces Traces { get; } = new();

    /// <summary>Set when another scan runs, or one is held or let go.</summary>
    public TopicSignal Changed { get; } = new();

    /// <summary>The queues that there are, primary first.</summary>
    public IReadOnlyList<ScanQueue> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _queues.Values.OrderBy(q => q.Name != ScanQueue.Primary).ThenBy(q => q.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>What runs now, in any queue.</summary>
    public IReadOnlyList<RunningScan> AllRunning => [.. All.Select(q => q.Running).OfType<RunningScan>()];

    /// <summary>What runs in the primary queue; null when nothing does.</summary>
    public RunningScan? Running => All.FirstOrDefault(q => q.Name == ScanQueue.Primary)?.Running;

    /// <summary>Completed when a further queue has come to be; taken before one looks.</summary>
    public Task Appeared
    {
        get
        {
            lock (_gate)
            {
                return _appeared.Task;
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

        (request, asker) = await metadata.CompleteAsync(guard.Named(request), asker, cancel);
        var name = request.Queue ?? ScanQueue.Primary;
        List<Reason> reasons = [.. NameAgainst(name), .. metadata.Against(request), .. guard.Against(request, asker)];
        return reasons.Count > 0
            ? new Refused<StreamState<ScanRecord>>(reasons)
            : await EnterAsync(request, name, asker, behind: null, cancel);
    }

    /// <summary>Admits a request that needs no further judgement: a scan once more.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The queue.</param>
    /// <param name="asker">Who or what asks.</param>
    /// <param name="behind">The scan right behind which it goes; null for the end of the queue.</param>
    /// <param name="cancel">Gives up; nothing is then admitted.</param>
    public async Task<Outcome<StreamState<ScanRecord>>> EnterAsync(
        ScanRequest request, string name, ScanAsker asker, Guid? behind, CancellationToken cancel)
    {
        await LoadAsync(cancel);
        if (Enter(name) is not { } queue)
        {
            return new Refused<StreamState<ScanRecord>>([ScanErrors.QueuesFull.Because(
                $"There are {options.MaximumQueues} queues already; {name} cannot be made.")]);
        }

        try
        {
            await SettleAsync(name, cancel);
            // What replaces the scan that runs takes its place.
            var capacity = options.QueueCapacity + (behind is null ? 0 : 1);
            if (await store.AdmitAsync(options.Beamline, name, capacity, request, asker, behind, cancel)
                is not var (admitted, before))
            {
                return new Refused<StreamState<ScanRecord>>(
                    [ScanErrors.QueueFull.Because($"Queue {name} holds {options.QueueCapacity} scans already.")]);
            }

            Traces.Note(admitted.Id);
            Admitted(queue, admitted, before, isLast: behind is null);
            return new Accepted<StreamState<ScanRecord>>(admitted);
        }
        finally
        {
            lock (_gate)
            {
                queue.Entering--;
            }
        }
    }

    /// <summary>What is next in a queue, as soon as it may begin; null once the queue is gone, which was empty for long.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<StreamState<ScanRecord>?> NextAsync(ScanQueue queue, CancellationToken cancel)
    {
        await LoadAsync(cancel);
        while (true)
        {
            var changed = queue.ChangeAsync();
            var isOpen = StateOf(queue.Name) == ScanQueueState.Running;
            if (isOpen && queue.TakeNext() is { } next)
            {
                return next;
            }

            if (await store.HeadAsync(options.Beamline, queue.Name, cancel) is { } head)
            {
                if (isOpen || head.State!.HasBegun)
                {
                    return head;
                }

                await changed.WaitAsync(cancel);
            }
            else if (RecordOf(queue.Name).IsPaused)
            {
                await SettleAsync(queue.Name, cancel);
            }
            else if (queue.Name == ScanQueue.Primary || RecordOf(queue.Name).Locks.Count > 0)
            {
                await changed.WaitAsync(cancel);
            }
            else
            {
                try
                {
                    await changed.WaitAsync(options.EmptyQueueLife, time, cancel);
                }
                catch (TimeoutException) when (TryDrop(queue, changed))
                {
                    return null;
                }
                catch (TimeoutException)
                {
                    // Somebody is about to put something into it.
                }
            }
        }
    }

    /// <summary>Whether a scan of a queue may begin now, its own locks and those on all queues looked at.</summary>
    /// <param name="queue">The queue.</param>
    public ScanQueueState StateOf(string queue)
    {
        lock (_gate)
        {
            return _records.GetValueOrDefault(ScanQueue.Every)?.State == ScanQueueState.Locked
                ? ScanQueueState.Locked
                : _records.GetValueOrDefault(queue)?.State ?? ScanQueueState.Running;
        }
    }

    /// <summary>The locks that hold a queue: its own and those on all queues.</summary>
    /// <param name="queue">The queue.</param>
    public IReadOnlyList<QueueLock> LocksOn(string queue) => [.. RecordOf(ScanQueue.Every).Locks, .. RecordOf(queue).Locks];

    /// <summary>What is recorded of a queue.</summary>
    /// <param name="queue">The queue, or the name of all.</param>
    public ScanQueueRecord RecordOf(string queue)
    {
        lock (_gate)
        {
            return _records.GetValueOrDefault(queue) ?? new ScanQueueRecord { Beamline = options.Beamline, Name = queue };
        }
    }

    /// <summary>The queue of that name, or null.</summary>
    /// <param name="name">The name.</param>
    public ScanQueue? Find(string name)
    {
        lock (_gate)
        {
            return _queues.GetValueOrDefault(name);
        }
    }

    /// <summary>Records what happens to a queue and lets its worker know.</summary>
    /// <param name="name">The queue, or the name of all.</param>
    /// <param name="entries">From what is recorded to what happens; none for nothing.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScanQueueRecord> ChangeAsync(
        string name, Func<ScanQueueRecord, IReadOnlyList<ScanQueueEntry>> entries, Why why, CancellationToken cancel)
    {
        await LoadAsync(cancel);
        var changed = await store.ChangeQueueAsync(options.Beamline, name, entries, why, cancel);
        Remember(changed);
        return changed;
    }

    /// <summary>What was recorded of a queue by another road.</summary>
    /// <param name="record">The record.</param>
    public void Remember(ScanQueueRecord record)
    {
        lock (_gate)
        {
            _records[record.Name] = record;
            ForbidSets();
        }

        foreach (var queue in All.Where(q => record.Name == ScanQueue.Every || record.Name == q.Name))
        {
            queue.Change(RecordOf(queue.Name).IsPaused);
        }

        Changed.Set();
    }

    /// <summary>Says that another scan runs in a queue, or none.</summary>
    public void Told() => Changed.Set();

    /// <summary>Ends the running scan of that id, in whichever queue it runs, for a fault outside of it.</summary>
    /// <param name="id">The scan's id.</param>
    /// <param name="why">Why.</param>
    /// <returns>False when it does not run.</returns>
    public bool AbortRunning(string id, Reason why) =>
        EndRunning(id, new EarlyEnd(Beamtime.Sdk.Recording.ScanEnd.Aborted, why, PersonId.System));

    /// <summary>Ends the running scan of that id, in whichever queue it runs.</summary>
    /// <param name="id">The scan's id.</param>
    /// <param name="end">How and why.</param>
    /// <returns>False when it does not run.</returns>
    public bool EndRunning(string id, EarlyEnd end) => All.Any(queue => queue.EndRunning(id, end));

    /// <summary>Knows the queues that hold scans or locks, from the record; once.</summary>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        if (_isLoaded)
        {
            return;
        }

        await _loading.WaitAsync(cancel);
        try
        {
            if (_isLoaded)
            {
                return;
            }

            var (records, used) = await store.QueuesAsync(options.Beamline, cancel);
            lock (_gate)
            {
                foreach (var record in records)
                {
                    _records[record.Name] = record;
                }

                ForbidSets();

                IEnumerable<string> names =
                    [ScanQueue.Primary, .. used, .. records.Where(r => r.State == ScanQueueState.Locked).Select(r => r.Name)];
                foreach (var name in names.Distinct().Where(n => n != ScanQueue.Every))
                {
                    Make(name);
                }

                _isLoaded = true;
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();

    /// <summary>Why a queue cannot have this name.</summary>
    /// <param name="name">The name.</param>
    public static IEnumerable<Reason> NameAgainst(string name)
    {
        if (name == ScanQueue.Every || name.Length is 0 or > 32 || !char.IsAsciiLetterLower(name[0])
            || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_')))
        {
            yield return ScanErrors.QueueName.Because($"'{name}' cannot be the name of a queue.");
        }
    }

    // An empty queue is never paused; who enters one that has just run empty finds it going on.
    private async ValueTask SettleAsync(string name, CancellationToken cancel)
    {
        if (RecordOf(name).IsPaused && await store.CountQueuedAsync(options.Beamline, name, cancel) == 0)
        {
            await ChangeAsync(
                name,
                record => record.IsPaused ? [new QueueResumed()] : [],
                Why.BySystem("it ran empty", ScanQueueRecord.IdOf(options.Beamline, name)),
                cancel);
        }
    }

    // Devices belong to no queue: a lock on any of them that allows no moves holds all devices.
    private void ForbidSets() => locks.AgainstSets =
    [
        .. from record in _records.Values
           from held in record.Locks
           where !held.AllowsMoves
           orderby held.At
           select DeviceErrors.MovesLocked.Because($"{held.Owner} has locked {record.Name} against moves: {held.Reason}."),
    ];

    private ScanQueue? Enter(string name)
    {
        lock (_gate)
        {
            if (!_queues.TryGetValue(name, out var queue))
            {
                if (_queues.Count >= options.MaximumQueues)
                {
                    return null;
                }

                queue = Make(name);
                _appeared.TrySetResult();
                _appeared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            queue.Entering++;
            return queue;
        }
    }

    private ScanQueue Make(string name)
    {
        var queue = new ScanQueue(name);
        queue.Change(_records.GetValueOrDefault(name)?.IsPaused == true);
        _queues.Add(name, queue);
        return queue;
    }

    // Gone only where nobody is about to enter, and nobody has since it was found empty.
    private bool TryDrop(ScanQueue queue, Task unchanged)
    {
        lock (_gate)
        {
            if (queue.Entering > 0 || queue.ChangeAsync() != unchanged || unchanged.IsCompleted)
            {
                return false;
            }

            _queues.Remove(queue.Name);
        }

        Changed.Set();
        return true;
    }

    // Into an empty queue: the worker need not look for it. The numbers say whether another one came in between, which
    // the count, taken before, may not have seen.
    private void Admitted(ScanQueue queue, StreamState<ScanRecord> scan, int before, bool isLast)
    {
        var number = scan.State!.Number;
        lock (_gate)
        {
            if (isLast && before == 0 && number == _lastNumber + 1)
            {
                queue.Offer(scan);
            }

            _lastNumber = Math.Max(number, _lastNumber ?? 0);
        }

        queue.Wake();
        Changed.Set();
    }
}

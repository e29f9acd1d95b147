using System.Collections.Concurrent;
using System.Threading.Channels;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Claims the jobs of its queues and runs them, so many at once. A turn writes what has finished and claims what there is
/// room for, in one round trip. Beside it: watch for work, heartbeat, presence, rescue.
/// An outage of the database is waited out; a bug in any loop stops the worker and is thrown.
/// </summary>
internal sealed partial class JobWorker
{
    private static readonly TimeSpan ClaimLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);
    private readonly NotificationListener _listener;
    private readonly DatabasePatience _patience;
    private readonly VerdictBook _verdicts;
    private readonly JobLeases _leases;
    private readonly JobHandlers _handlers;
    private readonly JobRescuer _rescuer;
    private readonly RetentionPruner _pruner;
    private readonly JobWorkerOptions _options;
    private readonly JobMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<JobWorker> _logger;

    private readonly JobKind[] _kinds;
    private readonly ClaimKinds _claimKinds;
    private readonly WorkerPresence _presence;
    private readonly Guid _id;
    private readonly ConcurrentDictionary<(JobId Id, long Fence), HeldJob> _held = new();
    // Raised when a handler has ended and when there may be work: the turn looks at both.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // What has finished and is not yet written; never more than run at once, because it still counts as running.
    private readonly Lock _finishing = new();
    private List<ClaimedJob> _finished = [];
    private List<ClaimedJob> _writing = [];
    private volatile bool _mayBeWork = true;
    private volatile bool _isClosed;

    private readonly TaskCompletionSource _lastClaim = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _bug = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _drawing = new();
    private readonly Random _random;
    private int _running;

    // The first ends the claiming; the second asks handlers to end; the third, after the grace, gives up what is not
    // written by then.
    private CancellationToken _claiming;
    private CancellationToken _stopping;
    private CancellationToken _ending;

    /// <summary>A worker, not yet running.</summary>
    /// <param name="database">The database.</param>
    /// <param name="handlers">The kinds it can run.</param>
    /// <param name="options">Its queue and bounds.</param>
    /// <param name="metrics">Counts what it does.</param>
    /// <param name="time">The clock of polls and heartbeats.</param>
    /// <param name="logs">Where failures are told.</param>
    public JobWorker(
        BeamtimeDatabase database,
        JobHandlers handlers,
        JobWorkerOptions options,
        JobMetrics metrics,
        TimeProvider time,
        ILoggerFactory logs)
    {
        _listener = database.Listener;
        _leases = new JobLeases(database.Source);
        _handlers = handlers;
        _rescuer = new JobRescuer(
            _leases,
            database.Notifier,
            metrics,
            new SilentHolders(handlers.Kinds.Select(k => k.Options.Lease).DefaultIfEmpty(JobKindOptions.Usual.Lease).Max(), time),
            logs.CreateLogger<JobRescuer>());
        _pruner = new RetentionPruner(database, options.Retention, time, logs.CreateLogger<RetentionPruner>());
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logs.CreateLogger<JobWorker>();
        _patience = new DatabasePatience(time, _logger);
        _verdicts = new VerdictBook(_leases, database.Notifier, metrics, _patience);
        _kinds = [.. handlers.Kinds];
        _claimKinds = new ClaimKinds(_kinds);
        _id = Guid.CreateVersion7(time.GetUtcNow());
        var row = new WorkerRow(
            _id, options.Name, Environment.MachineName, Environment.ProcessId, options.Queues, options.Pools, options.Labels,
            options.Concurrency);
        _presence = new WorkerPresence(
            new WorkerRegister(database.Source), row, () => Volatile.Read(ref _running), options.Beat, time, _logger);
        _random = new Random(options.Seed);
    }

    /// <summary>
    /// Runs until cancelled, once. Then it claims no more, asks the running handlers to end, and hands back those
    /// that do without having finished.
    /// </summary>
    /// <param name="cancel">Stops the worker.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var claiming = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var stopping = new CancellationTokenSource();
        using var ending = new CancellationTokenSource();
        (_claiming, _stopping, _ending) = (claiming.Token, stopping.Token, ending.Token);
        var turns = TurnLoopAsync();
        var presence = _presence.RunAsync(_ending);
        Task[] loops = [turns, WatchLoopAsync(), HeartbeatLoopAsync(), presence, RescueLoopAsync(), _bug.Task];

        // Whichever ends first, by the stop or by a bug, ends the others in order.
        await Task.WhenAny(loops);
        await claiming.CancelAsync();
        _wake.Writer.TryWrite(true);
        // What is handed back is not to be claimed by a claim of our own that is still on its way.
        await Task.WhenAny(_lastClaim.Task, turns, Task.Delay(ClaimLimit, _time, CancellationToken.None));
        await stopping.CancelAsync();
        await Task.WhenAny(_lastClaim.Task, turns);
        var runs = Task.WhenAll(_held.Values.Select(h => h.Ended));
        await Task.WhenAny(runs, Task.Delay(_options.Grace, _time, CancellationToken.None));
        if (!runs.IsCompleted)
        {
            LogLeft(Volatile.Read(ref _running), _options.Grace);
        }

        _isClosed = true;
        _wake.Writer.TryWrite(true);
        await Task.WhenAny(turns, Task.Delay(_options.Grace, _time, CancellationToken.None));
        await ending.CancelAsync();
        await Task.WhenAny(presence);
        _bug.TrySetResult();
        try
        {
            await Task.WhenAll(loops);
        }
        catch (OperationCanceledException)
        {
            // The stop that was asked for; a bug would have been thrown in its place.
        }
    }

    private async Task TurnLoopAsync()
    {
        while (true)
        {
            var done = TakeFinished();
            if (_claiming.IsCancellationRequested)
            {
                _lastClaim.TrySetResult();
                await CompleteAsync(done);
                if (_isClosed && done.Count == 0)
                {
                    return;
                }

                await WaitAsync(done.Count);
            }
            else if (_mayBeWork && Want(done.Count) > 0)
            {
                // Lowered before the look, so that what is announced during it is looked for again.
                _mayBeWork = false;
                await ClaimAsync(done);
            }
            else
            {
                await CompleteAsync(done);
                await WaitAsync(done.Count);
            }
        }
    }

    // After something was written there may be more by now.
    private async Task WaitAsync(int written)
    {
        if (written == 0)
        {
            await _wake.Reader.ReadAsync(_ending);
        }
    }

    private List<ClaimedJob> TakeFinished()
    {
        lock (_finishing)
        {
            (_finished, _writing) = (_writing, _finished);
            _finished.Clear();
            return _writing;
        }
    }

    private int Want(int done) => Math.Min(_options.Batch, _options.Concurrency - Volatile.Read(ref _running) + done);

    private async Task ClaimAsync(List<ClaimedJob> done)
    {
        foreach (var queue in await QueuesAsync())
        {
            while (Want(done.Count) is var want and > 0 && !_claiming.IsCancellationRequested)
            {
                var claimed = await TurnAsync(done, queue, want);
                done = [];
                if (claimed < want)
                {
                    break;
                }

                // A full batch: there is likely more.
                _mayBeWork = true;
                done = TakeFinished();
            }
        }

        await CompleteAsync(done);
    }

    private async Task<IReadOnlyList<string>> QueuesAsync() =>
        _options.Pools.Count == 0 && _options.Queues.Count == 1
            ? _options.Queues
            : await _patience.UnlessOutageAsync(
                () => _leases.Claims.WaitingAsync(_options.Queues, _options.Pools, _options.Retention.Ageing, _ending), [], _ending);

    private async Task<int> TurnAsync(List<ClaimedJob> done, string queue, int want)
    {
        var order = new ClaimOrder
        {
            Queue = queue,
            Kinds = _claimKinds,
            Limit = want,
            Worker = _options.Name,
            WorkerId = _id,
            Labels = _options.Labels,
        };
        Turn turn;
        try
        {
            // Not cancelled on the way: jobs whose claim committed unseen would wait for their lease to run out.
            turn = await _leases.Claims.TurnAsync(done, order, CancellationToken.None);
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            await _patience.WaitAsync(outage, _ending);
            await CompleteAsync(done);
            _mayBeWork = true;
            return 0;
        }

        await SettleAsync(done, turn.Accepted);
        if (_claiming.IsCancellationRequested)
        {
            await _patience.UnlessOutageAsync(() => _leases.HandBackAsync(turn.Claimed, _ending), [], _ending);
            return 0;
        }

        if (turn.Claimed.Count > 0)
        {
            Start(turn.Claimed);
        }

        return turn.Claimed.Count;
    }

    // The end of an attempt is worth waiting for: until it is written the job is held, and the fence guards the rest.
    private async Task CompleteAsync(List<ClaimedJob> done)
    {
        if (done.Count > 0)
        {
            await SettleAsync(done, await _patience.UntilAnsweredAsync(() => _leases.CompleteAsync(done, _ending), _ending));
        }
    }

    private async Task SettleAsync(List<ClaimedJob> done, IReadOnlyList<JobId> accepted)
    {
        var all = accepted.Count == done.Count ? null : accepted.ToHashSet();
        foreach (var job in done)
        {
            // Not accepted now may mean accepted before an outage swallowed the answer.
            Settle(job, all is null || all.Contains(job.Id) || await StateAsync(job) == JobState.Succeeded);
        }

        Interlocked.Add(ref _running, -done.Count);
    }

    // Raises the flag for what was announced, and every so often without.
    private async Task WatchLoopAsync()
    {
        using var work = _options.Pools.Count == 0 && _options.Queues is [var only]
            ? _listener.Subscribe(JobQueue.ChannelOf(only))
            : _listener.SubscribeAll(JobQueue.ChannelOf(""));
        while (true)
        {
            await work.WaitAsync(_options.Poll, _claiming);
            _mayBeWork = true;
            _wake.Writer.TryWrite(true);
        }
    }

    private async Task HeartbeatLoopAsync()
    {
        using var withdrawn = _listener.Subscribe(JobQueue.Withdrawn);
        var period = _kinds.Length == 0 ? _options.Poll : _kinds.Min(k => k.Options.Lease) / 3;
        while (true)
        {
            LoopBeat.Touch();
            await withdrawn.WaitAsync(period, _ending);
            var held = _held.Values.Select(h => (h.Job, h.Lease)).ToArray();
            if (held.Length == 0)
            {
                continue;
            }

            foreach (var lost in await _patience.UnlessOutageAsync(() => _leases.ExtendAsync(held, _ending), [], _ending))
            {
                if (_held.TryGetValue(lost, out var job))
                {
                    job.Lose();
                }
            }
        }
    }

    private async Task RescueLoopAsync()
    {
        while (true)
        {
            await _patience.UnlessOutageAsync(() => _rescuer.RescueAsync(_stopping), 0, _stopping);
            await _patience.UnlessOutageAsync(() => _pruner.PruneAsync(_stopping), 0, _stopping);
            await Task.Delay(_options.RescueEvery, _time, _stopping);
        }
    }

    private void Start(IReadOnlyList<ClaimedJob> jobs)
    {
        Interlocked.Add(ref _running, jobs.Count);
        var held = new HeldJob[jobs.Count];
        for (var place = 0; place < held.Length; place++)
        {
            var job = jobs[place];
            _metrics.Claimed(job.Kind);
            held[place] = new HeldJob(job, _handlers.Kind(job.Kind).Options.Lease, _stopping);
            _held[(job.Id, job.Fence)] = held[place];
        }

        _ = RunBatchAsync(new HeldBatch(held));
    }

    // One hop to the pool for a batch: each handler runs up to its first wait, then the next begins. Where one takes long
    // to get there, further hops take what is left.
    private async Task RunBatchAsync(HeldBatch batch)
    {
        var patience = Patience;
        do
        {
            ThreadPool.UnsafeQueueUserWorkItem(static on => on.Self.BeginAll(on.Batch), (Self: this, Batch: batch), preferLocal: false);
            await Task.Delay(patience, _time, CancellationToken.None);
            patience *= 2;
        }
        while (!batch.IsBegun);
    }

    private void BeginAll(HeldBatch batch)
    {
        while (batch.Next() is { } held)
        {
            held.BeginsOn = Environment.CurrentManagedThreadId;
            _ = RunJobAsync(held);
            held.BeginsOn = 0;
        }

        _wake.Writer.TryWrite(true);
    }

    private async Task RunJobAsync(HeldJob held)
    {
        var started = _time.GetTimestamp();
        var hasFinished = false;
        try
        {
            var verdict = await AttemptAsync(held);
            _metrics.Ran(held.Job.Kind, _time.GetElapsedTime(started));
            if (held.Hold.IsMoved)
            {
                _held.TryRemove((held.Job.Id, held.Job.Fence), out _);
                if (held.Hold.IsCompleted)
                {
                    _metrics.Completed(held.Job.Kind);
                }

                _verdicts.Freed(held.Job);
            }
            else if (verdict is null && !held.Hold.IsCompleted)
            {
                hasFinished = true;
                lock (_finishing)
                {
                    _finished.Add(held.Job);
                }
            }
            else
            {
                await EndAsync(held, verdict);
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Not written within the grace: its lease runs out and the rescuer returns it.
        }
        catch (Exception bug)
        {
            _bug.TrySetException(bug);
        }
        finally
        {
            await held.DisposeAsync();
            if (!hasFinished)
            {
                Interlocked.Decrement(ref _running);
            }

            held.End();
            // One that ended before its first wait is written together with the rest of its batch.
            if (held.BeginsOn != Environment.CurrentManagedThreadId)
            {
                _wake.Writer.TryWrite(true);
            }
        }
    }

    private async Task<JobVerdict?> AttemptAsync(HeldJob held)
    {
        try
        {
            await _handlers.RunAsync(held.Hold, held.Cancel);
            return null;
        }
        catch (Exception exception)
        {
            var verdict = held.IsLost
                ? new Abandoned()
                : JobVerdict.On(
                    exception, held.Job with { Attempt = held.Hold.Attempt }, _handlers.Kind(held.Job.Kind).Options, _stopping.IsCancellationRequested, Draw());
            if (verdict is Retried or Buried)
            {
                LogFailed(held.Job.Kind, held.Job.Id, held.Hold.Attempt, held.Job.MaxAttempts, exception);
            }

            return verdict;
        }
    }

    private async Task EndAsync(HeldJob held, JobVerdict? verdict)
    {
        var job = held.Job;
        if (verdict is null && await StateAsync(job) == JobState.Running)
        {
            verdict = JobVerdict.On(
                JobErrors.CompletionRolledBack.Fault($"The handler of job {job.Id} ({job.Kind}) returned without committing."),
                job with { Attempt = held.Hold.Attempt }, _handlers.Kind(job.Kind).Options, isStopping: false, Draw());
        }

        if (!await _verdicts.WriteAsync(job, verdict, _ending))
        {
            // Completed by the handler's own transaction, whatever it threw after; or lost.
            Settle(job, isAccepted: await StateAsync(job) == JobState.Succeeded);
            return;
        }

        _held.TryRemove((job.Id, job.Fence), out _);
        _verdicts.Tell(job, verdict);
    }

    private void Settle(ClaimedJob job, bool isAccepted)
    {
        _held.TryRemove((job.Id, job.Fence), out _);
        _verdicts.Freed(job);
        if (isAccepted)
        {
            _metrics.Completed(job.Kind);
        }
        else
        {
            _metrics.Lost(job.Kind);
            LogLost(job.Kind, job.Id, job.Fence);
        }
    }

    private double Draw()
    {
        lock (_drawing)
        {
            return _random.NextDouble();
        }
    }

    private Task<JobState?> StateAsync(ClaimedJob job) =>
        _patience.UntilAnsweredAsync(() => _leases.StateAsync(job, _ending), _ending);
}

using System.Collections.Concurrent;
using System.Threading.Channels;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Claims the jobs of its queues and runs them, so many at once. Five loops: claim, heartbeat, presence, rescue,
/// completions.
/// An outage of the database is waited out; a bug in any loop stops the worker and is thrown.
/// </summary>
internal sealed partial class JobWorker
{
    private static readonly TimeSpan ClaimLimit = TimeSpan.FromSeconds(2);
    private readonly NotificationListener _listener;
    private readonly Notifier _notifier;
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
    private readonly WorkerRegister _register;
    private readonly Guid _id;
    private readonly JobCompletions _completions;
    private readonly ConcurrentDictionary<(JobId Id, long Fence), HeldJob> _held = new();
    private readonly Channel<bool> _freed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

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
        _notifier = database.Notifier;
        _leases = new JobLeases(database.Source);
        _handlers = handlers;
        _rescuer = new JobRescuer(_leases, database.Notifier, metrics, logs.CreateLogger<JobRescuer>());
        _pruner = new RetentionPruner(database, options.Retention, time, logs.CreateLogger<RetentionPruner>());
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logs.CreateLogger<JobWorker>();
        _kinds = [.. handlers.Kinds];
        _claimKinds = new ClaimKinds(_kinds);
        _register = new WorkerRegister(database.Source);
        _id = Guid.CreateVersion7(time.GetUtcNow());
        _random = new Random(options.Seed);
        _completions = new JobCompletions(
            _leases, capacity: Math.Max(options.Concurrency, options.Batch) * 4, Settle, time, _logger);
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
        var claims = ClaimLoopAsync();
        var completions = _completions.RunAsync(_ending);
        var presence = PresenceLoopAsync();
        Task[] loops = [claims, HeartbeatLoopAsync(), presence, RescueLoopAsync(), completions, _bug.Task];

        // Whichever ends first, by the stop or by a bug, ends the others in order.
        await Task.WhenAny(loops);
        await claiming.CancelAsync();
        // What is handed back is not to be claimed by a claim of our own that is still on its way.
        await Task.WhenAny(claims, Task.Delay(ClaimLimit, _time, CancellationToken.None));
        await stopping.CancelAsync();
        await Task.WhenAny(claims);
        var runs = Task.WhenAll(_held.Values.Select(h => h.Run));
        await Task.WhenAny(runs, Task.Delay(_options.Grace, _time, CancellationToken.None));
        if (!runs.IsCompleted)
        {
            LogLeft(Volatile.Read(ref _running), _options.Grace);
        }

        _completions.Close();
        await Task.WhenAny(completions, Task.Delay(_options.Grace, _time, CancellationToken.None));
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

    private async Task ClaimLoopAsync()
    {
        using var work = _options.Pools.Count == 0 && _options.Queues is [var only]
            ? _listener.Subscribe(JobQueue.ChannelOf(only))
            : _listener.SubscribeAll(JobQueue.ChannelOf(""));
        while (true)
        {
            var want = Want();
            if (want <= 0)
            {
                await _freed.Reader.ReadAsync(_claiming);
                continue;
            }

            var isMoreLikely = false;
            foreach (var queue in await QueuesAsync())
            {
                while ((want = Want()) > 0)
                {
                    if (await ClaimAsync(queue, want) < want)
                    {
                        break;
                    }

                    isMoreLikely = true;
                }
            }

            if (!isMoreLikely)
            {
                await work.WaitAsync(_options.Poll, _claiming);
            }
        }
    }

    private int Want() => Math.Min(_options.Batch, _options.Concurrency - Volatile.Read(ref _running));

    private async Task<IReadOnlyList<string>> QueuesAsync() =>
        _options.Pools.Count == 0 && _options.Queues.Count == 1
            ? _options.Queues
            : await UnlessOutageAsync(
                () => _leases.Claims.WaitingAsync(_options.Queues, _options.Pools, _options.Retention.Ageing, _claiming), [], _claiming);

    private async Task<int> ClaimAsync(string queue, int want)
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

        _claiming.ThrowIfCancellationRequested();

        // Not cancelled on the way: jobs whose claim committed unseen would wait for their lease to run out.
        var claimed = await UnlessOutageAsync(() => _leases.Claims.ClaimAsync(order, CancellationToken.None), [], _claiming);
        if (_claiming.IsCancellationRequested)
        {
            await UnlessOutageAsync(() => _leases.HandBackAsync(claimed, _ending), [], _ending);
            _claiming.ThrowIfCancellationRequested();
        }

        foreach (var job in claimed)
        {
            Start(job);
        }

        return claimed.Count;
    }

    // Told until the last handler has ended; a worker that is killed falls silent.
    private async Task PresenceLoopAsync()
    {
        var row = new WorkerRow(
            _id, _options.Name, Environment.MachineName, Environment.ProcessId, _options.Queues, _options.Pools,
            _options.Labels, _options.Concurrency);
        try
        {
            while (true)
            {
                await UnlessOutageAsync(() => _register.BeatAsync(row, Volatile.Read(ref _running), _ending), 0, _ending);
                await Task.Delay(_options.Beat, _time, _ending);
            }
        }
        finally
        {
            await LeaveAsync();
        }
    }

    private async Task LeaveAsync()
    {
        using var deadline = new CancellationTokenSource(_options.Grace, _time);
        try
        {
            await _register.LeaveAsync(_id, deadline.Token);
        }
        catch (Exception outage) when (outage is OperationCanceledException or NpgsqlException)
        {
            // Its row tells that it is lost, after a while.
            LogOutage(outage);
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

            foreach (var lost in await UnlessOutageAsync(() => _leases.ExtendAsync(held, _ending), [], _ending))
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
            await UnlessOutageAsync(() => _rescuer.RescueAsync(_stopping), 0, _stopping);
            await UnlessOutageAsync(() => _pruner.PruneAsync(_stopping), 0, _stopping);
            await Task.Delay(_options.RescueEvery, _time, _stopping);
        }
    }

    private void Start(ClaimedJob job)
    {
        _metrics.Claimed(job.Kind);
        Interlocked.Increment(ref _running);
        var held = new HeldJob(job, _handlers.Kind(job.Kind).Options.Lease, _stopping);
        _held[(job.Id, job.Fence)] = held;
        held.Run = RunJobAsync(held);
    }

    private async Task RunJobAsync(HeldJob held)
    {
        // The claim loop goes on while the handler runs up to its first wait.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var started = _time.GetTimestamp();
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

                return;
            }

            if (verdict is null && !held.Hold.IsCompleted)
            {
                await _completions.AddAsync(held.Job, _ending);
                return;
            }

            await EndAsync(held, verdict);
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
            Interlocked.Decrement(ref _running);
            _freed.Writer.TryWrite(true);
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

        var isWritten = verdict switch
        {
            null or Abandoned => false,
            Retried retried => await WriteAsync(() => _leases.RetryAsync(job, retried.Delay, retried.Reason, _ending)),
            Postponed postponed => await WriteAsync(() => _leases.PostponeAsync(job, postponed.Delay, postponed.Reason, _ending)),
            Buried buried => await WriteAsync(() => _leases.BuryAsync(job, buried.Reason, _ending)),
            HandedBack => await WriteAsync(async () => (await _leases.HandBackAsync([job], _ending)).Count == 1),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (!isWritten)
        {
            // Completed by the handler's own transaction, whatever it threw after; or lost.
            Settle(job, isAccepted: await StateAsync(job) == JobState.Succeeded);
            return;
        }

        _held.TryRemove((job.Id, job.Fence), out _);
        if (verdict is HandedBack || job.IsAdmitted)
        {
            _notifier.Notify(JobQueue.ChannelOf(job.Queue));
        }

        if (verdict is Retried { Reason: var why })
        {
            _metrics.Failed(job.Kind, why.Code);
            _metrics.Retried(job.Kind);
        }
        else if (verdict is Buried { Reason: var last })
        {
            _metrics.Failed(job.Kind, last.Code);
            _metrics.Buried(job.Kind, last.Code);
        }
    }

    private void Settle(ClaimedJob job, bool isAccepted)
    {
        _held.TryRemove((job.Id, job.Fence), out _);
        if (job.IsAdmitted)
        {
            // Its end makes room for one that waits for a limit or a key.
            _notifier.Notify(JobQueue.ChannelOf(job.Queue));
        }

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
        WriteAsync(() => _leases.StateAsync(job, _ending));

    // The end of an attempt is worth waiting for: until it is written the job is held, and the fence guards the rest.
    private async Task<T> WriteAsync<T>(Func<Task<T>> write)
    {
        while (true)
        {
            try
            {
                return await write();
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(outage);
                await Task.Delay(DatabaseOutage.Pause, _time, _ending);
            }
        }
    }

    private async Task<T> UnlessOutageAsync<T>(Func<Task<T>> ask, T otherwise, CancellationToken cancel)
    {
        try
        {
            return await ask();
        }
        catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
        {
            LogOutage(outage);
            await Task.Delay(DatabaseOutage.Pause, _time, cancel);
            return otherwise;
        }
    }
}

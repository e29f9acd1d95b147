using System.Collections.Concurrent;
using System.Threading.Channels;
using Beamtime.Core.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Claims the jobs of one queue and runs them, so many at once. Four loops: claim, heartbeat, rescue, completions.
/// An outage of the database is waited out; a bug in any loop stops the worker and is thrown.
/// </summary>
internal sealed partial class JobWorker
{
    private readonly NotificationListener _listener;
    private readonly Notifier _notifier;
    private readonly JobLeases _leases;
    private readonly JobHandlers _handlers;
    private readonly JobRescuer _rescuer;
    private readonly JobPruner _pruner;
    private readonly JobWorkerOptions _options;
    private readonly JobMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<JobWorker> _logger;

    private readonly JobKind[] _kinds;
    private readonly JobCompletions _completions;
    private readonly ConcurrentDictionary<(JobId Id, long Fence), HeldJob> _held = new();
    private readonly Channel<bool> _freed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly TaskCompletionSource _bug = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _drawing = new();
    private readonly Random _random;
    private int _running;

    // The first asks handlers to end; the second, after the grace, gives up what is not written by then.
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
        _pruner = new JobPruner(new JobStore(database), options.Retention, time, logs.CreateLogger<JobPruner>());
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logs.CreateLogger<JobWorker>();
        _kinds = [.. handlers.Kinds];
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
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var ending = new CancellationTokenSource();
        (_stopping, _ending) = (stopping.Token, ending.Token);
        var claims = ClaimLoopAsync();
        var completions = _completions.RunAsync(_ending);
        Task[] loops = [claims, HeartbeatLoopAsync(), RescueLoopAsync(), completions, _bug.Task];

        // Whichever ends first, by the stop or by a bug, ends the others in order.
        await Task.WhenAny(loops);
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
        using var work = _listener.Subscribe(JobQueue.ChannelOf(_options.Queue));
        while (true)
        {
            var want = Math.Min(_options.Batch, _options.Concurrency - Volatile.Read(ref _running));
            if (want <= 0)
            {
                await _freed.Reader.ReadAsync(_stopping);
                continue;
            }

            // Not cancelled on the way: jobs whose claim committed unseen would wait for their lease to run out.
            var claimed = await UnlessOutageAsync(
                () => _leases.ClaimAsync(_options.Queue, _kinds, want, _options.Name, CancellationToken.None), [], _stopping);
            if (_stopping.IsCancellationRequested)
            {
                await UnlessOutageAsync(() => _leases.HandBackAsync(claimed, _ending), [], _ending);
                _stopping.ThrowIfCancellationRequested();
            }

            foreach (var job in claimed)
            {
                Start(job);
            }

            if (claimed.Count < want)
            {
                await work.WaitAsync(_options.Poll, _stopping);
            }
        }
    }

    private async Task HeartbeatLoopAsync()
    {
        using var withdrawn = _listener.Subscribe(JobQueue.Withdrawn);
        var period = _kinds.Length == 0 ? _options.Poll : _kinds.Min(k => k.Options.Lease) / 3;
        while (true)
        {
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
        if (verdict is HandedBack)
        {
            _notifier.Notify(JobQueue.ChannelOf(_options.Queue));
        }

        if (verdict is Retried { Reason: var why })
        {
            _metrics.Failed(job.Kind, why.Code);
        }
        else if (verdict is Buried { Reason: var last })
        {
            _metrics.Failed(job.Kind, last.Code);
        }
    }

    private void Settle(ClaimedJob job, bool isAccepted)
    {
        _held.TryRemove((job.Id, job.Fence), out _);
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

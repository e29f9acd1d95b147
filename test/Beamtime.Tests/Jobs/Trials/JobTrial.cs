using System.Collections.Concurrent;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Npgsql;

namespace Beamtime.Tests.Jobs.Trials;

/// <summary>
/// A few jobs with random priorities, caps, sequences and keys, and a few workers that crash, dawdle, fail and write late,
/// until every job has ended. Then: none is lost, none was accepted twice, sequences kept their order; and at no
/// time did more of a key run than its cap admits.
/// </summary>
internal sealed class JobTrial
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    // A worker with nothing to do asks seldom: more trials side by side cost less than questions in vain.
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(200);

    private readonly Trial _trial;
    private readonly TrialGround _ground;
    private readonly string _queue;
    private readonly JobKind<Errand> _kind;
    private readonly ClaimKinds _kinds;
    // Ids grow with time, but not within a millisecond: none of this trial's jobs lies before it.
    private readonly JobId _first = new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow().AddSeconds(-1)));
    private readonly ConcurrentDictionary<JobId, NewJob> _jobs = new();
    private readonly ConcurrentDictionary<JobId, int> _accepted = new();
    private readonly ConcurrentQueue<JobId> _claims = new();
    private bool _isOrderKnown = true;
    private bool _hasRealWorkers;

    private JobTrial(Trial trial, TrialGround ground)
    {
        (_trial, _ground) = (trial, ground);
        _queue = $"trial {trial.Number}";
        _kind = new("trial", ErrandJson.Default.Errand, new JobKindOptions
        {
            MaxAttempts = 1000,
            Lease = ground.Lease,
            Backoff = new Backoff(TimeSpan.FromMilliseconds(1), 1, TimeSpan.FromMilliseconds(1)),
        });
        _kinds = new ClaimKinds([_kind]);
    }

    /// <summary>Runs one trial.</summary>
    /// <param name="trial">Its seed and counters.</param>
    /// <param name="ground">The database that it shares.</param>
    public static Task RunAsync(Trial trial, TrialGround ground) => new JobTrial(trial, ground).RunAsync();

    private async Task RunAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_trial.Cancel);
        deadline.CancelAfter(Deadline);
        var isOrdered = _trial.Happens(15);
        if (_trial.Happens(15))
        {
            var queues = new WorkQueueStore(_ground.Database);
            await TrialGround.InsistAsync(
                () => queues.SetQueueAsync(_queue, new WorkQueueChange(ConcurrencyLimit: 1 + _trial.Draw(3)), deadline.Token), deadline.Token);
            _trial.Count("limited queues");
        }

        await EnqueueAsync(4 + _trial.Draw(7), isOrdered, deadline.Token);
        _hasRealWorkers = !isOrdered && _trial.Happens(8);
        var workers = isOrdered ? 1 : 2 + _trial.Draw(2);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        var watch = isOrdered ? Task.CompletedTask : WatchCapsAsync(watching.Token);
        try
        {
            await (_hasRealWorkers
                ? RunWorkersAsync(deadline.Token)
                : Task.WhenAll(Enumerable.Range(0, workers).Select(n => WorkAsync($"{_queue} worker {n}", isOrdered, deadline.Token))));
        }
        catch (OperationCanceledException) when (!_trial.Cancel.IsCancellationRequested)
        {
            throw new TimeoutException(string.Join("; ", (await EndsAsync(_trial.Cancel)).Select(e => $"{e.Key} {e.Value}")));
        }

        await watching.CancelAsync();
        await watch;
        await CheckAsync(isOrdered, _trial.Cancel);
        _trial.Count("jobs", _jobs.Count);
    }

    private async Task EnqueueAsync(int count, bool isOrdered, CancellationToken cancel)
    {
        var made = Enumerable.Range(0, count).Select(n => Make(n, isOrdered)).ToArray();
        if (_trial.Happens(20))
        {
            // What is rolled back never was.
            await TrialGround.InsistAsync(
                async () =>
                {
                    await using var transaction = await _ground.Database.BeginAsync(cancel);
                    await _ground.Queue.EnqueueAsync(transaction, [Make(99, isOrdered) with { Sequence = null }], cancel);
                    return true;
                },
                cancel);
            _trial.Count("enqueues rolled back");
        }

        // A connection may die after its commit: then the jobs are there, and their ids refuse a second insert.
        await TrialGround.InsistAsync(
            async () =>
            {
                if (await CountAsync(made, cancel) == 0)
                {
                    await _ground.Database.TransactAsync(t => _ground.Queue.EnqueueAsync(t, made, cancel), cancel);
                }

                return true;
            },
            cancel);
        foreach (var job in made)
        {
            _jobs[job.Id!.Value] = job;
        }
    }

    private async Task<long> CountAsync(NewJob[] jobs, CancellationToken cancel)
    {
        await using var command = _ground.Database.Source.CreateCommand("select count(*) from jobs where id = any($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. jobs.Select(j => j.Id!.Value.Value)] });
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private NewJob Make(int number, bool isOrdered)
    {
        var job = _kind.Of(new Errand(number)) with
        {
            Id = JobId.New(TimeProvider.System),
            Queue = _queue,
            Priority = (short)(_trial.Draw(5) - 2),
        };
        if (isOrdered)
        {
            // Always due, whatever the clock does.
            return job with { RunAt = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(number) };
        }

        return job with
        {
            MaxAttempts = _trial.Happens(10) ? 2 : 1000,
            Concurrency = _trial.Happens(40) ? new ConcurrencyKey($"{_queue} {_trial.Draw(2)}", 1 + _trial.Draw(2)) : null,
            Sequence = _trial.Happens(25) ? $"{_queue} sequence" : null,
            Project = _trial.Happens(25) ? $"project {_trial.Draw(3)}" : null,
            Labels = _trial.Happens(15) ? ["gpu"] : [],
            Delay = _trial.Happens(15) ? TimeSpan.FromSeconds(_trial.Draw(5)) : TimeSpan.Zero,
        };
    }

    private async Task WorkAsync(string name, bool isOrdered, CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<ClaimedJob> claimed;
            try
            {
                claimed = await _ground.Leases.Claims.ClaimAsync(
                    new ClaimOrder
                    {
                        Queue = _queue,
                        Kinds = _kinds,
                        Limit = isOrdered ? 1 : 1 + _trial.Draw(4),
                        Worker = name,
                        Labels = ["gpu"],
                    },
                    cancel);
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                // What was claimed by then is nobody's until its lease runs out.
                _isOrderKnown = false;
                _trial.Count("claims cut");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
                continue;
            }

            foreach (var job in claimed)
            {
                _claims.Enqueue(job.Id);
                await WorkAsync(job, isOrdered, cancel);
            }

            if (claimed.Count == 0)
            {
                if (await IsOverAsync(cancel))
                {
                    return;
                }

                await Task.Delay(Idle, TimeProvider.System, cancel);
            }
        }
    }

    private async Task WorkAsync(ClaimedJob job, bool isOrdered, CancellationToken cancel)
    {
        var mustTell = _jobs[job.Id].Sequence is not null;
        switch (isOrdered ? 20 : _trial.Draw(100))
        {
            case < 8:
                // Killed: it never says anything more.
                _trial.Count("crashes");
                return;
            case < 14:
                // Silent for a while, then writes as if nothing had been.
                _trial.Count("late writes");
                await Task.Delay(TimeSpan.FromMilliseconds(50 + _trial.Draw(150)), TimeProvider.System, cancel);
                await CompleteAsync(job, mustTell, cancel);
                return;
            case < 20:
                _trial.Count("heartbeats");
                await AskAsync(() => _ground.Leases.ExtendAsync([(job, _ground.Lease)], cancel));
                await CompleteAsync(job, mustTell, cancel);
                return;
            case < 80:
                await CompleteAsync(job, mustTell || _trial.Happens(50), cancel);
                return;
            case < 88:
                _trial.Count("failures");
                await AskAsync(() => _ground.Leases.RetryAsync(
                    job, TimeSpan.FromMilliseconds(_trial.Draw(50)), JobErrors.HandlerFailed.Because("odd"), cancel));
                return;
            case < 92:
                _trial.Count("hand-backs");
                await AskAsync(() => _ground.Leases.HandBackAsync([job], cancel));
                return;
            case < 95:
                _trial.Count("postponements");
                await AskAsync(() => _ground.Leases.PostponeAsync(job, TimeSpan.FromMilliseconds(5), null, cancel));
                return;
            case < 98:
                _trial.Count("lasting faults");
                await AskAsync(() => _ground.Leases.BuryAsync(job, JobErrors.HandlerFailed.Because("odd"), cancel));
                return;
            default:
                _trial.Count("cancellations");
                await AskAsync(() => _ground.Store.CancelAsync(job.Id, cancel));
                await CompleteAsync(job, mustTell, cancel);
                return;
        }
    }

    // The program's own workers, stopped in the middle now and then.
    private async Task RunWorkersAsync(CancellationToken cancel)
    {
        using var metrics = new JobMetrics();
        _trial.Count("trials of real workers");
        while (!await IsOverAsync(cancel))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var workers = Enumerable.Range(0, 2).Select(n => new JobWorker(
                _ground.Database,
                new JobHandlers().Add(_kind, HandleAsync),
                new JobWorkerOptions
                {
                    Name = $"{_queue} worker {n}",
                    Queues = [_queue],
                    Labels = ["gpu"],
                    Seed = _trial.Draw(int.MaxValue),
                    Concurrency = 4,
                    Batch = 3,
                    Poll = TimeSpan.FromMilliseconds(100),
                    RescueEvery = TimeSpan.FromHours(1),
                },
                metrics,
                TimeProvider.System,
                Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance).RunAsync(stop.Token)).ToArray();
            for (var wait = _trial.Happens(50) ? 3 + _trial.Draw(5) : 200; wait > 0 && !await IsOverAsync(cancel); wait--)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
            }

            await stop.CancelAsync();
            await Task.WhenAll(workers);
            _trial.Count("workers stopped", workers.Length);
        }
    }

    private async Task HandleAsync(JobContext<Errand> job, CancellationToken cancel)
    {
        switch (_trial.Draw(100))
        {
            case < 10:
                throw new InvalidOperationException("odd");
            case < 12:
                throw JobErrors.ArgumentsUnreadable.Fault("odd for ever");
            case < 16:
                throw new JobPostponedException(TimeSpan.FromMilliseconds(5), null);
            case < 35:
                await Task.Delay(TimeSpan.FromMilliseconds(_trial.Draw(150)), TimeProvider.System, cancel);
                break;
        }

        if (_jobs[job.Id].Sequence is not null || _trial.Happens(50))
        {
            await _ground.Database.TransactAsync(
                async transaction =>
                {
                    await TrialGround.AddEffectAsync(transaction, job.Id, cancel);
                    await job.CompleteAsync(transaction, cancel);
                },
                cancel);
        }
    }

    private async Task CompleteAsync(ClaimedJob job, bool withEffect, CancellationToken cancel)
    {
        if (!withEffect)
        {
            // Asked again until it is known; an answer that was cut off is told by the state under this fence.
            var isAccepted = await TrialGround.InsistAsync(
                async () => (await _ground.Leases.CompleteAsync([job], cancel)).Count == 1
                    || await _ground.Leases.StateAsync(job, cancel) == JobState.Succeeded,
                cancel);
            if (isAccepted)
            {
                _accepted.AddOrUpdate(job.Id, 1, (_, n) => n + 1);
            }

            return;
        }

        try
        {
            await _ground.Database.TransactAsync(
                async transaction =>
                {
                    await TrialGround.AddEffectAsync(transaction, job.Id, cancel);
                    await JobLeases.CompleteAsync(transaction, job, cancel);
                },
                cancel);
        }
        catch (Beamtime.Sdk.Errors.FaultException lost) when (lost.Reason.Code == JobErrors.LeaseLost.Code)
        {
            _trial.Count("stale writes refused");
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            // Committed or not: the effects tell.
            _isOrderKnown = false;
            _trial.Count("completions cut");
        }
    }

    private async Task AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            await ask();
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            _isOrderKnown = false;
            _trial.Count("answers cut");
        }
    }

    private Task<bool> IsOverAsync(CancellationToken cancel) => TrialGround.InsistAsync(
        async () =>
        {
            await using var command = _ground.Database.Source.CreateCommand(
                """
                select not exists (select from jobs where queue = $1 and state = 'Available')
                    and not exists (select from jobs where queue = $1 and state = 'Running')
                """);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _queue });
            return (bool)(await command.ExecuteScalarAsync(cancel))!;
        },
        cancel);

    // Looks at one moment's rows: a cap that is exceeded is exceeded there.
    private async Task WatchCapsAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancel);
                await using var command = _ground.Database.Source.CreateCommand(
                    """
                    select 'key ' || concurrency_key from jobs where state = 'Running' and queue = $1 and concurrency_key is not null
                    group by concurrency_key having count(*) > max(concurrency_cap)
                    union all
                    select 'sequence ' || sequence from jobs where state = 'Running' and queue = $1 and sequence is not null
                    group by sequence having count(*) > 1
                    union all
                    select 'queue' from work_queues q where q.name = $1 and q.concurrency_limit <
                        (select count(*) from jobs j where j.state = 'Running' and j.queue = $1)
                    """);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _queue });
                if (await command.ExecuteScalarAsync(cancel) is string exceeded)
                {
                    throw new InvalidOperationException($"More than admitted run of {exceeded}.");
                }
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                continue;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task CheckAsync(bool isOrdered, CancellationToken cancel)
    {
        var ends = await TrialGround.InsistAsync(() => EndsAsync(cancel), cancel);
        var effects = await TrialGround.InsistAsync(() => EffectsAsync(cancel), cancel);
        Assert.Equal(_jobs.Keys.Select(j => j.Value).Order(), ends.Keys.Order());
        Assert.All(ends.Values, state => Assert.Contains(state, new[] { "Succeeded", "Dead", "Cancelled" }));
        Assert.Equal(effects.Count, effects.Distinct().Count());
        foreach (var (id, state) in ends)
        {
            if (_hasRealWorkers)
            {
                // A worker tells nobody what it completed together with others: the effects must fit.
                Assert.True(effects.Contains(id) ? state == "Succeeded" : state != "Succeeded" || _jobs[new JobId(id)].Sequence is null);
                continue;
            }

            var times = _accepted.GetValueOrDefault(new JobId(id)) + (effects.Contains(id) ? 1 : 0);
            Assert.True(times == (state == "Succeeded" ? 1 : 0), $"job {id} is {state} and was accepted {times} times");
        }

        var sequence = effects.Where(e => _jobs[new JobId(e)].Sequence is not null).ToArray();
        Assert.Equal(sequence.OrderBy(Number), sequence);
        // One that is taken back and claimed again goes before those that never were.
        if (isOrdered && _isOrderKnown)
        {
            _trial.Count("orders checked");
            Assert.Equal(_jobs.Values.OrderBy(j => j.RunAt + (j.Priority * TimeSpan.FromMinutes(10))).Select(j => j.Id!.Value), _claims.Distinct());
        }
    }

    private int Number(Guid id) => System.Text.Json.JsonSerializer.Deserialize(
        _jobs[new JobId(id)].Arguments, ErrandJson.Default.Errand)!.Number;

    private async Task<Dictionary<Guid, string>> EndsAsync(CancellationToken cancel)
    {
        await using var command = _ground.Database.Source.CreateCommand("select id, state from jobs where queue = $1 and id >= $2");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _queue });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = _first.Value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ends = new Dictionary<Guid, string>();
        while (await reader.ReadAsync(cancel))
        {
            ends.Add(reader.GetGuid(0), reader.GetString(1));
        }

        return ends;
    }

    private async Task<List<Guid>> EffectsAsync(CancellationToken cancel)
    {
        await using var command = _ground.Database.Source.CreateCommand(
            "select job from effects where job = any($1) order by n");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. _jobs.Keys.Select(j => j.Value)] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var effects = new List<Guid>();
        while (await reader.ReadAsync(cancel))
        {
            effects.Add(reader.GetGuid(0));
        }

        return effects;
    }
}

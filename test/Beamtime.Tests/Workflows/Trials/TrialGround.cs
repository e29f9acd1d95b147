using System.Collections.Concurrent;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Workflows.Trials;

/// <summary>One database on which workers of random workflows crash, lose their leases and their connections.</summary>
internal sealed class TrialGround : IAsyncDisposable
{
    private const int Workers = 6;

    private static readonly JobKindOptions Options = JobFixture.Kind.Options with { MaxAttempts = 1_000_000 };

    private static readonly WorkflowMessage<Errand> Word = new("word", ErrandJson.Default.Errand);

    private static readonly WorkflowKind<Errand, Finding> Whole = new(
        "trial", 1, ErrandJson.Default.Errand, FindingJson.Default.Finding, Options) { Messages = [Word] };

    private static readonly WorkflowKind<Errand, Finding> Part = new(
        "part", 1, ErrandJson.Default.Errand, FindingJson.Default.Finding, Options);

    private readonly JobFixture _jobs;
    private readonly TrialWorld _world;
    private readonly WorkflowStore _store;
    private readonly WorkflowDesk _desk;
    private readonly JobHandlers _handlers = new();
    private readonly ConcurrentQueue<Exception> _bugs = new();
    private TimeSpan _shift;
    private bool _isCalm;
    private int _running;
    private int _idle;

    private TrialGround(JobFixture jobs, TrialWorld world)
    {
        (_jobs, _world) = (jobs, world);
        _store = new WorkflowStore(jobs.Database, jobs.Queue, jobs.Store, TimeProvider.System);
        var kinds = new WorkflowKinds();
        _desk = new WorkflowDesk(jobs.Database, _store, kinds);
        var runner = new WorkflowRunner(jobs.Database, jobs.Queue, kinds, seed: 1, new HastyTime());
        runner.Add(_handlers, Whole, BodyAsync);
        runner.Add(_handlers, Part, BodyAsync);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<TrialGround> CreateAsync(TrialWorld world)
    {
        var jobs = await JobFixture.CreateAsync();
        await using var table = jobs.Database.Owner.CreateCommand("create table trial_effects (workflow uuid not null, step text not null)");
        await table.ExecuteNonQueryAsync(Cancel);
        return new TrialGround(jobs, world);
    }

    /// <summary>Runs workflows side by side until each has ended, then checks what they left.</summary>
    /// <param name="numbers">Their numbers.</param>
    public async Task RunAsync(IReadOnlyList<int> numbers)
    {
        (_isCalm, _world.IsMoody) = (false, true);
        var started = new Dictionary<WorkflowId, int>();
        foreach (var number in numbers)
        {
            var id = (await _jobs.Database.TransactAsync(
                t => _store.StartAsync(t, Whole, key: null, new Errand(number), correlation: null, Cancel), Cancel)).Id;
            started.Add(id, number);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        Task[] loops =
        [
            .. Enumerable.Range(0, Workers).Select(n => LoopAsync(() => WorkAsync($"worker {n}", stop.Token), stop.Token)),
            LoopAsync(() => BefallAsync(stop.Token), stop.Token),
            LoopAsync(() => DecideAsync(started, stop.Token), stop.Token),
        ];
        try
        {
            await SendAsync(started);
            await UntilEndedAsync(started.Keys);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(loops);
        }

        Assert.True(_bugs.IsEmpty, string.Join('\n', _bugs));
        foreach (var (id, number) in started)
        {
            await CheckAsync(id, number);
        }

        await ShiftAsync(TimeSpan.FromHours(1), Cancel);
        Assert.Empty(_world.Doubled);
    }

    public ValueTask DisposeAsync() => _jobs.DisposeAsync();

    private async Task LoopAsync(Func<Task> round, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await round();
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                _world.Count("outages");
            }
            catch (Exception bug)
            {
                _bugs.Enqueue(bug);
                return;
            }
        }
    }

    private async Task WorkAsync(string name, CancellationToken cancel)
    {
        var claimed = await _jobs.Leases.ClaimAsync("default", _handlers.Kinds, 1, name, CancellationToken.None);
        if (claimed is not [var job])
        {
            Interlocked.Increment(ref _idle);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, cancel);
            return;
        }

        Interlocked.Exchange(ref _idle, 0);
        Interlocked.Increment(ref _running);
        try
        {
            await RunAsync(job);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task RunAsync(ClaimedJob job)
    {
        using var vanish = new CancellationTokenSource();
        var hold = new JobHold(job);
        CrashPlan.Current.Value = !_isCalm && _world.Happens(70) ? new CrashPlan(1 + _world.Draw(24), vanish) : null;
        _world.Count("runs");
        JobVerdict verdict;
        try
        {
            await _handlers.RunAsync(hold, vanish.Token);
            verdict = hold.IsMoved ? new Abandoned() : throw new InvalidOperationException("A workflow returned and left its job.");
        }
        catch (Exception) when (vanish.IsCancellationRequested)
        {
            _world.Count("crashes");
            return;
        }
        catch (Exception exception)
        {
            verdict = JobVerdict.On(exception, job, Options, isStopping: false, draw: 0);
        }
        finally
        {
            CrashPlan.Current.Value = null;
        }

        switch (verdict)
        {
            case Retried retried:
                await WriteAsync(() => _jobs.Leases.RetryAsync(job, retried.Delay, retried.Reason, CancellationToken.None));
                break;
            case Buried buried:
                await WriteAsync(() => _jobs.Leases.BuryAsync(job, buried.Reason, CancellationToken.None));
                break;
            case Abandoned when !hold.IsMoved:
                _world.Count("stale runs refused");
                break;
        }
    }

    private static async Task WriteAsync(Func<Task<bool>> write)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    // Leases run out, the clock steps, connections are cut; in the calm only time passes, when nothing else is left to do.
    private async Task BefallAsync(CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancel);
        if (_isCalm)
        {
            if (Volatile.Read(ref _running) == 0 && Volatile.Read(ref _idle) > Workers)
            {
                await ShiftAsync(TimeSpan.FromHours(13), cancel);
            }
        }
        else if (_world.Happens(20))
        {
            _world.Count("leases expired");
            await ShiftAsync(JobFixture.Lease * 1.1, cancel);
        }
        else if (_world.Happens(10))
        {
            _world.Count("clock stepped back");
            await ShiftAsync(-TimeSpan.FromMinutes(1 + _world.Draw(5)), cancel);
        }
        else if (_world.Happens(10))
        {
            _world.Count("connections cut");
            await using var cut = _jobs.Database.Owner.CreateCommand("""
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and usename <> current_user and application_name = 'beamtime'
                order by random() limit 1
                """);
            await cut.ExecuteNonQueryAsync(cancel);
        }

        await _jobs.Rescuer.RescueAsync(cancel);
    }

    private async Task ShiftAsync(TimeSpan by, CancellationToken cancel)
    {
        _shift += by;
        await TestDatabase.ShiftLeaseClockAsync(_jobs.Database, _shift, cancel);
    }

    // A person looks at what was interrupted, and knows what happened.
    private async Task DecideAsync(Dictionary<WorkflowId, int> started, CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, cancel);
        var uncertain = new List<(WorkflowId Workflow, string Step)>();
        await using (var command = _jobs.Database.Source.CreateCommand(
            "select workflow, name from workflow_steps where state = 'Uncertain' and kind = 'Once'"))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                uncertain.Add((new WorkflowId(reader.GetGuid(0)), reader.GetString(1)));
            }
        }

        foreach (var (workflow, step) in uncertain)
        {
            _world.Count("persons asked");
            var isDone = _world.DoneOf(workflow.Value, step) > 0;
            await _desk.ResolveAsync(
                workflow, step, isDone ? StepResolution.Done : StepResolution.Repeat, isDone ? "null" : null, null, cancel);
        }

        if (!_isCalm && _world.Happens(20))
        {
            var (id, number) = started.ElementAt(_world.Draw(started.Count));
            if (number % 5 == 0 && await _desk.CancelAsync(id, null, "on a whim", cancel) is Accepted<WorkflowId>)
            {
                _world.Count("cancelled");
            }
        }
    }

    private async Task SendAsync(Dictionary<WorkflowId, int> started)
    {
        foreach (var (id, number) in started)
        {
            for (var n = 1; n <= TrialShape.Messages(number); n++)
            {
                for (var isSent = false; !isSent || _world.Happens(20);)
                {
                    try
                    {
                        await _desk.SendAsync(id, $"{n}", "word", $$"""{"Number": {{n}}}""", null, Cancel);
                        isSent = true;
                        _world.Count("messages");
                    }
                    catch (NpgsqlException outage) when (outage.IsOutage())
                    {
                        _world.Count("outages");
                    }
                }
            }
        }
    }

    private async Task UntilEndedAsync(IReadOnlyCollection<WorkflowId> ids)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
            var elapsed = TimeProvider.System.GetElapsedTime(start);
            (_isCalm, _world.IsMoody) = elapsed > TimeSpan.FromSeconds(1.5) ? (true, false) : (false, true);
            if (!_bugs.IsEmpty)
            {
                return;
            }

            await using var left = _jobs.Database.Owner.CreateCommand(
                "select count(*), coalesce(string_agg(id || ' ' || state || ' ' || coalesce(state_why, ''), '; '), '') from workflows where finished_at is null");
            await using var reader = await left.ExecuteReaderAsync(Cancel);
            await reader.ReadAsync(Cancel);
            if (reader.GetInt64(0) == 0)
            {
                return;
            }

            Assert.True(elapsed < TimeSpan.FromSeconds(90), $"{reader.GetInt64(0)} of {ids.Count} did not end: {reader.GetString(1)}");
        }
    }

    private async Task CheckAsync(WorkflowId id, int number)
    {
        var report = (await _store.ShowAsync(id, Cancel))!;
        var state = report.Workflow.State;
        Assert.True(
            state == WorkflowState.Completed || (state == WorkflowState.Cancelled && number % 5 == 0),
            $"workflow {number} {id} is {state}: {report.Workflow.Error}");
        _world.Count($"ended {state}");
        Assert.Equal(1, report.Moves.Count(m => m.State.IsTerminal));
        for (var n = 1; n < report.Moves.Count; n++)
        {
            Assert.True(
                report.Moves[n - 1].State.CanBecome(report.Moves[n].State), $"{report.Moves[n - 1].State} to {report.Moves[n].State}");
        }

        var isWhole = state == WorkflowState.Completed;
        if (isWhole)
        {
            Assert.Equal($$"""{"Text": "{{TrialShape.Of(number).Sum(n => n.Leaves)}}"}""", report.Workflow.Result);
            Assert.Equal(JobState.Succeeded, report.Job!.State);
        }

        await CheckNodesAsync(id, TrialShape.Of(number), "", isWhole, report);
    }

    private async Task CheckNodesAsync(
        WorkflowId id, IReadOnlyList<TrialNode> nodes, string prefix, bool isWhole, WorkflowReport report)
    {
        foreach (var node in nodes)
        {
            var name = prefix + node.Name;
            var count = node.Kind == TrialKind.Transact ? await TransactedAsync(id, name) : _world.DoneOf(id.Value, name);
            switch (node.Kind)
            {
                case TrialKind.Transact or TrialKind.Once or TrialKind.Effect:
                    Assert.True(count == 1 || (!isWhole && count == 0), $"{id} {name} was done {count} times");
                    break;
                case TrialKind.Work:
                    Assert.True(count >= 1 || !isWhole, $"{id} {name} was not done");
                    break;
                case TrialKind.Group:
                    for (var n = 0; n < node.Branches.Count; n++)
                    {
                        await CheckNodesAsync(id, node.Branches[n], $"{name}/{n}/", isWhole, report);
                    }

                    break;
                case TrialKind.Child when report.Steps.FirstOrDefault(s => s.Name == name)?.Child is { } child:
                    var part = (await _store.ShowAsync(child, Cancel))!;
                    Assert.Equal(1, part.Moves.Count(m => m.State.IsTerminal));
                    await CheckNodesAsync(
                        child, TrialShape.Of(node.Number), "", part.Workflow.State == WorkflowState.Completed, part);
                    break;
            }
        }
    }

    private async Task<int> TransactedAsync(WorkflowId id, string step)
    {
        await using var command = _jobs.Database.Source.CreateCommand(
            "select count(*)::integer from trial_effects where workflow = $1 and step = $2");
        command.Parameters.Add(new() { Value = id.Value });
        command.Parameters.Add(new() { Value = step });
        return (int)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private async Task<Finding> BodyAsync(WorkflowContext<Errand> workflow, CancellationToken cancel) =>
        new($"{await NodesAsync(workflow, TrialShape.Of(workflow.Input.Number), "", cancel)}");

    private async Task<int> NodesAsync(
        WorkflowContext<Errand> workflow, IReadOnlyList<TrialNode> nodes, string prefix, CancellationToken cancel)
    {
        var sum = 0;
        foreach (var node in nodes)
        {
            sum += await NodeAsync(workflow, node, prefix + node.Name, cancel);
        }

        return sum;
    }

    private async Task<int> NodeAsync(
        WorkflowContext<Errand> workflow, TrialNode node, string name, CancellationToken cancel)
    {
        var id = workflow.Id.Value;
        var step = new Step(node.Name) { MaxFailures = 1000, Backoff = JobFixture.Kind.Options.Backoff };
        switch (node.Kind)
        {
            case TrialKind.Work:
                await workflow.StepAsync(
                    step,
                    _ =>
                    {
                        _world.Do(id, name);
                        return _world.Fails("steps failed", 10) ? throw WorkflowBench.Passing.Fault("Busy.") : Task.CompletedTask;
                    },
                    cancel);
                return 1;
            case TrialKind.Transact:
                await workflow.StepAsync(
                    step,
                    async (transaction, token) =>
                    {
                        await using var effect = transaction.Command("insert into trial_effects values ($1, $2)", id, name);
                        await effect.ExecuteNonQueryAsync(token);
                        if (_world.Fails("steps failed", 10))
                        {
                            throw WorkflowBench.Passing.Fault("Busy.");
                        }
                    },
                    cancel);
                return 1;
            case TrialKind.Once:
                await workflow.StepAsync(
                    step with { IsNeverRepeated = true },
                    _ =>
                    {
                        _world.Do(id, name);
                        return Task.CompletedTask;
                    },
                    cancel);
                return 1;
            case TrialKind.Effect:
                await workflow.EffectAsync(_world.Effect(id, node.Name, name), cancel);
                return 1;
            case TrialKind.Sleep:
                await workflow.SleepAsync(step, TimeSpan.FromMinutes(node.Number), cancel);
                return 1;
            case TrialKind.Message:
                var word = await workflow.MessageAsync(step, Word, timeout: null, cancel);
                return word.Number == node.Number
                    ? 1
                    : throw WorkflowBench.Lasting.Fault($"Message {word.Number} came in the place of {node.Number}.");
            case TrialKind.Child:
                return int.Parse(
                    (await workflow.ChildAsync(step, new Child<Errand, Finding>(Part, new Errand(node.Number)), cancel)).Text,
                    System.Globalization.CultureInfo.InvariantCulture);
            default:
                var ends = await workflow.BranchesAsync<int>(
                    node.Name,
                    [.. node.Branches.Select((b, n) => new Branch<Errand, int>(
                        $"{n}", (branch, token) => NodesAsync(branch, b, $"{name}/{n}/", token)))],
                    cancel);
                return ends.Sum(e => e.Result);
        }
    }
}

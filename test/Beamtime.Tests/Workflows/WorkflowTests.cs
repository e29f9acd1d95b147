using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Beamtime.Core.Jobs;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

/// <summary>What a step of these tests gives.</summary>
/// <param name="Text">Tells them apart.</param>
internal sealed record Finding(string Text);

/// <summary>The codec of these tests.</summary>
[JsonSerializable(typeof(Finding))]
internal sealed partial class FindingJson : JsonSerializerContext;

public sealed class WorkflowTests
{
    private static readonly ErrorCode Passing = new("test.disk.busy", "Busy.", "Wait.", RetryClass.Later);
    private static readonly ErrorCode Lasting = new("test.disk.absent", "Absent.", "Mount it.");

    private static readonly WorkflowKind<Errand, Finding> Kind = new(
        "delivery", 1, ErrandJson.Default.Errand, FindingJson.Default.Finding, JobFixture.Kind.Options);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // The points lie before, in and after each of the steps copy, register (in a transaction) and announce.
    [Theory]
    [InlineData("begin", "")]
    [InlineData("in copy", "copy")]
    [InlineData("after copy", "")]
    [InlineData("in register", "register")]
    [InlineData("after register", "")]
    [InlineData("in announce", "announce")]
    [InlineData("end", "")]
    public async Task A_workflow_whose_worker_vanished_goes_on_after_its_last_finished_step(string point, string again)
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.MakeEffectsAsync();
        var ran = new ConcurrentQueue<string>();
        var id = await StartAsync(fixture);

        // Nobody writes an end for this run, and nothing passes the point: to the database the worker is gone.
        using var vanish = new CancellationTokenSource();
        var abandoned = RunOnceAsync(fixture, Delivery(fixture, ran, async at =>
        {
            if (at == point)
            {
                await vanish.CancelAsync();
                vanish.Token.ThrowIfCancellationRequested();
            }
        }), vanish.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        var before = ran.ToArray();
        ran.Clear();

        await fixture.LetLeasesRunOutAsync();
        Assert.Equal(1, await fixture.Rescuer.RescueAsync(Cancel));
        await RunOnceAsync(fixture, Delivery(fixture, ran, _ => Task.CompletedTask));

        string[] all = ["copy", "register", "announce"];
        Assert.Equal(all.Except(before.Where(step => step != again)), ran);
        Assert.Equal(["registered copied 7"], await fixture.EffectsAsync());
        var report = await ShowAsync(fixture, id);
        Assert.Equal(WorkflowState.Completed, report.Workflow.State);
        Assert.Equal("""{"Text": "announced copied 7"}""", report.Workflow.Result);
        Assert.Equal(all, report.Steps.Select(s => s.Name));
        Assert.All(report.Steps, s => Assert.Equal(StepState.Finished, s.State));
        Assert.Equal(JobState.Succeeded, report.Job!.State);
    }

    [Fact]
    public async Task The_steps_of_a_stale_run_are_refused()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.MakeEffectsAsync();
        var id = await StartAsync(fixture);
        foreach (var point in new[] { "in copy", "in register", "end" })
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var stale = RunOnceAsync(fixture, Delivery(fixture, new(), async at =>
            {
                if (at == point)
                {
                    reached.TrySetResult();
                    await goOn.Task.WaitAsync(JobFixture.Deadline, Cancel);
                }
            }));
            await Task.WhenAny(stale, reached.Task).WaitAsync(JobFixture.Deadline, Cancel);
            await fixture.LetLeasesRunOutAsync();
            // In a transaction of the stale run the rescuer finds the job's row free: the hold comes with the end.
            Assert.Equal(1, await fixture.Rescuer.RescueAsync(Cancel));
            var states = (await ShowAsync(fixture, id)).Steps.Select(s => s.State).ToArray();
            goOn.TrySetResult();
            var lost = await Assert.ThrowsAsync<FaultException>(() => stale);
            Assert.Equal("jobs.lease.lost", lost.Reason.Code);
            Assert.Equal(states, (await ShowAsync(fixture, id)).Steps.Select(s => s.State));
            Assert.Equal(point == "end" ? ["registered copied 7"] : [], await fixture.EffectsAsync());
        }

        Assert.Equal(WorkflowState.AwaitingRetry, (await ShowAsync(fixture, id)).Workflow.State);
    }

    [Fact]
    public async Task A_failing_step_is_retried_and_then_fails_the_workflow_visibly()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await StartAsync(fixture);
        var copies = 0;
        var step = new Step("copy") { MaxFailures = 3, Backoff = JobFixture.Kind.Options.Backoff };
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = fixture.Run(
            Handlers(fixture, async (workflow, cancel) =>
            {
                await workflow.StepAsync("look", _ => Task.CompletedTask, cancel);
                try
                {
                    return await workflow.StepAsync(
                        step,
                        _ => Interlocked.Increment(ref copies) < 10 ? throw Passing.Fault($"busy {copies}") : Task.FromResult(new Finding("copied")),
                        FindingJson.Default.Finding,
                        cancel);
                }
                catch (FaultException)
                {
                    last.TrySetResult();
                    throw;
                }
            }),
            o => o with { Poll = TimeSpan.FromMilliseconds(5) });
        await last.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();

        Assert.Equal(3, copies);
        var report = await ShowAsync(fixture, id);
        Assert.Equal((WorkflowState.Failed, JobState.Dead), (report.Workflow.State, report.Job!.State));
        Assert.Equal("test.disk.busy", report.Workflow.Error!.Code);
        Assert.Equal("Step copy, failure 3 of at most 3: busy 3", report.Workflow.Error.Message);
        Assert.Equal([(1, StepState.Finished), (3, StepState.Failed)], report.Steps.Select(s => (s.Attempt, s.State)));
        Assert.Null(report.Steps[1].RetryAt);

        copies = 10;
        Assert.IsType<Accepted<WorkflowId>>(await Desk(fixture).RetryAsync(id, by: null, why: null, Cancel));
        Assert.Equal(WorkflowState.Scheduled, (await ShowAsync(fixture, id)).Workflow.State);
        await RunOnceAsync(fixture, async (workflow, cancel) =>
        {
            await workflow.StepAsync("look", _ => throw new InvalidOperationException("It had finished."), cancel);
            return await workflow.StepAsync(
                step, _ => Task.FromResult(new Finding("at last")), FindingJson.Default.Finding, cancel);
        });
        Assert.Equal(WorkflowState.Completed, (await ShowAsync(fixture, id)).Workflow.State);
    }

    [Fact]
    public async Task A_workflow_can_answer_a_step_that_failed_for_good_and_the_answer_is_the_same_after_a_crash()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await StartAsync(fixture);
        var runs = 0;
        WorkflowHandler<Errand, Finding> handler = async (workflow, cancel) =>
        {
            try
            {
                await workflow.StepAsync("mount", _ => throw Lasting.Fault($"absent {++runs}"), cancel);
                return new Finding("mounted");
            }
            catch (FaultException absent) when (absent.Reason.Code == Lasting.Code)
            {
                if (workflow.Input.Number == 7 && runs == 1)
                {
                    runs = 100;
                    throw new InvalidOperationException("A crash of the code between two steps.");
                }

                return new Finding(absent.Reason.Message);
            }
        };
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunOnceAsync(fixture, handler));
        await fixture.LetLeasesRunOutAsync();
        await fixture.Rescuer.RescueAsync(Cancel);
        await RunOnceAsync(fixture, handler);
        Assert.Equal(100, runs);
        Assert.Contains("absent 1", (await ShowAsync(fixture, id)).Workflow.Result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finished_steps_set_the_attempts_back()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await StartAsync(fixture);
        for (var crash = 0; crash < 6; crash++)
        {
            using var vanish = new CancellationTokenSource();
            var steps = crash;
            var run = RunOnceAsync(fixture, async (workflow, cancel) =>
            {
                for (var n = 0; n <= steps; n++)
                {
                    await workflow.StepAsync($"step {n}", _ => Task.CompletedTask, cancel);
                }

                await vanish.CancelAsync();
                cancel.ThrowIfCancellationRequested();
                return new Finding("never");
            }, vanish.Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
            await fixture.LetLeasesRunOutAsync();
            await fixture.Rescuer.RescueAsync(Cancel);
        }

        Assert.Equal((JobState.Available, 1), ((await fixture.GetAsync(id.Job)).State, (await fixture.GetAsync(id.Job)).Attempt));
    }

    [Fact]
    public async Task One_that_crashes_its_worker_without_progress_fails_when_its_attempts_are_used_up()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await StartAsync(fixture);
        for (var crash = 0; crash < Kind.Options.MaxAttempts; crash++)
        {
            await ClaimAsync(fixture);
            await fixture.LetLeasesRunOutAsync();
            await fixture.Rescuer.RescueAsync(Cancel);
        }

        var report = await ShowAsync(fixture, id);
        Assert.Equal((WorkflowState.Crashed, "jobs.lease.expired"), (report.Workflow.State, report.Workflow.Error!.Code));
    }

    [Fact]
    public async Task A_name_used_twice_in_one_run_is_a_bug()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await StartAsync(fixture);
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunOnceAsync(fixture, async (workflow, cancel) =>
        {
            await workflow.StepAsync("copy", _ => Task.CompletedTask, cancel);
            await workflow.StepAsync("copy", _ => Task.CompletedTask, cancel);
            return new Finding("never");
        }));
    }

    [Fact]
    public async Task Steps_side_by_side_are_all_remembered()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await StartAsync(fixture);
        await RunOnceAsync(fixture, async (workflow, cancel) =>
        {
            var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => workflow.StepAsync(
                $"copy {n}", _ => Task.FromResult(new Finding($"{n}")), FindingJson.Default.Finding, cancel)));
            return new Finding(string.Concat(all.Select(f => f.Text)));
        });
        var report = await ShowAsync(fixture, id);
        Assert.Equal("""{"Text": "01234567"}""", report.Workflow.Result);
        Assert.Equal(8, report.Steps.Count(s => s.State == StepState.Finished));
    }

    [Fact]
    public async Task Starting_twice_with_one_key_gives_one_workflow_also_after_its_end()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var first = await StartAsync(fixture, "scan 7");
        Assert.Equal(first, await StartAsync(fixture, "scan 7"));
        await RunOnceAsync(fixture, (_, _) => Task.FromResult(new Finding("done")));
        Assert.Equal(first, await StartAsync(fixture, "scan 7"));
        Assert.Empty(await fixture.Leases.ClaimAsync("default", [Kind.Job], 1, "test", Cancel));
        Assert.NotEqual(first, await StartAsync(fixture, "scan 8"));
    }

    [Fact]
    public async Task A_start_that_is_rolled_back_leaves_neither_workflow_nor_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        StartedWorkflow started;
        await using (var transaction = await fixture.Database.BeginAsync(Cancel))
        {
            started = await Store(fixture).StartAsync(transaction, Kind, "scan 7", new Errand(7), null, Cancel);
        }

        Assert.Null(await Store(fixture).ShowAsync(started.Id, Cancel));
        Assert.Null(await fixture.Store.GetAsync(started.Id.Job, Cancel));
    }

    [Fact]
    public async Task A_cancelled_workflow_begins_no_further_step()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await StartAsync(fixture);
        var run = RunOnceAsync(fixture, async (workflow, cancel) =>
        {
            await workflow.StepAsync("copy", _ => Task.CompletedTask, cancel);
            Assert.IsType<Accepted<WorkflowId>>(await Desk(fixture).CancelAsync(id, by: null, why: null, Cancel));
            await workflow.StepAsync("register", _ => Task.CompletedTask, cancel);
            return new Finding("never");
        });
        await run;
        var report = await ShowAsync(fixture, id);
        Assert.Equal(WorkflowState.Cancelled, report.Workflow.State);
        Assert.Equal("copy", Assert.Single(report.Steps).Name);
        Assert.Equal(1, (await Store(fixture).ListAsync(new WorkflowFilter { State = WorkflowState.Cancelled }, 0, 10, Cancel)).Total);
    }

    private static WorkflowHandler<Errand, Finding> Delivery(
        JobFixture fixture, ConcurrentQueue<string> ran, Func<string, Task> reachAsync) => async (workflow, cancel) =>
        {
            await reachAsync("begin");
            var copied = await workflow.StepAsync(
                "copy",
                async _ =>
                {
                    ran.Enqueue("copy");
                    await reachAsync("in copy");
                    return new Finding($"copied {workflow.Input.Number}");
                },
                FindingJson.Default.Finding,
                cancel);
            await reachAsync("after copy");
            await workflow.StepAsync(
                "register",
                async (transaction, token) =>
                {
                    ran.Enqueue("register");
                    await JobFixture.AddEffectAsync(transaction, $"registered {copied.Text}", token);
                    await reachAsync("in register");
                },
                cancel);
            await reachAsync("after register");
            var announced = await workflow.StepAsync(
                "announce",
                async _ =>
                {
                    ran.Enqueue("announce");
                    await reachAsync("in announce");
                    return new Finding($"announced {copied.Text}");
                },
                FindingJson.Default.Finding,
                cancel);
            await reachAsync("end");
            return announced;
        };

    private static WorkflowStore Store(JobFixture fixture) =>
        new(fixture.Database, fixture.Queue, fixture.Store, TimeProvider.System);

    private static WorkflowDesk Desk(JobFixture fixture) => new(fixture.Database, Store(fixture), new WorkflowKinds());

    private static async Task<WorkflowId> StartAsync(JobFixture fixture, string? key = null) => (await fixture.Database.TransactAsync(
        t => Store(fixture).StartAsync(t, Kind, key, new Errand(7), null, Cancel), Cancel)).Id;

    private static async Task<WorkflowReport> ShowAsync(JobFixture fixture, WorkflowId id) =>
        (await Store(fixture).ShowAsync(id, Cancel))!;

    private static JobHandlers Handlers(JobFixture fixture, WorkflowHandler<Errand, Finding> handler)
    {
        var handlers = new JobHandlers();
        new WorkflowRunner(fixture.Database, fixture.Queue, new WorkflowKinds(), seed: 1, TimeProvider.System).Add(handlers, Kind, handler);
        return handlers;
    }

    private static async Task<ClaimedJob> ClaimAsync(JobFixture fixture) =>
        Assert.Single(await fixture.Leases.ClaimAsync("default", [Kind.Job], 1, "test", Cancel));

    private static async Task RunOnceAsync(
        JobFixture fixture, WorkflowHandler<Errand, Finding> handler, CancellationToken? cancel = null) =>
        await Handlers(fixture, handler).RunAsync(new JobHold(await ClaimAsync(fixture)), cancel ?? Cancel);
}

using System.Collections.Concurrent;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

public sealed class EffectTests
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_effect_keeps_its_intent_then_the_outside_id_then_its_outcome_and_holds_no_worker_meanwhile()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { LooksUntilEnd = 2 };
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.EffectAsync(outside.Submit(), cancel));
        outside.Starting = async id =>
        {
            var step = Assert.Single((await bench.ShowAsync(bench.Started)).Steps);
            Assert.Equal((StepKind.Effect, StepState.Started, id, null), (step.Kind, step.State, step.Effect, step.External));
            Assert.Equal("""{"Number": 7}""", step.Intent);
        };
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        var waiting = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Suspended, "job 1"), (waiting.Workflow.State, waiting.Steps[0].External));
        await bench.PassAsync(AskAgainAfter);
        await bench.RunAllAsync();
        await bench.PassAsync(AskAgainAfter);
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Completed, StepState.Finished), (report.Workflow.State, report.Steps[0].State));
        Assert.Equal("""{"Text": "job 1 done"}""", report.Workflow.Result);
        Assert.Equal(1, outside.Count);
    }

    // The points lie between the durable steps: intent, begun outside, id kept, looked, outcome kept.
    [Theory]
    [InlineData("before")]
    [InlineData("intended")]
    [InlineData("begun")]
    [InlineData("attached")]
    [InlineData("after")]
    public async Task An_effect_is_begun_once_wherever_the_worker_vanishes(string point)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { CrashAt = point };
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            outside.Reach("before");
            var finding = await workflow.EffectAsync(outside.Submit(), cancel);
            outside.Reach("after");
            return finding;
        });
        var id = await bench.StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(bench.RunAllAsync);
        await bench.RescueAsync();
        await bench.RunAllAsync();
        await bench.PassAsync(TimeSpan.FromMinutes(10));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
        Assert.Equal(1, outside.Count);
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_found_again_and_attached()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { LosesAnswers = 1 };
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.EffectAsync(outside.Submit(), cancel));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
        Assert.Equal((1, 1), (outside.Count, outside.Reconciled));
    }

    [Fact]
    public async Task One_that_is_absent_is_begun_again_only_after_the_deadline_and_its_grace_and_under_the_same_name()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { LosesRequests = 1 };
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.EffectAsync(outside.Submit(), cancel));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        var doubt = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Suspended, StepState.Uncertain), (doubt.Workflow.State, doubt.Steps[0].State));
        Assert.Equal("workflows.step.uncertain", doubt.Steps[0].Error!.Code);
        await bench.PassAsync(TimeSpan.FromMinutes(2));
        await bench.RunAllAsync();
        Assert.Equal((0, StepState.Uncertain), (outside.Count, (await bench.ShowAsync(id)).Steps[0].State));
        await bench.PassAsync(TimeSpan.FromMinutes(1.1));
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Completed, 1), (report.Workflow.State, outside.Count));
        Assert.Equal([doubt.Steps[0].Effect!.Value, doubt.Steps[0].Effect!.Value], outside.Asked);
    }

    [Theory]
    [InlineData("found")]
    [InlineData("done")]
    [InlineData("repeat")]
    [InlineData("fail")]
    public async Task Where_the_outside_does_not_answer_it_stays_uncertain_and_a_person_decides(string how)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { LosesAnswers = 1, IsSilent = true };
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.EffectAsync(outside.Submit(), cancel));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        for (var n = 0; n < 5; n++)
        {
            await bench.PassAsync(TimeSpan.FromHours(1));
            await bench.RunAllAsync();
        }

        Assert.Equal((StepState.Uncertain, 1), ((await bench.ShowAsync(id)).Steps[0].State, outside.Count));
        var resolution = Enum.Parse<StepResolution>(how, ignoreCase: true);
        var value = how switch { "found" => "job 1", "done" => """{"Text": "by hand"}""", "fail" => "nobody knows", _ => null };
        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.ResolveAsync(id, "submit", resolution, value, PersonId.LocalOperator, Cancel));
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var report = await bench.ShowAsync(id);
        Assert.Equal(how == "fail" ? WorkflowState.Failed : WorkflowState.Completed, report.Workflow.State);
        Assert.Equal(
            how switch { "found" => """{"Text": "job 1 done"}""", "done" => """{"Text": "by hand"}""", "repeat" => """{"Text": "job 1 done"}""", _ => null },
            report.Workflow.Result);
        Assert.Equal(how == "fail" ? "workflows.step.given_up" : null, report.Workflow.Error?.Code);
        // Asked for again under its name, the outside gives what it has.
        Assert.Equal(1, outside.Count);
        Assert.Contains(report.Moves, m => m.By == PersonId.LocalOperator && m.State == WorkflowState.Resuming);
        Assert.IsType<Refused<WorkflowId>>(await bench.Desk.ResolveAsync(id, "submit", resolution, value, null, Cancel));
    }

    [Fact]
    public async Task An_effect_that_ended_badly_fails_the_workflow_and_a_retry_is_a_new_one()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { FailsOnce = true };
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.EffectAsync(outside.Submit(), cancel));
        var id = await bench.StartAsync();
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var failed = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Failed, "test.disk.absent"), (failed.Workflow.State, failed.Workflow.Error!.Code));
        await bench.Desk.RetryAsync(id, null, null, Cancel);
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        Assert.Equal((WorkflowState.Completed, 2), (await bench.StateAsync(id), outside.Count));
        Assert.Equal(2, outside.Asked.Distinct().Count());
    }

    [Fact]
    public async Task A_cancelled_workflow_calls_its_effect_off_even_where_its_begin_was_uncertain()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var outside = new Outside(bench) { LosesAnswers = 1, IsSilent = true };
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.EffectAsync(outside.Submit(), cancel));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        await bench.Desk.CancelAsync(id, PersonId.LocalOperator, null, Cancel);
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Cancelling, await bench.StateAsync(id));
        outside.IsSilent = false;
        await bench.PassAsync(TimeSpan.FromSeconds(30));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Cancelled, await bench.StateAsync(id));
        Assert.Equal(["job 1"], outside.CalledOff);
        // What was called off is gone: going on is a new one.
        await bench.Desk.RetryAsync(id, null, null, Cancel);
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        Assert.Equal((WorkflowState.Completed, 2), (await bench.StateAsync(id), outside.Count));
    }

    [Theory]
    [InlineData("done")]
    [InlineData("repeat")]
    [InlineData("fail")]
    public async Task A_step_that_must_never_be_repeated_waits_for_a_person_once_it_was_interrupted(string how)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var done = 0;
        var isVanishing = true;
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.StepAsync(
            new Step("vent") { IsNeverRepeated = true },
            _ =>
            {
                done++;
                return isVanishing ? throw bench.Vanish() : Task.FromResult(new Finding("vented"));
            },
            FindingJson.Default.Finding,
            cancel));
        var id = await bench.StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(bench.RunAllAsync);
        isVanishing = false;
        for (var n = 0; n < 3; n++)
        {
            await bench.RescueAsync();
            await bench.RunAllAsync();
        }

        var doubt = await bench.ShowAsync(id);
        Assert.Equal((1, WorkflowState.Suspended, StepState.Uncertain), (done, doubt.Workflow.State, doubt.Steps[0].State));
        Assert.Equal(StepKind.Once, doubt.Steps[0].Kind);
        var resolution = Enum.Parse<StepResolution>(how, ignoreCase: true);
        Assert.IsType<Refused<WorkflowId>>(await bench.Desk.ResolveAsync(id, "vent", StepResolution.Found, "x", null, Cancel));
        await bench.Desk.ResolveAsync(id, "vent", resolution, how == "done" ? """{"Text":"seen"}""" : null, PersonId.LocalOperator, Cancel);
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        Assert.Equal(
            (how == "fail" ? WorkflowState.Failed : WorkflowState.Completed, how == "repeat" ? 2 : 1),
            (await bench.StateAsync(id), done));
    }

    /// <summary>An outside that knows its effects by their ids and can lose requests and answers.</summary>
    private sealed class Outside(WorkflowBench bench)
    {
        private readonly ConcurrentDictionary<Guid, string> _jobs = new();
        private readonly ConcurrentDictionary<string, int> _looks = new();

        public int LosesAnswers { get; set; }

        public int LosesRequests { get; set; }

        public bool IsSilent { get; set; }

        public bool FailsOnce { get; set; }

        public int LooksUntilEnd { get; init; }

        public string? CrashAt { get; set; }

        public Func<Guid, Task> Starting { get; set; } = _ => Task.CompletedTask;

        public int Count => _jobs.Count;

        public int Reconciled { get; private set; }

        public ConcurrentQueue<Guid> Asked { get; } = new();

        public ConcurrentQueue<string> CalledOff { get; } = new();

        public Effect<Errand, Finding> Submit() => new("submit", new Errand(7), ErrandJson.Default.Errand, FindingJson.Default.Finding)
        {
            StartAsync = async (intent, _) =>
            {
                Asked.Enqueue(intent.Id);
                await Starting(intent.Id);
                Reach("intended");
                if (LosesRequests-- > 0)
                {
                    throw new TimeoutException("No answer to the request.");
                }

                var job = _jobs.GetOrAdd(intent.Id, _ => $"job {_jobs.Count + 1}");
                Reach("begun");
                return LosesAnswers-- > 0 ? throw new TimeoutException("No answer to the request.") : job;
            },
            LookAsync = (job, _) =>
            {
                Reach("attached");
                if (FailsOnce)
                {
                    FailsOnce = false;
                    return Task.FromResult<EffectLook<Finding>>(new EffectFailed<Finding>(WorkflowBench.Lasting.Because("node failed")));
                }

                return Task.FromResult<EffectLook<Finding>>(
                    _looks.AddOrUpdate(job, 1, (_, n) => n + 1) <= LooksUntilEnd
                        ? new EffectGoesOn<Finding>(AskAgainAfter)
                        : new EffectEnded<Finding>(new Finding($"{job} done")));
            },
            ReconcileAsync = (intent, _) =>
            {
                Reconciled++;
                return Task.FromResult<Evidence>(
                    IsSilent ? new NoAnswer("the scheduler is down")
                    : _jobs.TryGetValue(intent.Id, out var job) ? new FoundOutside(job)
                    : new AbsentOutside());
            },
            CallOffAsync = (job, _) =>
            {
                CalledOff.Enqueue(job);
                return Task.CompletedTask;
            },
        };

        public void Reach(string point)
        {
            if (point == CrashAt)
            {
                CrashAt = null;
                throw bench.Vanish();
            }
        }
    }
}

using System.Collections.Concurrent;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

public sealed class WorkflowCancelTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cancellation_reaches_the_running_step_and_what_was_begun_is_undone_last_first()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var undone = new ConcurrentQueue<string>();
        var inStep = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            workflow.OnCancel("close shutter", _ => UndoAsync("close shutter"));
            await workflow.StepAsync("open shutter", _ => Task.CompletedTask, cancel);
            workflow.OnCancel("park stage", _ => UndoAsync("park stage"));
            await workflow.StepAsync(
                "expose",
                async token =>
                {
                    inStep.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                },
                cancel);
            workflow.OnCancel("never", _ => UndoAsync("never"));
            return new Finding("never");
        });
        var id = await bench.StartAsync();
        var run = bench.RunOnceAsync();
        await inStep.Task.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.CancelAsync(id, PersonId.LocalOperator, "the beam is down", Cancel));
        await run.WaitAsync(JobFixture.Deadline, Cancel);

        Assert.Equal(["park stage", "close shutter"], undone);
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Cancelled, JobState.Cancelled), (report.Workflow.State, report.Job!.State));
        Assert.Equal(
            [WorkflowState.Scheduled, WorkflowState.Pending, WorkflowState.Running, WorkflowState.Cancelling, WorkflowState.Cancelled],
            report.Moves.Select(m => m.State));
        Assert.Equal((PersonId.LocalOperator, "the beam is down"), (report.Moves[3].By!.Value, report.Moves[3].Why));
        Assert.IsType<Refused<WorkflowId>>(await bench.Desk.CancelAsync(id, null, null, Cancel));

        Task UndoAsync(string what)
        {
            undone.Enqueue(what);
            return Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData("close shutter", 0)]
    [InlineData("park stage", 1)]
    public async Task A_clean_up_that_a_crash_interrupted_goes_on_and_repeats_nothing_that_was_done(string point, int before)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var undone = new ConcurrentQueue<string>();
        using var vanish = new CancellationTokenSource();
        string? crashAt = point;
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            workflow.OnCancel("park stage", token => UndoAsync("park stage", token));
            workflow.OnCancel("close shutter", token => UndoAsync("close shutter", token));
            await workflow.SleepAsync("wait", TimeSpan.FromHours(1), cancel);
            return new Finding("never");
        });
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        await bench.Desk.CancelAsync(id, null, null, Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.RunOnceAsync(vanish.Token));
        Assert.Equal(before, undone.Count);
        crashAt = null;
        await bench.Jobs.LetLeasesRunOutAsync();
        await bench.Jobs.Rescuer.RescueAsync(Cancel);
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Cancelled, await bench.StateAsync(id));
        // The lease outlived the five minutes, so what was left undone was not begun any more.
        Assert.Equal(before, undone.Count);
        Assert.Contains("forced", (await bench.ShowAsync(id)).Workflow.Error!.Message, StringComparison.Ordinal);

        async Task UndoAsync(string what, CancellationToken token)
        {
            if (what == crashAt)
            {
                await vanish.CancelAsync();
                token.ThrowIfCancellationRequested();
            }

            undone.Enqueue(what);
        }
    }

    [Fact]
    public async Task One_that_waits_is_cancelled_too_and_a_retry_goes_on_with_what_had_finished()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var ran = new ConcurrentQueue<string>();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await workflow.StepAsync(
                "copy",
                (transaction, token) =>
                {
                    ran.Enqueue("copy");
                    return JobFixture.AddEffectAsync(transaction, "copied", token);
                },
                cancel);
            workflow.OnCancel("tidy", _ =>
            {
                ran.Enqueue("tidy");
                return Task.CompletedTask;
            });
            await workflow.SleepAsync("wait", TimeSpan.FromDays(30), cancel);
            return new Finding("pruned");
        });
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Suspended, await bench.StateAsync(id));
        await bench.Desk.CancelAsync(id, PersonId.LocalOperator, null, Cancel);
        Assert.Equal(WorkflowState.Cancelling, await bench.StateAsync(id));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Cancelled, await bench.StateAsync(id));

        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.RetryAsync(id, PersonId.LocalOperator, "after all", Cancel));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Suspended, await bench.StateAsync(id));
        await bench.PassAsync(TimeSpan.FromDays(31));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
        Assert.Equal(["copy", "tidy"], ran);
        Assert.Equal(["copied"], await bench.Jobs.EffectsAsync());
        Assert.IsType<Refused<WorkflowId>>(await bench.Desk.RetryAsync(id, null, null, Cancel));
    }

    [Fact]
    public async Task One_that_no_worker_cleans_up_after_is_ended_by_the_sweeper()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var id = await bench.StartAsync();
        await bench.Desk.CancelAsync(id, PersonId.LocalOperator, null, Cancel);
        await bench.Sweeper.SweepAsync(Cancel);
        Assert.Equal(WorkflowState.Cancelling, await bench.StateAsync(id));
        await bench.PassAsync(WorkflowKinds.UsualGrace + TimeSpan.FromSeconds(11));
        await bench.Sweeper.SweepAsync(Cancel);
        Assert.Equal(WorkflowState.Cancelled, await bench.StateAsync(id));
    }

    [Fact]
    public async Task A_workflow_out_of_time_is_told_cleans_up_and_says_so()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var undone = 0;
        var quick = WorkflowBench.Kind with { Timeout = TimeSpan.FromMilliseconds(200) };
        bench.Handle(quick, async (workflow, cancel) =>
        {
            workflow.OnCancel("tidy", _ =>
            {
                undone++;
                return Task.CompletedTask;
            });
            await workflow.StepAsync(
                "hang", token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token), cancel);
            return new Finding("never");
        });
        var id = await bench.StartAsync();
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var report = await bench.ShowAsync(id);
        Assert.Equal(
            (WorkflowState.TimedOut, "workflows.workflow.timed_out", 1),
            (report.Workflow.State, report.Workflow.Error!.Code, undone));
    }

    [Fact]
    public async Task A_workflow_that_waits_past_its_time_is_ended_when_that_is_up()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind with { Timeout = TimeSpan.FromHours(1) }, async (workflow, cancel) =>
        {
            await workflow.MessageAsync("wait", WorkflowBench.Go, timeout: null, cancel);
            return new Finding("never");
        });
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Suspended, await bench.StateAsync(id));
        await bench.PassAsync(TimeSpan.FromHours(1));
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        Assert.Equal(WorkflowState.TimedOut, await bench.StateAsync(id));
    }

    [Fact]
    public async Task A_step_that_takes_too_long_has_failed_and_is_tried_again()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var step = new Step("copy")
        {
            Timeout = TimeSpan.FromMilliseconds(20), MaxFailures = 2, Backoff = JobFixture.Kind.Options.Backoff,
        };
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await workflow.StepAsync(step, token => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token), cancel);
            return new Finding("never");
        });
        var id = await bench.StartAsync();
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.TimedOut, "workflows.step.timed_out"), (report.Workflow.State, report.Workflow.Error!.Code));
        Assert.Equal(2, Assert.Single(report.Steps).Attempt);
        Assert.Contains(WorkflowState.Retrying, report.Moves.Select(m => m.State));
    }

    [Fact]
    public async Task A_paused_workflow_begins_no_further_step_until_a_person_lets_it_go_on()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var inStep = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await workflow.StepAsync(
                "first",
                async _ =>
                {
                    inStep.TrySetResult();
                    await goOn.Task;
                },
                cancel);
            await workflow.StepAsync("second", _ => Task.CompletedTask, cancel);
            return new Finding("done");
        });
        var id = await bench.StartAsync();
        var run = bench.RunOnceAsync();
        await inStep.Task.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.PauseAsync(id, PersonId.LocalOperator, "lunch", Cancel));
        goOn.SetResult();
        await run.WaitAsync(JobFixture.Deadline, Cancel);
        while (await bench.RunOnceAsync())
        {
        }

        var report = await bench.ShowAsync(id);
        Assert.Equal(WorkflowState.Paused, report.Workflow.State);
        Assert.Equal(PersonId.LocalOperator, report.Workflow.StateBy);
        await bench.PassAsync(TimeSpan.FromDays(365));
        Assert.False(await bench.RunOnceAsync());
        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.ResumeAsync(id, PersonId.LocalOperator, null, Cancel));
        Assert.Equal(WorkflowState.Resuming, await bench.StateAsync(id));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
        Assert.IsType<Refused<WorkflowId>>(await bench.Desk.ResumeAsync(id, null, null, Cancel));
    }

    [Fact]
    public async Task A_workflow_whose_time_has_passed_without_a_worker_is_marked_late_and_still_runs()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, (workflow, _) =>
        {
            workflow.Label("Skipped");
            return Task.FromResult(new Finding("done"));
        });
        var id = await bench.StartAsync(WorkflowBench.Kind, at: DateTimeOffset.UnixEpoch.AddYears(100));
        Assert.False(await bench.RunOnceAsync());
        await bench.Sweeper.SweepAsync(Cancel);
        Assert.Equal(WorkflowState.Scheduled, await bench.StateAsync(id));
        await bench.PassAsync(TimeSpan.FromDays(365 * 60));
        await bench.Sweeper.SweepAsync(Cancel);
        Assert.Equal(WorkflowState.Late, await bench.StateAsync(id));
        Assert.True(await bench.RunOnceAsync());
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Completed, "Skipped"), (report.Workflow.State, report.Workflow.Label));
        Assert.Equal("for a test", report.Moves[0].Why);
        Assert.Equal("operator", report.Moves[0].ByName);
    }
}

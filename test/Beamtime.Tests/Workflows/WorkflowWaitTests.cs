using System.Collections.Concurrent;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

public sealed class WorkflowWaitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sleep_holds_no_worker_survives_a_restart_and_is_slept_once()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var runs = 0;
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            runs++;
            await workflow.SleepAsync("a week", TimeSpan.FromDays(7), cancel);
            await workflow.SleepAsync("until then", DateTimeOffset.UnixEpoch, cancel);
            return new Finding("pruned");
        });
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Suspended, JobState.Available), (report.Workflow.State, report.Job!.State));
        Assert.Equal("sleeps in a week", report.Workflow.StateWhy);
        Assert.Equal(report.Steps[0].DueAt, report.Job.RunAt);
        Assert.Equal(report.Steps[0].StartedAt + TimeSpan.FromDays(7), report.Steps[0].DueAt!.Value, TimeSpan.FromSeconds(1));
        await bench.PassAsync(TimeSpan.FromDays(6));
        await bench.RunAllAsync();
        Assert.Equal(1, runs);
        await bench.PassAsync(TimeSpan.FromDays(1.01));
        await bench.RunAllAsync();
        Assert.Equal(2, runs);
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
    }

    [Fact]
    public async Task Messages_are_kept_before_they_are_awaited_taken_in_order_and_a_repeat_is_none()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            var text = "";
            for (var n = 1; n <= 3; n++)
            {
                text += (await workflow.MessageAsync($"take {n}", WorkflowBench.Go, timeout: null, cancel)).Text;
            }

            return new Finding(text);
        });
        var id = await bench.StartAsync();
        Assert.IsType<Accepted<WorkflowId>>(await SendAsync(bench, id, "1", "a"));
        Assert.IsType<Accepted<WorkflowId>>(await SendAsync(bench, id, "2", "b"));
        Assert.IsType<Accepted<WorkflowId>>(await SendAsync(bench, id, "1", "a"));
        Assert.Equal(["workflows.message.differs"], await CodesAsync(SendAsync(bench, id, "2", "c")));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Suspended, await bench.StateAsync(id));
        Assert.IsType<Accepted<WorkflowId>>(await SendAsync(bench, id, "3", "c"));
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal("""{"Text": "abc"}""", report.Workflow.Result);
        Assert.Equal(["take 3", "take 2", "take 1"], report.Messages.Select(m => m.TakenBy));
        // A repeat is the same message even after the end; a new one is refused.
        Assert.IsType<Accepted<WorkflowId>>(await SendAsync(bench, id, "3", "c"));
        Assert.Equal(["workflows.state.forbids"], await CodesAsync(SendAsync(bench, id, "4", "d")));
    }

    [Fact]
    public async Task A_message_that_does_not_fit_is_refused_with_every_reason_where_the_kind_is_known_and_passed_over_where_it_was_not()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var id = await bench.StartAsync();
        // No handler yet: this server does not know the kind.
        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.SendAsync(id, "1", "go", "[1]", null, Cancel));
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
            await workflow.MessageAsync("take", WorkflowBench.Go, timeout: null, cancel));
        Assert.Equal(["workflows.message.invalid"], await CodesAsync(bench.Desk.SendAsync(id, "2", "go", "[1]", null, Cancel)));
        Assert.Equal(["workflows.message.invalid"], await CodesAsync(bench.Desk.SendAsync(id, "2", "stop", "{}", null, Cancel)));
        Assert.Equal(
            ["workflows.message.invalid", "workflows.message.invalid"], await CodesAsync(bench.Desk.SendAsync(id, "", "go", "{", null, Cancel)));
        await SendAsync(bench, id, "3", "good");
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal("""{"Text": "good"}""", report.Workflow.Result);
        Assert.Equal("workflows.message.invalid", report.Messages[1].Refused!.Code);
    }

    [Fact]
    public async Task A_message_that_comes_while_the_workflow_falls_asleep_wakes_it()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        WorkflowId id = default;
        var sent = false;
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            try
            {
                return await workflow.MessageAsync("take", WorkflowBench.Go, timeout: null, cancel);
            }
            catch (WorkflowParkedException) when (!sent)
            {
                sent = true;
                await SendAsync(bench, id, "1", "just in time");
                throw;
            }
        });
        id = await bench.StartAsync();
        Assert.True(await bench.RunOnceAsync());
        Assert.True(await bench.RunOnceAsync());
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
    }

    [Fact]
    public async Task A_message_that_a_stale_run_was_about_to_take_is_not_missed()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
            await workflow.MessageAsync("take", WorkflowBench.Go, timeout: null, cancel));
        var id = await bench.StartAsync();
        await SendAsync(bench, id, "1", "once");
        var stale = await bench.Jobs.Database.BeginAsync(Cancel);
        await using (var take = stale.Command("update workflow_messages set taken_by = 'a stale run' where workflow = $1", id.Value))
        {
            await take.ExecuteNonQueryAsync(Cancel);
        }

        var run = bench.RunOnceAsync();
        await using (var waits = bench.Jobs.Database.Owner.CreateCommand(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"))
        {
            while (!run.IsCompleted && (long)(await waits.ExecuteScalarAsync(Cancel))! == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
            }
        }

        await stale.DisposeAsync();
        await run.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
    }

    [Fact]
    public async Task A_message_that_does_not_come_in_time_fails_its_step_and_code_can_answer_that()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            try
            {
                return await workflow.MessageAsync("take", WorkflowBench.Go, TimeSpan.FromMinutes(5), cancel);
            }
            catch (FaultException late) when (late.Reason.Code == WorkflowErrors.MessageTimedOut.Code)
            {
                return new Finding("went without");
            }
        });
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        await bench.PassAsync(TimeSpan.FromMinutes(6));
        await bench.RunAllAsync();
        Assert.Equal("""{"Text": "went without"}""", (await bench.ShowAsync(id)).Workflow.Result);
    }

    [Fact]
    public async Task A_question_waits_for_a_person_takes_only_what_fits_and_keeps_who_answered()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) => new Finding(await workflow.AskAsync(
            "angle",
            new NumberQuestion { Text = "Which tilt?", Unit = "deg", Minimum = -5, Maximum = 5 },
            timeout: null,
            cancel)));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        var asked = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Suspended, StepState.Waiting), (asked.Workflow.State, asked.Steps[0].State));
        Assert.Contains("Which tilt?", asked.Workflow.StateWhy, StringComparison.Ordinal);
        Assert.Equal(
            ["workflows.input.invalid"], await CodesAsync(bench.Desk.AnswerAsync(id, "angle", "9", PersonId.LocalOperator, Cancel)));
        Assert.Equal(
            ["workflows.step.not_found"], await CodesAsync(bench.Desk.AnswerAsync(id, "angel", "1", PersonId.LocalOperator, Cancel)));
        Assert.IsType<Accepted<WorkflowId>>(await bench.Desk.AnswerAsync(id, "angle", "1.5", PersonId.LocalOperator, Cancel));
        Assert.Equal(WorkflowState.Resuming, await bench.StateAsync(id));
        Assert.Equal(
            ["workflows.state.forbids"], await CodesAsync(bench.Desk.AnswerAsync(id, "angle", "2", PersonId.LocalOperator, Cancel)));
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal("""{"Text": "1.5"}""", report.Workflow.Result);
        Assert.Equal(PersonId.LocalOperator, report.Steps[0].ResolvedBy);
    }

    [Theory]
    [InlineData("no", """{"Text": "no"}""")]
    [InlineData(null, null)]
    public async Task A_question_that_nobody_answers_gives_what_it_says_or_fails(string? otherwise, string? result)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) => new Finding(await workflow.AskAsync(
            "prune",
            new ChoiceQuestion { Text = "Prune now?", Choices = ["yes", "no"], Otherwise = otherwise },
            TimeSpan.FromHours(1),
            cancel)));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        await bench.PassAsync(TimeSpan.FromHours(2));
        try
        {
            await bench.RunAllAsync();
        }
        catch (FaultException failed) when (failed.Reason.Code == WorkflowErrors.InputTimedOut.Code)
        {
            Assert.Null(otherwise);
            Assert.Null(result);
            return;
        }

        Assert.Equal(result, (await bench.ShowAsync(id)).Workflow.Result);
    }

    // The points lie before, in and after the start of the child, in its run, and after its end.
    [Theory]
    [InlineData("before")]
    [InlineData("in the child")]
    [InlineData("after")]
    public async Task A_child_runs_once_and_its_parent_waits_for_it_across_crashes_without_a_worker(string point)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var ran = new ConcurrentQueue<string>();
        string? crashAt = point;
        bench.Handle(WorkflowBench.Part, async (workflow, cancel) =>
        {
            await ReachAsync("in the child", cancel);
            await workflow.StepAsync("work", (t, token) => JobFixture.AddEffectAsync(t, "worked", token), cancel);
            return new Finding($"part {workflow.Input.Number}");
        });
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await ReachAsync("before", cancel);
            var part = await workflow.ChildAsync("part", new Child<Errand, Finding>(WorkflowBench.Part, new Errand(3)), cancel);
            await ReachAsync("after", cancel);
            return new Finding($"whole of {part.Text}");
        });
        var id = await bench.StartAsync();
        while (true)
        {
            try
            {
                await bench.RunAllAsync();
                break;
            }
            catch (OperationCanceledException)
            {
                crashAt = null;
                await bench.RescueAsync();
            }
        }

        var report = await bench.ShowAsync(id);
        Assert.Equal("""{"Text": "whole of part 3"}""", report.Workflow.Result);
        Assert.Equal(["worked"], await bench.Jobs.EffectsAsync());
        var child = Assert.Single((await bench.Store.ListAsync(new WorkflowFilter { Parent = id }, 0, 10, Cancel)).Workflows);
        Assert.Equal((report.Steps[0].Child, WorkflowState.Completed), (child.Id, child.State));

        Task ReachAsync(string at, CancellationToken cancel)
        {
            if (at != crashAt)
            {
                return Task.CompletedTask;
            }

            throw new OperationCanceledException("The worker vanished.", cancel);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_child_is_cancelled_with_its_parent_or_left(bool isLeft)
    {
        var end = isLeft ? WorkflowState.Suspended : WorkflowState.Cancelled;
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Part, async (workflow, cancel) =>
        {
            await workflow.SleepAsync("long", TimeSpan.FromDays(1), cancel);
            return new Finding("slept");
        });
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.ChildAsync(
            "part", new Child<Errand, Finding>(WorkflowBench.Part, new Errand(3)) { IsLeft = isLeft }, cancel));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        var child = (await bench.ShowAsync(id)).Steps[0].Child!.Value;
        Assert.Equal((WorkflowState.Suspended, WorkflowState.Suspended), (await bench.StateAsync(id), await bench.StateAsync(child)));
        await bench.Desk.CancelAsync(id, PersonId.LocalOperator, null, Cancel);
        await bench.RunAllAsync();
        Assert.Equal((WorkflowState.Cancelled, end), (await bench.StateAsync(id), await bench.StateAsync(child)));
    }

    [Fact]
    public async Task A_child_that_fails_fails_its_parent_and_a_retry_of_the_parent_retries_it()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var isAbsent = true;
        bench.Handle(WorkflowBench.Part, async (workflow, cancel) =>
        {
            await workflow.StepAsync("mount", _ => isAbsent ? throw WorkflowBench.Lasting.Fault("no disk") : Task.CompletedTask, cancel);
            return new Finding("mounted");
        });
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => workflow.ChildAsync(
            "part", new Child<Errand, Finding>(WorkflowBench.Part, new Errand(3)), cancel));
        var id = await bench.StartAsync();
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Failed, "workflows.child.failed"), (report.Workflow.State, report.Workflow.Error!.Code));
        Assert.Contains("no disk", report.Workflow.Error.Message, StringComparison.Ordinal);
        isAbsent = false;
        await bench.Desk.RetryAsync(id, PersonId.LocalOperator, null, Cancel);
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        Assert.Equal("""{"Text": "mounted"}""", (await bench.ShowAsync(id)).Workflow.Result);
        Assert.Equal(1, (await bench.Store.ListAsync(new WorkflowFilter { Parent = id }, 0, 10, Cancel)).Total);
    }

    private static Task<Outcome<WorkflowId>> SendAsync(WorkflowBench bench, WorkflowId id, string message, string text) =>
        bench.Desk.SendAsync(id, message, "go", $$"""{"Text": "{{text}}"}""", PersonId.LocalOperator, Cancel);

    private static async Task<string[]> CodesAsync(Task<Outcome<WorkflowId>> outcome) =>
        [.. Assert.IsType<Refused<WorkflowId>>(await outcome).Reasons.Select(r => r.Code)];
}

using System.Collections.Concurrent;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

public sealed class BranchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Branches_go_on_while_others_wait_and_their_steps_are_remembered_under_their_names()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var ran = new ConcurrentQueue<string>();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            var ends = await workflow.BranchesAsync<string>(
                "copies",
                [
                    new("nersc", async (branch, token) =>
                    {
                        await branch.SleepAsync("wait", TimeSpan.FromHours(1), token);
                        await branch.StepAsync("copy", _ => DoneAsync("nersc"), token);
                        return "nersc";
                    }),
                    new("local", async (branch, token) =>
                    {
                        await branch.StepAsync("copy", _ => DoneAsync("local"), token);
                        await branch.StepAsync("verify", _ => DoneAsync("local verified"), token);
                        return "local";
                    }),
                ],
                cancel);
            await workflow.StepAsync("tell", _ => DoneAsync("told"), cancel);
            return new Finding(string.Join(" and ", ends.Select(e => e.Result)));
        });
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        Assert.Equal(["local", "local verified"], ran);
        await bench.PassAsync(TimeSpan.FromHours(1));
        await bench.RunAllAsync();
        Assert.Equal(["local", "local verified", "nersc", "told"], ran);
        var report = await bench.ShowAsync(id);
        Assert.Equal("""{"Text": "nersc and local"}""", report.Workflow.Result);
        Assert.Equal(
            ["copies/local/copy", "copies/local/verify", "copies/nersc/copy", "copies/nersc/wait", "tell"],
            report.Steps.Select(s => s.Name).Order(StringComparer.Ordinal));

        Task DoneAsync(string what)
        {
            ran.Enqueue(what);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_branch_that_fails_fast_ends_the_others_cleans_up_after_them_and_stays_the_reason()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var undone = new ConcurrentQueue<string>();
        var isAbsent = true;
        string? vanishAt = "tidy";
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await workflow.BranchesAsync<bool>(
                "copies",
                [
                    new("waits", async (branch, token) =>
                    {
                        branch.OnCancel("tidy", _ =>
                        {
                            if (vanishAt == "tidy")
                            {
                                vanishAt = null;
                                throw bench.Vanish();
                            }

                            undone.Enqueue("tidied");
                            return Task.CompletedTask;
                        });
                        await branch.SleepAsync("wait", TimeSpan.FromDays(1), token);
                        return true;
                    }),
                    new("fails", async (branch, token) =>
                    {
                        await branch.StepAsync(
                            "mount", _ => isAbsent ? throw WorkflowBench.Lasting.Fault("no disk") : Task.CompletedTask, token);
                        return true;
                    }),
                ],
                cancel);
            return new Finding("copied");
        });
        var id = await bench.StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(bench.RunAllAsync);
        await bench.RescueAsync();
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var failed = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Failed, "test.disk.absent"), (failed.Workflow.State, failed.Workflow.Error!.Code));
        Assert.Equal(["tidied"], undone);
        isAbsent = false;
        await bench.Desk.RetryAsync(id, PersonId.LocalOperator, null, Cancel);
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Suspended, await bench.StateAsync(id));
        await bench.PassAsync(TimeSpan.FromDays(2));
        await bench.RunAllAsync();
        Assert.Equal(WorkflowState.Completed, await bench.StateAsync(id));
        Assert.Equal(["tidied"], undone);
    }

    [Fact]
    public async Task Failures_are_collected_or_ignored_as_each_branch_says()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            var ends = await workflow.BranchesAsync<bool>(
                "optional", [Failing("a", BranchFailure.IsIgnored), Failing("b", BranchFailure.IsIgnored)], cancel);
            Assert.Equal(["test.disk.absent", "test.disk.absent"], ends.Select(e => e.Error!.Code));
            await workflow.BranchesAsync<bool>(
                "needed",
                [Failing("c", BranchFailure.IsCollected), Failing("d", BranchFailure.IsIgnored), Failing("e", BranchFailure.IsCollected)],
                cancel);
            return new Finding("never");
        });
        var id = await bench.StartAsync();
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var error = (await bench.ShowAsync(id)).Workflow.Error!;
        Assert.Equal("workflows.branches.failed", error.Code);
        Assert.Contains("c: test.disk.absent", error.Message, StringComparison.Ordinal);
        Assert.Contains("; e: test.disk.absent", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("; d: ", error.Message, StringComparison.Ordinal);

        static Branch<Errand, bool> Failing(string name, BranchFailure failure) => new(name, async (branch, token) =>
        {
            await branch.StepAsync("mount", _ => throw WorkflowBench.Lasting.Fault("no disk"), token);
            return true;
        })
        {
            Failure = failure,
        };
    }
}

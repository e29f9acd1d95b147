using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

public sealed class VersionTests
{
    [Fact]
    public async Task An_instance_that_had_gone_past_a_change_keeps_the_old_road_and_one_that_had_not_takes_the_new()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await workflow.StepAsync("copy", _ => Task.CompletedTask, cancel);
            if (workflow.Input.Number == 1)
            {
                await workflow.SleepAsync("early", TimeSpan.FromHours(1), cancel);
            }

            await workflow.StepAsync("verify", _ => Task.CompletedTask, cancel);
            await workflow.SleepAsync("late", TimeSpan.FromHours(1), cancel);
            return new Finding("old");
        });
        var before = await bench.StartAsync(1);
        var past = await bench.StartAsync(2);
        await bench.RunAllAsync();

        var crashes = 1;
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            await workflow.StepAsync("copy", _ => Task.CompletedTask, cancel);
            if (workflow.Input.Number == 1)
            {
                await workflow.SleepAsync("early", TimeSpan.FromHours(1), cancel);
            }

            var road = await workflow.VersionAsync("checksum first", 1, cancel);
            if (road == 1)
            {
                await workflow.StepAsync("checksum", _ => Task.CompletedTask, cancel);
            }

            if (crashes-- > 0)
            {
                throw bench.Vanish();
            }

            await workflow.StepAsync("verify", _ => Task.CompletedTask, cancel);
            await workflow.SleepAsync("late", TimeSpan.FromHours(1), cancel);
            return new Finding($"road {road}");
        });
        await bench.PassAsync(TimeSpan.FromHours(1.1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(bench.RunAllAsync);
        await bench.RescueAsync();
        await bench.RunAllAsync();
        await bench.PassAsync(TimeSpan.FromHours(1.1));
        await bench.RunAllAsync();
        Assert.Equal("""{"Text": "road 1"}""", (await bench.ShowAsync(before)).Workflow.Result);
        Assert.Equal("""{"Text": "road 0"}""", (await bench.ShowAsync(past)).Workflow.Result);
        Assert.DoesNotContain("checksum", (await bench.ShowAsync(past)).Steps.Select(s => s.Name));
    }

    [Theory]
    [InlineData("copy,check,verify", "its code asks for check as step 2, where verify is recorded")]
    [InlineData("verify,copy", "its code asks for verify as step 1, where copy is recorded")]
    [InlineData("copy", "step 2, verify, is recorded and was not asked for")]
    [InlineData("copy,verify!", "its code has step verify as Transaction, which is recorded as Work")]
    public async Task A_changed_order_of_steps_is_a_fault_that_says_what_differs_and_runs_nothing(string steps, string what)
    {
        await using var bench = await WorkflowBench.CreateAsync();
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => RunAsync(workflow, "copy,verify,sleep", () => { }, cancel));
        var id = await bench.StartAsync();
        await bench.RunAllAsync();
        var ran = 0;
        bench.Handle(WorkflowBench.Kind, async (workflow, cancel) =>
        {
            try
            {
                return await RunAsync(workflow, steps, () => ran++, cancel);
            }
            catch (FaultException)
            {
                return new Finding("whatever its code catches");
            }
        });
        await bench.PassAsync(TimeSpan.FromHours(2));
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Failed, "workflows.changed", 0), (report.Workflow.State, report.Workflow.Error!.Code, ran));
        Assert.Contains(what, report.Workflow.Error.Message, StringComparison.Ordinal);

        // The code that fits brings it on.
        bench.Handle(WorkflowBench.Kind, (workflow, cancel) => RunAsync(workflow, "copy,verify,sleep", () => ran++, cancel));
        await bench.Desk.RetryAsync(id, null, null, WorkflowBench.Cancel);
        await bench.RunUntilAsync(id, r => r.Workflow.State.IsTerminal);
        Assert.Equal((WorkflowState.Completed, 0), (await bench.StateAsync(id), ran));
    }

    private static async Task<Finding> RunAsync(
        WorkflowContext<Errand> workflow, string steps, Action ran, CancellationToken cancel)
    {
        foreach (var step in steps.Split(','))
        {
            await (step switch
            {
                "sleep" => workflow.SleepAsync(step, TimeSpan.FromHours(1), cancel),
                ['v', .., '!'] => workflow.StepAsync("verify", (_, _) => Ran(), cancel),
                _ => workflow.StepAsync(step, _ => Ran(), cancel),
            });
        }

        return new Finding("done");

        Task Ran()
        {
            ran();
            return Task.CompletedTask;
        }
    }
}

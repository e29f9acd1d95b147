using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Jobs;

public sealed class WorkerRegisterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_draining_worker_claims_nothing_finishes_what_runs_and_goes_on_when_resumed()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var register = new WorkerRegister(fixture.Database.Source);
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = await fixture.EnqueueAsync(1);
        var worker = fixture.Run(
            async (job, _) =>
            {
                if (job.Arguments.Number == 1)
                {
                    began.TrySetResult();
                    await goOn.Task;
                    return;
                }

                second.TrySetResult();
            },
            o => o with { Name = "drained", Poll = TimeSpan.FromMilliseconds(20), Beat = TimeSpan.FromMilliseconds(20) });
        await began.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await UntilAsync(register, WorkerState.Active);
        Assert.Equal(WorkerState.Draining, (await register.DrainAsync("drained", Cancel)).OrThrow().State);
        var waiting = await fixture.EnqueueAsync(2);
        goOn.TrySetResult();
        await UntilAsync(register, WorkerState.Drained);
        Assert.Equal(JobState.Succeeded, (await fixture.GetAsync(first)).State);
        Assert.Equal(JobState.Available, (await fixture.GetAsync(waiting)).State);
        Assert.Equal(WorkerState.Active, (await register.ResumeAsync("drained", Cancel)).OrThrow().State);
        await second.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        Assert.Empty(await register.ListAsync(null, Cancel));
    }

    [Fact]
    public async Task A_worker_that_falls_silent_is_lost_until_it_is_heard_of_again()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var register = new WorkerRegister(fixture.Database.Source);
        var row = new WorkerRow(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "silent", "host", 1, ["default"], [], ["gpu"], 4);
        await register.BeatAsync(row, 0, Cancel);
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, WorkerRegister.Silence * 2, Cancel);
        Assert.Equal(WorkerState.Lost, Assert.Single(await register.ListAsync(null, Cancel)).State);
        await register.BeatAsync(row, 0, Cancel);
        var back = Assert.Single(await register.ListAsync("silent", Cancel));
        Assert.Equal((WorkerState.Active, "gpu"), (back.State, Assert.Single(back.Labels)));
    }

    [Fact]
    public async Task A_worker_that_is_not_there_is_not_drained()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var refused = Assert.IsType<Refused<WorkerRecord>>(
            await new WorkerRegister(fixture.Database.Source).DrainAsync("nobody", Cancel));
        Assert.Equal("jobs.worker.unknown", Assert.Single(refused.Reasons).Code);
    }

    [Fact]
    public void A_drained_worker_runs_nothing_before_it_is_resumed()
    {
        foreach (var from in Enum.GetValues<WorkerState>())
        {
            foreach (var to in Enum.GetValues<WorkerState>())
            {
                var allowed = from != to && (from, to) != (WorkerState.Drained, WorkerState.Draining);
                Assert.True(from.CanBecome(to) == allowed, $"{from} to {to}");
            }
        }
    }

    private static async Task UntilAsync(WorkerRegister register, WorkerState state)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (await register.ListAsync(null, Cancel) is not [{ } only] || only.State != state)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < JobFixture.Deadline);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }
    }
}

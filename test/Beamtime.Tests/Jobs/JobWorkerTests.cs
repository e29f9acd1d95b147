using System.Collections.Concurrent;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Jobs;

public sealed class JobWorkerTests
{
    private static readonly ErrorCode Passing = new("test.disk.busy", "Busy.", "Wait.", RetryClass.Later);
    private static readonly ErrorCode Lasting = new("test.disk.absent", "Absent.", "Mount it.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Eight_workers_process_two_thousand_jobs_exactly_once()
    {
        const int Count = 2000;
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.Database.TransactAsync(
            t => fixture.Queue.EnqueueAsync(t, [.. Enumerable.Range(0, Count).Select(n => JobFixture.Kind.Of(new Errand(n)))], Cancel),
            Cancel);
        var seen = new ConcurrentBag<int>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var workers = Enumerable.Range(0, 8).Select(_ => fixture.Run((job, _) =>
        {
            seen.Add(job.Arguments.Number);
            if (seen.Count == Count)
            {
                all.TrySetResult();
            }

            return Task.CompletedTask;
        })).ToArray();
        await all.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await Task.WhenAll(workers.Select(w => w.StopAsync()));
        Assert.Equal(Enumerable.Range(0, Count), seen.Order());
        Assert.Equal(Count, (await fixture.Store.ListAsync(new JobFilter { State = JobState.Succeeded }, 0, 1, Cancel)).Total);
    }

    [Fact]
    public async Task A_commit_wakes_the_worker_long_before_its_poll()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var idle = Signal();
        var ran = Signal();
        fixture.Run(
            (job, _) =>
            {
                (job.Arguments.Number == 0 ? idle : ran).TrySetResult();
                return Task.CompletedTask;
            },
            o => o with { Poll = JobFixture.Never });
        await fixture.EnqueueAsync(0);
        await idle.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await fixture.EnqueueAsync(1);
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
    }

    [Fact]
    public async Task A_poll_alone_finds_the_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var ran = Signal();
        fixture.Run((_, _) => Done(ran), o => o with { Poll = TimeSpan.FromMilliseconds(20) });
        await using var transaction = await fixture.Database.BeginAsync(Cancel);
        await fixture.Queue.EnqueueAsync(transaction, JobFixture.Kind.Of(new Errand(1)), Cancel);
        await transaction.Inner.CommitAsync(Cancel);
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
    }

    [Fact]
    public async Task A_stop_hands_back_what_runs_without_counting_the_attempt()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var began = Signal();
        var worker = fixture.Run((_, cancel) =>
        {
            began.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
        });
        await began.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        var job = await fixture.GetAsync(id);
        Assert.Equal((JobState.Available, 0, 1L), (job.State, job.Attempt, job.Fence));
        Assert.Null(job.LastError);
    }

    [Fact]
    public async Task A_handler_that_finishes_during_the_stop_is_accepted()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var began = Signal();
        var worker = fixture.Run(async (_, cancel) =>
        {
            began.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await began.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        Assert.Equal(JobState.Succeeded, (await fixture.GetAsync(id)).State);
    }

    [Fact]
    public async Task A_job_that_keeps_failing_is_dead_after_its_attempts_with_its_last_error()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var last = Signal();
        var worker = fixture.Run(
            (job, _) =>
            {
                if (job.Attempt == 3)
                {
                    last.TrySetResult();
                }

                throw Passing.Fault($"busy in attempt {job.Attempt}");
            },
            o => o with { Poll = TimeSpan.FromMilliseconds(10) });
        await last.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        var job = await fixture.GetAsync(id);
        Assert.Equal((JobState.Dead, 3), (job.State, job.Attempt));
        Assert.Equal(("test.disk.busy", "busy in attempt 3"), (job.LastError!.Code, job.LastError.Message));
    }

    [Fact]
    public async Task A_fault_that_lasts_buries_the_job_at_its_first_attempt()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var ran = Signal();
        var worker = fixture.Run((_, _) =>
        {
            ran.TrySetResult();
            throw Lasting.Fault("absent");
        });
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        var job = await fixture.GetAsync(id);
        Assert.Equal((JobState.Dead, 1, "test.disk.absent"), (job.State, job.Attempt, job.LastError!.Code));
    }

    [Fact]
    public async Task Arguments_that_do_not_fit_bury_the_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var bad = await fixture.Queue.EnqueueAsync(JobFixture.Kind.Of(new Errand(1)) with { Arguments = "[3]" }, Cancel);
        var ran = Signal();
        await fixture.EnqueueAsync(2);
        var worker = fixture.Run((_, _) => Done(ran));
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        var job = await fixture.GetAsync(bad.Id);
        Assert.Equal((JobState.Dead, "jobs.arguments.unreadable"), (job.State, job.LastError!.Code));
    }

    [Fact]
    public async Task A_cancelled_job_cancels_its_running_handler()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var began = Signal();
        var ended = Signal();
        var worker = fixture.Run(async (_, cancel) =>
        {
            began.TrySetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            }
            finally
            {
                ended.TrySetResult();
            }
        });
        await began.Task.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.IsType<Accepted<JobId>>(await fixture.Store.CancelAsync(id, Cancel));
        await ended.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        Assert.Equal(JobState.Cancelled, (await fixture.GetAsync(id)).State);
    }

    [Fact]
    public async Task A_cancellation_whose_announcement_was_lost_reaches_the_handler_by_the_heartbeat()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var kind = new JobKind<Errand>("brief", ErrandJson.Default.Errand, new JobKindOptions { Lease = TimeSpan.FromMilliseconds(600) });
        var id = (await fixture.Queue.EnqueueAsync(kind.Of(new Errand(1)), Cancel)).Id;
        var began = Signal();
        var ended = Signal();
        fixture.Run(new JobHandlers().Add(kind, async (_, cancel) =>
        {
            began.TrySetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            }
            finally
            {
                ended.TrySetResult();
            }
        }));
        await began.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await using (var command = fixture.Database.Source.CreateCommand(
            "update jobs set state = 'Cancelled', finished_at = lease_clock(), lease_until = null"))
        {
            await command.ExecuteNonQueryAsync(Cancel);
        }

        await ended.Task.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.Equal(JobState.Cancelled, (await fixture.GetAsync(id)).State);
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_does_not_hold_up_the_others_of_its_batch()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.Database.TransactAsync(
            t => fixture.Queue.EnqueueAsync(t, [.. Enumerable.Range(0, 4).Select(n => JobFixture.Kind.Of(new Errand(n)))], Cancel), Cancel);
        using var last = new ManualResetEventSlim();
        var first = Signal();
        fixture.Run((job, cancel) =>
        {
            if (job.Arguments.Number == 3)
            {
                last.Set();
            }
            else if (job.Arguments.Number == 0)
            {
                last.Wait(JobFixture.Deadline, cancel);
                first.TrySetResult();
            }

            return Task.CompletedTask;
        });
        await first.Task.WaitAsync(JobFixture.Deadline, Cancel);
    }

    [Fact]
    public async Task Effects_and_completion_commit_together()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.MakeEffectsAsync();
        var id = await fixture.EnqueueAsync();
        var ran = Signal();
        var worker = fixture.Run(async (job, cancel) =>
        {
            await fixture.Database.TransactAsync(
                async transaction =>
                {
                    await JobFixture.AddEffectAsync(transaction, $"attempt {job.Attempt}", cancel);
                    await job.CompleteAsync(transaction, cancel);
                },
                cancel);
            ran.TrySetResult();
            throw new InvalidOperationException("After its completion a job can fail no more.");
        });
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        Assert.Equal(JobState.Succeeded, (await fixture.GetAsync(id)).State);
        Assert.Equal(["attempt 1"], await fixture.EffectsAsync());
    }

    [Fact]
    public async Task A_completion_that_was_rolled_back_is_tried_again()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.MakeEffectsAsync();
        var id = await fixture.EnqueueAsync();
        var ran = Signal();
        var worker = fixture.Run(
            async (job, cancel) =>
            {
                await using var transaction = await fixture.Database.BeginAsync(cancel);
                await JobFixture.AddEffectAsync(transaction, $"attempt {job.Attempt}", cancel);
                await job.CompleteAsync(transaction, cancel);
                if (job.Attempt == 2)
                {
                    await transaction.CommitAsync(cancel);
                    ran.TrySetResult();
                }
            },
            o => o with { Poll = TimeSpan.FromMilliseconds(10) });
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        var job = await fixture.GetAsync(id);
        Assert.Equal((JobState.Succeeded, "jobs.completion.rolled_back"), (job.State, job.LastError!.Code));
        Assert.Equal(["attempt 2"], await fixture.EffectsAsync());
    }

    [Fact]
    public async Task A_handler_whose_lease_was_taken_commits_nothing()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.MakeEffectsAsync();
        var id = await fixture.EnqueueAsync();
        var began = Signal();
        var goOn = Signal();
        var ended = Signal();
        var stale = fixture.Run(
            async (job, _) =>
            {
                began.TrySetResult();
                await goOn.Task.WaitAsync(JobFixture.Deadline, Cancel);
                try
                {
                    await fixture.Database.TransactAsync(
                        async transaction =>
                        {
                            await JobFixture.AddEffectAsync(transaction, "stale", Cancel);
                            await job.CompleteAsync(transaction, Cancel);
                        },
                        Cancel);
                }
                finally
                {
                    ended.TrySetResult();
                }
            },
            o => o with { Concurrency = 1 });
        await began.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await fixture.LetLeasesRunOutAsync();
        await fixture.Rescuer.RescueAsync(Cancel);
        var present = await fixture.ClaimOneAsync("second");
        goOn.TrySetResult();
        await ended.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await stale.StopAsync();
        Assert.Empty(await fixture.EffectsAsync());
        Assert.Equal((JobState.Running, present.Fence), ((await fixture.GetAsync(id)).State, (await fixture.GetAsync(id)).Fence));
    }

    [Fact]
    public async Task A_postponed_job_goes_on_without_counting()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var runs = 0;
        var ran = Signal();
        var worker = fixture.Run(
            (_, _) => Interlocked.Increment(ref runs) <= 5
                ? throw new JobPostponedException(TimeSpan.FromMilliseconds(1), null)
                : Done(ran),
            o => o with { Poll = TimeSpan.FromMilliseconds(5) });
        await ran.Task.WaitAsync(JobFixture.Deadline, Cancel);
        await worker.StopAsync();
        var job = await fixture.GetAsync(id);
        Assert.Equal((JobState.Succeeded, 1, 6L), (job.State, job.Attempt, job.Fence));
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task Done(TaskCompletionSource signal)
    {
        signal.TrySetResult();
        return Task.CompletedTask;
    }
}

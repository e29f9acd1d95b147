using System.Collections.Concurrent;
using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Jobs;

/// <summary>What is claimed, how much at once, and in which order.</summary>
public sealed class AdmissionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_queues_limit_counts_what_runs_and_a_dead_workers_slot_comes_back()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var queues = new WorkQueueStore(fixture.Database);
        Assert.IsType<Accepted<WorkQueueRecord>>(
            await queues.SetQueueAsync("default", new WorkQueueChange(ConcurrencyLimit: 2), Cancel));
        await EnqueueAsync(fixture, 5, j => j);
        var held = await fixture.ClaimAsync();
        Assert.Equal([0, 1], held.Select(Number));
        Assert.Empty(await fixture.ClaimAsync());
        await fixture.Leases.CompleteAsync([held[0]], Cancel);
        Assert.Equal([2], (await fixture.ClaimAsync()).Select(Number));

        await fixture.LetLeasesRunOutAsync();
        Assert.Equal(2, await fixture.Rescuer.RescueAsync(Cancel));
        Assert.Equal(2, (await fixture.ClaimAsync()).Count);
    }

    [Fact]
    public async Task A_pools_limit_is_shared_by_its_queues()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var queues = new WorkQueueStore(fixture.Database);
        await queues.SetQueueAsync("a", new WorkQueueChange(Pool: "tape"), Cancel);
        await queues.SetQueueAsync("b", new WorkQueueChange(Pool: "tape"), Cancel);
        await queues.SetPoolAsync("tape", new WorkPoolChange(ConcurrencyLimit: 3), Cancel);
        await EnqueueAsync(fixture, 4, (j, n) => j with { Queue = n % 2 == 0 ? "a" : "b" });
        Assert.Equal(2, (await ClaimFromAsync(fixture, "a")).Count);
        Assert.Single(await ClaimFromAsync(fixture, "b"));
        var pool = Assert.Single(await queues.ListPoolsAsync("tape", Cancel));
        Assert.Equal((3, 2L, 1L, 3L), (pool.ConcurrencyLimit, pool.Queues, pool.Waiting, pool.Running));
    }

    [Fact]
    public async Task A_paused_queue_keeps_its_order_and_a_paused_pool_holds_all_of_its_queues()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var queues = new WorkQueueStore(fixture.Database);
        await EnqueueAsync(fixture, 3, j => j);
        await queues.SetQueueAsync("default", new WorkQueueChange(IsPaused: true), Cancel);
        Assert.Empty(await fixture.ClaimAsync());
        await queues.SetQueueAsync("default", new WorkQueueChange(IsPaused: false), Cancel);
        await queues.SetPoolAsync("default", new WorkPoolChange(IsPaused: true), Cancel);
        Assert.Empty(await fixture.ClaimAsync());
        await queues.SetPoolAsync("default", new WorkPoolChange(IsPaused: false), Cancel);
        Assert.Equal([0, 1, 2], (await fixture.ClaimAsync()).Select(Number));
    }

    [Fact]
    public async Task Settings_out_of_bounds_are_refused_with_every_reason()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var refused = Assert.IsType<Refused<WorkQueueRecord>>(await new WorkQueueStore(fixture.Database).SetQueueAsync(
            " ", new WorkQueueChange(Priority: 101, ConcurrencyLimit: -2), Cancel));
        Assert.Equal(3, refused.Reasons.Count);
        Assert.All(refused.Reasons, r => Assert.Equal("jobs.queue.invalid", r.Code));
    }

    [Fact]
    public async Task An_unknown_queue_is_made_with_its_first_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 2, j => j with { Queue = "new_file_402_queue" });
        var queue = Assert.Single(await new WorkQueueStore(fixture.Database).ListQueuesAsync("new_file_402_queue", null, Cancel));
        Assert.Equal(("default", 2L), (queue.Pool, queue.Waiting));
    }

    [Fact]
    public async Task Of_a_key_never_more_than_its_cap_run_however_many_claim_at_once()
    {
        await using var fixture = await JobFixture.CreateAsync();
        const int Cap = 3;
        await EnqueueAsync(fixture, 60, (j, n) => j with
        {
            Queue = n % 2 == 0 ? "default" : "other",
            Concurrency = new ConcurrencyKey("archive", Cap),
        });
        var (running, most, done) = (0, 0, 0);
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var worker = 0; worker < 4; worker++)
        {
            fixture.Run(
                async (_, cancel) =>
                {
                    InterlockedMax(ref most, Interlocked.Increment(ref running));
                    await Task.Yield();
                    Interlocked.Decrement(ref running);
                    if (Interlocked.Increment(ref done) == 60)
                    {
                        all.TrySetResult();
                    }
                },
                o => o with { Queues = ["default", "other"], Poll = TimeSpan.FromMilliseconds(20) });
        }

        await all.Task.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.InRange(most, 1, Cap);
    }

    [Fact]
    public async Task A_full_key_does_not_hold_up_the_jobs_behind_it()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 200, j => j with { Concurrency = new ConcurrencyKey("deployment", 1) });
        await EnqueueAsync(fixture, 2, j => j);
        Assert.Equal(3, (await fixture.ClaimAsync()).Count);
    }

    [Fact]
    public async Task Within_any_interval_no_more_of_a_rate_key_start_than_it_admits()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 10, j => j with { Rate = new RateKey("tap", 3, TimeSpan.FromMinutes(1)) });
        Assert.Equal(3, (await fixture.ClaimAsync()).Count);
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromSeconds(50), Cancel);
        Assert.Empty(await fixture.ClaimAsync());
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromSeconds(61), Cancel);
        Assert.Equal(3, (await fixture.ClaimAsync()).Count);

        // A clock set back does not block for longer than the interval.
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromDays(-1), Cancel);
        Assert.Empty(await fixture.ClaimAsync());
    }

    [Fact]
    public async Task Many_who_claim_at_once_start_no_more_of_a_rate_key_than_it_admits()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 40, j => j with { Rate = new RateKey("tap", 7, TimeSpan.FromMinutes(1)) });
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => fixture.ClaimAsync(10, $"worker {n}")));
        Assert.Equal(7, claims.Sum(c => c.Count));
    }

    [Fact]
    public async Task Waiting_raises_a_job_above_later_ones_of_better_priority()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 1, j => j with { Priority = 2 });
        await EnqueueAsync(fixture, 3, (j, n) => j with { Arguments = Json(n + 10) });
        Assert.Equal([10], (await fixture.ClaimAsync(1)).Select(Number));

        // Two steps of priority are twice the ageing of ten minutes.
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromMinutes(21), Cancel);
        await EnqueueAsync(fixture, 1, j => j with { Arguments = Json(99) });
        Assert.Equal([11, 12, 0, 99], (await fixture.ClaimAsync()).Select(Number));
    }

    [Fact]
    public async Task A_project_with_ten_thousand_waiting_jobs_does_not_starve_another()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 10_000, j => j with { Project = "survey" });
        await EnqueueAsync(fixture, 20, (j, n) => j with { Project = "commissioning", Arguments = Json(n + 20_000) });
        var claimed = new List<int>();
        for (var round = 0; round < 10; round++)
        {
            claimed.AddRange((await fixture.ClaimAsync(4)).Select(Number));
        }

        Assert.Equal(20, claimed.Count(n => n >= 20_000));
    }

    [Fact]
    public async Task Weights_divide_a_queue_and_a_project_that_rested_has_saved_nothing_up()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await new WorkQueueStore(fixture.Database).SetShareAsync(new ProjectShare("heavy", 3), Cancel);
        await EnqueueAsync(fixture, 100, (j, n) => j with { Project = "heavy", Arguments = Json(n) });
        await EnqueueAsync(fixture, 100, (j, n) => j with { Project = "light", Arguments = Json(n + 1000) });
        var claimed = new List<int>();
        for (var round = 0; round < 8; round++)
        {
            claimed.AddRange((await fixture.ClaimAsync(5)).Select(Number));
        }

        Assert.InRange(claimed.Count(n => n < 1000), 28, 32);
        await EnqueueAsync(fixture, 50, (j, n) => j with { Project = "late", Arguments = Json(n + 2000) });
        claimed = [];
        for (var round = 0; round < 5; round++)
        {
            claimed.AddRange((await fixture.ClaimAsync(5)).Select(Number));
        }

        Assert.InRange(claimed.Count(n => n >= 2000), 4, 7);
    }

    [Fact]
    public async Task A_job_waits_for_a_worker_that_offers_its_labels()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 1, j => j with { Labels = ["gpu", "site:2-bm"] });
        Assert.Empty(await fixture.ClaimAsync());
        Assert.Empty(await ClaimFromAsync(fixture, "default", "gpu"));
        Assert.Single(await ClaimFromAsync(fixture, "default", "site:2-bm", "gpu", "large"));
    }

    [Fact]
    public async Task A_sequence_runs_one_after_another_in_its_order_also_past_a_retry_and_a_dead_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await EnqueueAsync(fixture, 3, j => j with { Sequence = "stream 7" });
        var first = Assert.Single(await fixture.ClaimAsync());
        Assert.Equal(0, Number(first));
        await fixture.Leases.RetryAsync(first, TimeSpan.FromHours(1), JobErrors.HandlerFailed.Because("odd"), Cancel);
        Assert.Empty(await fixture.ClaimAsync());
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromHours(2), Cancel);
        first = Assert.Single(await fixture.ClaimAsync());
        Assert.Equal(0, Number(first));
        await fixture.Leases.BuryAsync(first, JobErrors.HandlerFailed.Because("odd"), Cancel);
        var second = Assert.Single(await fixture.ClaimAsync());
        Assert.Equal(1, Number(second));
        Assert.IsType<Accepted<JobId>>(await fixture.Store.RetryAsync(first.Id, Cancel));
        Assert.Empty(await fixture.ClaimAsync());
        await fixture.Leases.CompleteAsync([second], Cancel);
        Assert.Equal([0], (await fixture.ClaimAsync()).Select(Number));
    }

    [Fact]
    public async Task A_worker_of_a_pool_serves_queues_made_after_its_start_the_one_of_better_priority_first()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var order = new ConcurrentQueue<int>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queues = new WorkQueueStore(fixture.Database);
        await queues.SetPoolAsync("default", new WorkPoolChange(IsPaused: true), Cancel);
        fixture.Run(
            (job, _) =>
            {
                order.Enqueue(job.Arguments.Number);
                if (order.Count == 3)
                {
                    all.TrySetResult();
                }

                return Task.CompletedTask;
            },
            o => o with { Queues = [], Pools = ["default"], Concurrency = 1, Poll = JobFixture.Never });
        await EnqueueAsync(fixture, 2, j => j with { Queue = "slow" });
        await queues.SetQueueAsync("urgent", new WorkQueueChange(Priority: -5), Cancel);
        await EnqueueAsync(fixture, 1, j => j with { Queue = "urgent", Arguments = Json(7) });
        await queues.SetPoolAsync("default", new WorkPoolChange(IsPaused: false), Cancel);
        await all.Task.WaitAsync(JobFixture.Deadline, Cancel);
        Assert.Equal([7, 0, 1], order);
    }

    private static int Number(ClaimedJob job) =>
        System.Text.Json.JsonSerializer.Deserialize(job.Arguments, ErrandJson.Default.Errand)!.Number;

    private static string Json(int number) =>
        System.Text.Json.JsonSerializer.Serialize(new Errand(number), ErrandJson.Default.Errand);

    private static Task EnqueueAsync(JobFixture fixture, int count, Func<NewJob, NewJob> change) =>
        EnqueueAsync(fixture, count, (job, _) => change(job));

    private static Task EnqueueAsync(JobFixture fixture, int count, Func<NewJob, int, NewJob> change) =>
        fixture.Database.TransactAsync(
            t => fixture.Queue.EnqueueAsync(
                t, [.. Enumerable.Range(0, count).Select(n => change(JobFixture.Kind.Of(new Errand(n)), n))], Cancel),
            Cancel);

    private static Task<IReadOnlyList<ClaimedJob>> ClaimFromAsync(JobFixture fixture, string queue, params string[] labels) =>
        fixture.Leases.Claims.ClaimAsync(
            new ClaimOrder
            {
                Queue = queue, Kinds = new ClaimKinds([JobFixture.Kind]), Limit = 10, Worker = "test", Labels = labels,
            },
            Cancel);

    private static void InterlockedMax(ref int most, int value)
    {
        var seen = Volatile.Read(ref most);
        while (value > seen)
        {
            var before = Interlocked.CompareExchange(ref most, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}

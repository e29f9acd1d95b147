using Beamtime.Core.Jobs;

namespace Beamtime.Tests.Jobs;

public sealed class JobQueueTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rolled_back_transaction_leaves_no_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await using (var transaction = await fixture.Database.BeginAsync(Cancel))
        {
            Assert.True((await fixture.Queue.EnqueueAsync(transaction, JobFixture.Kind.Of(new Errand(1)), Cancel)).IsNew);
        }

        Assert.Empty(await fixture.ClaimAsync());
        Assert.Equal(0, (await fixture.Store.ListAsync(new JobFilter(), 0, 10, Cancel)).Total);
    }

    [Fact]
    public async Task A_key_is_unique_while_its_job_is_live()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var job = JobFixture.Kind.Of(new Errand(1)) with { Key = "scan 7" };
        var first = await fixture.Queue.EnqueueAsync(job, Cancel);
        var second = await fixture.Queue.EnqueueAsync(job, Cancel);
        Assert.Equal((first.Id, false), (second.Id, second.IsNew));

        var claimed = await fixture.ClaimOneAsync();
        Assert.Equal("scan 7", claimed.Key);
        Assert.False((await fixture.Queue.EnqueueAsync(job, Cancel)).IsNew);
        await fixture.Leases.CompleteAsync([claimed], Cancel);
        Assert.True((await fixture.Queue.EnqueueAsync(job, Cancel)).IsNew);
    }

    [Fact]
    public async Task Of_many_who_enqueue_one_key_at_once_one_makes_the_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var job = JobFixture.Kind.Of(new Errand(1)) with { Key = "tick 12:00" };
        var all = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => fixture.Queue.EnqueueAsync(job, Cancel)));
        Assert.Single(all, e => e.IsNew);
        Assert.Single(all.Select(e => e.Id).Distinct());
    }

    [Fact]
    public async Task Jobs_are_claimed_by_priority_then_in_the_order_of_their_enqueueing()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.Database.TransactAsync(
            t => fixture.Queue.EnqueueAsync(
                t,
                [
                    .. Enumerable.Range(0, 5).Select(n => JobFixture.Kind.Of(new Errand(n))),
                    JobFixture.Kind.Of(new Errand(5)) with { Priority = -1 },
                ],
                Cancel),
            Cancel);
        var claimed = await fixture.ClaimAsync(4);
        Assert.Equal(
            [5, 0, 1, 2],
            claimed.Select(c => System.Text.Json.JsonSerializer.Deserialize(c.Arguments, ErrandJson.Default.Errand)!.Number));
        Assert.Equal(2, (await fixture.ClaimAsync(4)).Count);
    }

    [Fact]
    public async Task A_job_waits_for_its_time_its_queue_and_a_worker_that_knows_its_kind()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.Queue.EnqueueAsync(JobFixture.Kind.Of(new Errand(1)) with { Delay = JobFixture.Lease }, Cancel);
        await fixture.Queue.EnqueueAsync(JobFixture.Kind.Of(new Errand(2)) with { Queue = "elsewhere" }, Cancel);
        await fixture.Queue.EnqueueAsync(JobFixture.Kind.Of(new Errand(3)) with { Kind = "unheard of" }, Cancel);
        Assert.Empty(await fixture.ClaimAsync());
        await fixture.LetLeasesRunOutAsync();
        await fixture.ClaimOneAsync();
    }
}

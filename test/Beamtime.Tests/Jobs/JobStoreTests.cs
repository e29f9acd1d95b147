using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Jobs;

public sealed class JobStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_shows_the_newest_first_with_the_total()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var correlation = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        for (var n = 0; n < 7; n++)
        {
            await fixture.Queue.EnqueueAsync(
                JobFixture.Kind.Of(new Errand(n)) with { Correlation = n < 5 ? correlation : null }, Cancel);
        }

        var all = await fixture.Store.ListAsync(new JobFilter(), 0, 100, Cancel);
        Assert.Equal(all.Jobs.OrderByDescending(j => j.Id.Value).Select(j => j.Id), all.Jobs.Select(j => j.Id));
        var page = await fixture.Store.ListAsync(new JobFilter { Correlation = correlation, Kind = "errand" }, 3, 3, Cancel);
        Assert.Equal((5L, 2), (page.Total, page.Jobs.Count));
        Assert.Empty((await fixture.Store.ListAsync(new JobFilter { State = JobState.Dead }, 0, 3, Cancel)).Jobs);
    }

    [Fact]
    public async Task A_dead_job_is_retried_with_all_its_attempts_and_only_a_dead_one()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        Refuses("jobs.state.forbids", await fixture.Store.RetryAsync(id, Cancel));
        await fixture.Leases.BuryAsync(await fixture.ClaimOneAsync(), JobErrors.HandlerFailed.Because("odd"), Cancel);
        Assert.IsType<Accepted<JobId>>(await fixture.Store.RetryAsync(id, Cancel));
        Assert.Equal(1, (await fixture.ClaimOneAsync()).Attempt);
        Assert.Equal("odd", (await fixture.GetAsync(id)).LastError!.Message);
    }

    [Fact]
    public async Task A_dead_job_is_discarded_for_a_reason_that_is_kept()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var who = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await fixture.Leases.BuryAsync(await fixture.ClaimOneAsync(), JobErrors.HandlerFailed.Because("odd"), Cancel);
        Refuses("jobs.why.missing", await fixture.Store.DiscardAsync(id, new JobWord(who, " "), Cancel));
        Assert.IsType<Accepted<JobId>>(await fixture.Store.DiscardAsync(id, new JobWord(who, "the disk is gone"), Cancel));
        var job = await fixture.GetAsync(id);
        Assert.Equal((JobState.Cancelled, who, "the disk is gone"), (job.State, job.ChangedBy, job.ChangedWhy));
        Refuses("jobs.state.forbids", await fixture.Store.RetryAsync(id, Cancel));
    }

    [Fact]
    public async Task Dead_jobs_of_a_filter_are_replayed_and_those_whose_key_was_taken_are_named()
    {
        await using var fixture = await JobFixture.CreateAsync();
        for (var n = 0; n < 6; n++)
        {
            await fixture.Queue.EnqueueAsync(
                JobFixture.Kind.Of(new Errand(n)) with { Key = n == 0 ? "one" : null, Project = n < 4 ? "survey" : "other" }, Cancel);
        }

        foreach (var job in await fixture.ClaimAsync())
        {
            await fixture.Leases.BuryAsync(job, JobErrors.HandlerFailed.Because("odd"), Cancel);
        }

        await fixture.Queue.EnqueueAsync(JobFixture.Kind.Of(new Errand(0)) with { Key = "one" }, Cancel);
        var word = new JobWord(Guid.Empty, "archive is back");
        var changed = await fixture.Store.RetryAsync(new JobFilter { Project = "survey" }, 100, word, Cancel);
        Assert.Equal((3, 1L), (changed.Changed.Count, changed.Left));
        Assert.Equal("jobs.key.taken", Assert.Single(changed.Refused).Code);
        var discarded = await fixture.Store.DiscardAsync(new JobFilter { Kind = "errand" }, 100, word, Cancel);
        Assert.Equal((3, 0L), (discarded.Changed.Count, discarded.Left));
    }

    [Fact]
    public async Task A_dead_job_whose_key_was_taken_is_not_retried()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var job = JobFixture.Kind.Of(new Errand(1)) with { Key = "one" };
        var dead = await fixture.Queue.EnqueueAsync(job, Cancel);
        await fixture.Leases.BuryAsync(await fixture.ClaimOneAsync(), JobErrors.HandlerFailed.Because("odd"), Cancel);
        await fixture.Queue.EnqueueAsync(job, Cancel);
        Refuses("jobs.key.taken", await fixture.Store.RetryAsync(dead.Id, Cancel));
    }

    [Fact]
    public async Task What_has_ended_or_does_not_exist_is_not_cancelled()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        Assert.IsType<Accepted<JobId>>(await fixture.Store.CancelAsync(id, Cancel));
        Refuses("jobs.state.forbids", await fixture.Store.CancelAsync(id, Cancel));
        Refuses("jobs.job.not_found", await fixture.Store.CancelAsync(JobId.New(TimeProvider.System), Cancel));
        Assert.Empty(await fixture.ClaimAsync());
    }

    [Fact]
    public async Task Finished_jobs_are_pruned_after_their_retention_and_dead_ones_later()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync(1);
        await fixture.EnqueueAsync(2);
        await fixture.EnqueueAsync(3);
        var claimed = await fixture.ClaimAsync(2);
        await fixture.Leases.CompleteAsync([claimed[0]], Cancel);
        await fixture.Leases.BuryAsync(claimed[1], JobErrors.HandlerFailed.Because("odd"), Cancel);
        Assert.Equal(0, await PruneAsync(fixture));
        await fixture.LetLeasesRunOutAsync();
        Assert.Equal(1, await PruneAsync(fixture));
        await fixture.LetLeasesRunOutAsync();
        Assert.Equal(1, await PruneAsync(fixture));
        Assert.Equal(1, (await fixture.Store.ListAsync(new JobFilter(), 0, 10, Cancel)).Total);
    }

    [Fact]
    public async Task A_worker_prunes_and_a_workflow_goes_with_its_job()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync();
        var finished = await fixture.ClaimOneAsync();
        await fixture.Leases.CompleteAsync([finished], Cancel);
        await using (var workflow = fixture.Database.Source.CreateCommand(
            """
            insert into workflows (id, kind, version, input, state, started_at, finished_at)
            select id, 'errand', 1, '{}', 'Completed', now(), now() from jobs
            """))
        {
            Assert.Equal(1, await workflow.ExecuteNonQueryAsync(Cancel));
        }

        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromDays(31), Cancel);

        fixture.Run((_, _) => Task.CompletedTask);

        while (await fixture.Store.GetAsync(finished.Id, Cancel) is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel).WaitAsync(JobFixture.Deadline, Cancel);
        }

        await using var left = fixture.Database.Source.CreateCommand("select count(*) from workflows");
        Assert.Equal(0L, await left.ExecuteScalarAsync(Cancel));
    }

    private static Task<int> PruneAsync(JobFixture fixture) => GrowingTable.All.Single(t => t.Name == "jobs").PruneAsync(
        fixture.Database, new JobOptions { KeepFinished = JobFixture.Lease, KeepDead = JobFixture.Lease * 3 }, 10, Cancel);

    private static void Refuses(string code, Outcome<JobId> outcome) =>
        Assert.Equal(code, Assert.Single(Assert.IsType<Refused<JobId>>(outcome).Reasons).Code);
}

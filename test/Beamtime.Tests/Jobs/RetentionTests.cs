using Beamtime.Core.Jobs;
using Beamtime.Core.Jobs.Schedules;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Jobs;

public sealed class RetentionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_growing_table_loses_what_is_past_its_time_and_nothing_else()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var schedules = new ScheduleStore(fixture.Database, fixture.Queue, TimeProvider.System);
        await schedules.AddAsync(
            new NewSchedule
            {
                Name = "hourly",
                Rule = new IntervalRule(TimeSpan.FromHours(1), TimeProvider.System.GetUtcNow()),
                Job = new ScheduledJob { Kind = "errand" },
                Overlap = Overlap.Allow,
            },
            Cancel);
        await schedules.RunNowAsync("hourly", Cancel);
        await schedules.RunNowAsync("hourly", Cancel);
        await fixture.Queue.EnqueueAsync(
            JobFixture.Kind.Of(new Errand(1)) with { Project = "survey", Rate = new RateKey("tap", 5, TimeSpan.FromSeconds(1)) }, Cancel);
        await fixture.Leases.CompleteAsync(await fixture.ClaimAsync(), Cancel);
        await new WorkerRegister(fixture.Database.Source).BeatAsync(
            new WorkerRow(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "gone", "host", 1, [], [], [], 1), 0, Cancel);
        var pruner = new RetentionPruner(
            fixture.Database, new JobOptions(), TimeProvider.System, NullLogger<RetentionPruner>.Instance);
        Assert.Equal(0, await pruner.PruneAsync(Cancel));

        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromDays(31), Cancel);
        await fixture.EnqueueAsync(2);
        pruner = new RetentionPruner(fixture.Database, new JobOptions(), TimeProvider.System, NullLogger<RetentionPruner>.Instance);

        // Three jobs, the older tick, the worker, the rate and two shares, one of them of jobs without a project; the newest
        // tick and the new job stay.
        Assert.Equal(8, await pruner.PruneAsync(Cancel));
        Assert.Single(await schedules.ListTicksAsync("hourly", 10, Cancel));
        Assert.Equal(1, (await fixture.Store.ListAsync(new JobFilter(), 0, 10, Cancel)).Total);
    }
}

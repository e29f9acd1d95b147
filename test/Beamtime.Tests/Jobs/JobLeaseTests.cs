using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Jobs;

public sealed class JobLeaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stale_holder_is_refused_every_write()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        var stale = await fixture.ClaimOneAsync("first");
        await fixture.LetLeasesRunOutAsync();
        Assert.Equal(1, await fixture.Rescuer.RescueAsync(Cancel));
        var present = await fixture.ClaimOneAsync("second");
        Assert.True(present.Fence > stale.Fence);

        var reason = JobErrors.HandlerFailed.Because("late");
        Assert.Empty(await fixture.Leases.CompleteAsync([stale], Cancel));
        Assert.False(await fixture.Leases.RetryAsync(stale, TimeSpan.Zero, reason, Cancel));
        Assert.False(await fixture.Leases.PostponeAsync(stale, TimeSpan.Zero, reason, Cancel));
        Assert.False(await fixture.Leases.BuryAsync(stale, reason, Cancel));
        Assert.Empty(await fixture.Leases.HandBackAsync([stale], Cancel));
        Assert.Equal([(id, stale.Fence)], await fixture.Leases.ExtendAsync([(stale, JobFixture.Lease), (present, JobFixture.Lease)], Cancel));
        await using (var transaction = await fixture.Database.BeginAsync(Cancel))
        {
            var complete = await Assert.ThrowsAsync<FaultException>(() => JobLeases.CompleteAsync(transaction, stale, Cancel));
            Assert.Equal("jobs.lease.lost", complete.Reason.Code);
            var hold = await Assert.ThrowsAsync<FaultException>(() => JobLeases.HoldAsync(transaction, stale, Cancel));
            Assert.Equal("jobs.lease.lost", hold.Reason.Code);
        }

        Assert.Equal((JobState.Running, "second"), ((await fixture.GetAsync(id)).State, (await fixture.GetAsync(id)).Worker));
        Assert.Equal([id], await fixture.Leases.CompleteAsync([present], Cancel));
        Assert.Equal(JobState.Succeeded, (await fixture.GetAsync(id)).State);
    }

    [Fact]
    public async Task Of_two_holders_who_complete_at_once_one_is_accepted()
    {
        await using var fixture = await JobFixture.CreateAsync();
        for (var round = 0; round < 20; round++)
        {
            await fixture.EnqueueAsync(round);
            var stale = await fixture.ClaimOneAsync("first");
            await fixture.LetLeasesRunOutAsync();
            await fixture.Rescuer.RescueAsync(Cancel);
            var present = await fixture.ClaimOneAsync("second");
            var accepted = await Task.WhenAll(
                fixture.Leases.CompleteAsync([stale], Cancel), fixture.Leases.CompleteAsync([present], Cancel));
            Assert.Equal([0, 1], accepted.Select(a => a.Count));
        }
    }

    [Fact]
    public async Task A_dead_workers_job_is_taken_back_though_the_clock_was_set_far_back()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        await fixture.ClaimOneAsync("dead");
        await fixture.ShiftClockAsync(TimeSpan.FromDays(-30));
        Assert.Equal(0, await fixture.Rescuer.RescueAsync(Cancel));
        fixture.Clock.Advance(JobFixture.Lease);
        Assert.Equal(0, await fixture.Rescuer.RescueAsync(Cancel));
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await fixture.Rescuer.RescueAsync(Cancel));
        var given = await fixture.GetAsync(id);
        Assert.Equal((JobState.Available, "jobs.lease.expired"), (given.State, given.LastError!.Code));
    }

    [Fact]
    public async Task Who_lives_keeps_its_job_though_the_clock_was_set_far_back()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync();
        var held = await fixture.ClaimOneAsync();
        await fixture.ShiftClockAsync(TimeSpan.FromDays(-30));
        for (var round = 0; round < 5; round++)
        {
            Assert.Equal(0, await fixture.Rescuer.RescueAsync(Cancel));
            fixture.Clock.Advance(JobFixture.Lease * 0.7);
            Assert.Empty(await fixture.Leases.ExtendAsync([(held, JobFixture.Lease)], Cancel));
        }

        Assert.Single(await fixture.Leases.CompleteAsync([held], Cancel));
    }

    [Fact]
    public async Task A_lease_longer_than_any_that_the_rescuer_knows_holds_as_long_as_its_worker_is_heard_of()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var rescuer = fixture.RescuerOf(new SilentHolders(TimeSpan.FromMinutes(1), fixture.Clock));
        await fixture.EnqueueAsync();
        await fixture.ClaimOneAsync("far");
        WorkerRegister register = new(fixture.Database.Source);
        WorkerRow far = new(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), "far", "host", 1, ["default"], [], [], 1);
        for (var round = 0; round < 4; round++)
        {
            await register.BeatAsync(far, 1, Cancel);
            Assert.Equal(0, await rescuer.RescueAsync(Cancel));
            fixture.Clock.Advance(TimeSpan.FromMinutes(0.9));
        }

        Assert.Equal(0, await rescuer.RescueAsync(Cancel));
        fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await rescuer.RescueAsync(Cancel));
    }

    [Fact]
    public async Task An_extended_lease_is_not_rescued()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync();
        var held = await fixture.ClaimOneAsync();
        await fixture.LetLeasesRunOutAsync();
        Assert.Empty(await fixture.Leases.ExtendAsync([(held, JobFixture.Lease)], Cancel));
        Assert.Equal(0, await fixture.Rescuer.RescueAsync(Cancel));
        Assert.Single(await fixture.Leases.CompleteAsync([held], Cancel));
    }

    [Fact]
    public async Task A_handlers_open_transaction_keeps_neither_the_heartbeat_nor_the_rescuer_waiting_and_is_not_rescued()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync(1);
        await fixture.EnqueueAsync(2);
        var held = await fixture.ClaimAsync();
        await using var transaction = await fixture.Database.BeginAsync(Cancel);
        await JobLeases.CompleteAsync(transaction, held[0], Cancel);
        await fixture.LetLeasesRunOutAsync();
        Assert.Empty(await fixture.Leases.ExtendAsync([.. held.Select(h => (h, JobFixture.Lease))], Cancel));
        Assert.Equal(0, await fixture.Rescuer.RescueAsync(Cancel));
        await transaction.CommitAsync(Cancel);
        Assert.Equal(JobState.Succeeded, (await fixture.GetAsync(held[0].Id)).State);
        Assert.Equal(JobState.Running, (await fixture.GetAsync(held[1].Id)).State);
    }

    [Fact]
    public async Task A_lease_that_runs_out_counts_its_attempt_and_the_last_one_buries()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = await fixture.EnqueueAsync();
        for (var attempt = 1; attempt <= JobFixture.Kind.Options.MaxAttempts; attempt++)
        {
            Assert.Equal(attempt, (await fixture.ClaimOneAsync("silent")).Attempt);
            await fixture.LetLeasesRunOutAsync();
            Assert.Equal(1, await fixture.Rescuer.RescueAsync(Cancel));
        }

        var dead = await fixture.GetAsync(id);
        Assert.Equal(JobState.Dead, dead.State);
        Assert.Equal("jobs.lease.expired", dead.LastError!.Code);
        Assert.Contains("silent", dead.LastError.Message, StringComparison.Ordinal);
        Assert.Empty(await fixture.ClaimAsync());
    }

    [Fact]
    public async Task A_job_handed_back_keeps_its_place_and_its_attempts()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync(1);
        await fixture.EnqueueAsync(2);
        var first = await fixture.ClaimOneAsync();
        Assert.Single(await fixture.Leases.HandBackAsync([first], Cancel));
        var again = await fixture.ClaimOneAsync();
        Assert.Equal((first.Id, first.Attempt), (again.Id, again.Attempt));
        Assert.True(again.Fence > first.Fence);
    }
}

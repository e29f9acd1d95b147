using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Jobs.Schedules;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Jobs.Schedules;

public sealed class SchedulerTests
{
    private static readonly DateTimeOffset Anchor = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_schedule_that_is_due_enqueues_its_job_once()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        await using var scheduler = new RunningScheduler(fixture, "one");
        (await store.AddAsync(Hourly("hourly"), Cancel)).OrThrow();
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromHours(1), Cancel);
        var tick = await TickAsync(store, "hourly");
        Assert.Equal(TickOutcome.Enqueued, tick.Outcome);
        var job = await fixture.GetAsync(new JobId(tick.Job!.Value));
        Assert.Equal(("errand", tick.Due, "{\"number\": 7}"), (job.Kind, job.RunAt, job.Arguments));
        Assert.True((await store.FindAsync("hourly", Cancel))!.NextDue > tick.Due);
    }

    [Fact]
    public async Task Two_schedulers_one_acts_and_the_other_takes_over_when_it_dies_and_no_tick_is_made_twice()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        (await store.AddAsync(Hourly("seconds") with { Rule = new IntervalRule(TimeSpan.FromSeconds(1), Anchor), Overlap = Overlap.Allow }, Cancel)).OrThrow();
        var first = new RunningScheduler(fixture, "first");
        await TickAsync(store, "seconds");
        await using var second = new RunningScheduler(fixture, "second");
        Assert.True(first.Scheduler.IsActing);

        // Killed: it neither acts any more nor gives the lease up.
        await first.KillAsync();
        var died = TimeProvider.System.GetTimestamp();
        await UntilAsync(() => Task.FromResult(second.Scheduler.IsActing));
        Assert.InRange(TimeProvider.System.GetElapsedTime(died), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        var ticks = (await store.ListTicksAsync("seconds", 1000, Cancel)).Count;
        await UntilAsync(async () => (await store.ListTicksAsync("seconds", 1000, Cancel)).Count > ticks);
        var jobs = await fixture.Store.ListAsync(new JobFilter(), 0, 1000, Cancel);
        Assert.Equal(jobs.Jobs.Count, jobs.Jobs.Select(j => j.RunAt).Distinct().Count());
    }

    [Fact]
    public async Task A_clean_stop_hands_over_at_once()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await using var first = new RunningScheduler(fixture, "first");
        await UntilAsync(() => Task.FromResult(first.Scheduler.IsActing));
        await using var second = new RunningScheduler(fixture, "second");
        await first.StopAsync();
        var stopped = TimeProvider.System.GetTimestamp();
        await UntilAsync(() => Task.FromResult(second.Scheduler.IsActing));
        Assert.InRange(TimeProvider.System.GetElapsedTime(stopped), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        var status = await SchedulerLease.StatusAsync(fixture.Database.Source, Cancel);
        Assert.Equal(("second", true), (status!.Holder, status.IsActing));
    }

    [Fact]
    public async Task A_lease_left_in_the_future_by_a_clock_set_back_is_taken_once_it_is_seen_to_be_silent()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var clock = new FakeClock();
        var dead = new SchedulerLease(fixture.Database.Source, "dead", clock);
        Assert.NotNull(await dead.TakeAsync(Cancel));
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromHours(-1), Cancel);
        var standby = new SchedulerLease(fixture.Database.Source, "standby", clock);
        Assert.Null(await standby.TakeAsync(Cancel));
        clock.Advance(SchedulerLease.Length * 2);
        Assert.Equal(2, await standby.TakeAsync(Cancel));
        Assert.False(await dead.RenewAsync(1, Cancel));
    }

    [Theory]
    [InlineData(Overlap.Join, TickOutcome.Joined)]
    [InlineData(Overlap.Skip, TickOutcome.Skipped)]
    [InlineData(Overlap.Allow, TickOutcome.Enqueued)]
    internal async Task A_tick_whose_predecessor_still_waits_does_as_its_schedule_says(Overlap overlap, TickOutcome outcome)
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        (await store.AddAsync(Hourly("hourly") with { Overlap = overlap }, Cancel)).OrThrow();
        var first = (await store.RunNowAsync("hourly", Cancel)).OrThrow();
        var second = (await store.RunNowAsync("hourly", Cancel)).OrThrow();
        Assert.Equal((TickOutcome.Enqueued, outcome), (first.Outcome, second.Outcome));
        Assert.Equal(overlap == Overlap.Join, first.Job == second.Job);
        Assert.Equal(overlap == Overlap.Skip, second.Job is null);
        Assert.Equal(outcome, (await store.ListTicksAsync("hourly", 10, Cancel))[0].Outcome);
        await fixture.Leases.CompleteAsync(await fixture.ClaimAsync(), Cancel);
        Assert.Equal(TickOutcome.Enqueued, (await store.RunNowAsync("hourly", Cancel)).OrThrow().Outcome);
    }

    [Fact]
    public async Task Ticks_missed_in_a_downtime_are_recorded_and_the_last_is_made()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        (await store.AddAsync(Hourly("hourly"), Cancel)).OrThrow();
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromHours(5.5), Cancel);
        await using var scheduler = new RunningScheduler(fixture, "one");
        await UntilAsync(async () => (await store.ListTicksAsync("hourly", 10, Cancel)).Count >= 2);
        var ticks = await store.ListTicksAsync("hourly", 10, Cancel);
        Assert.Equal([TickOutcome.Enqueued, TickOutcome.Missed], ticks.Select(t => t.Outcome));
        Assert.Single((await fixture.Store.ListAsync(new JobFilter(), 0, 10, Cancel)).Jobs);
    }

    [Fact]
    public async Task A_paused_schedule_makes_no_tick_and_misses_none()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        (await store.AddAsync(Hourly("paused") with { IsPaused = true }, Cancel)).OrThrow();
        (await store.AddAsync(Hourly("running"), Cancel)).OrThrow();
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromHours(3), Cancel);
        await using var scheduler = new RunningScheduler(fixture, "one");
        await TickAsync(store, "running");
        Assert.Empty(await store.ListTicksAsync("paused", 10, Cancel));
        var resumed = (await store.ResumeAsync("paused", Cancel)).OrThrow();
        Assert.True(resumed.NextDue > TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(2));
    }

    [Fact]
    public async Task A_one_shot_is_due_once_and_then_never()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        var at = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(10);
        (await store.AddAsync(Hourly("once") with { Rule = new OnceRule(at) }, Cancel)).OrThrow();
        await TestDatabase.ShiftLeaseClockAsync(fixture.Database, TimeSpan.FromMinutes(10.1), Cancel);
        await using var scheduler = new RunningScheduler(fixture, "one");
        await TickAsync(store, "once");
        Assert.Null((await store.FindAsync("once", Cancel))!.NextDue);
    }

    [Fact]
    public async Task What_cannot_be_a_schedule_is_refused_with_every_reason_and_a_name_is_taken_once()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        var refused = Assert.IsType<Refused<Schedule>>(await store.AddAsync(
            Hourly(" ") with { Rule = new CronRule("61 * * * *", "Mars/Olympus"), CatchUpBound = 0 }, Cancel));
        Assert.Equal(4, refused.Reasons.Count);
        var never = Assert.IsType<Refused<Schedule>>(await store.AddAsync(
            Hourly("never") with { Rule = new CronRule("0 0 31 2 *") }, Cancel));
        Assert.Equal("schedules.rule.invalid", Assert.Single(never.Reasons).Code);
        (await store.AddAsync(Hourly("taken"), Cancel)).OrThrow();
        var taken = Assert.IsType<Refused<Schedule>>(await store.AddAsync(Hourly("taken"), Cancel));
        Assert.Equal("schedules.name.taken", Assert.Single(taken.Reasons).Code);
        Assert.Equal("schedules.schedule.unknown", Assert.Single(Assert.IsType<Refused<Schedule>>(await store.PauseAsync("absent", Cancel)).Reasons).Code);
    }

    [Fact]
    public async Task A_schedule_made_anew_keeps_its_next_tick_unless_its_rule_has_changed()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var store = Store(fixture);
        var first = (await store.EnsureAsync(Hourly("kept"), Cancel)).OrThrow();
        var again = (await store.EnsureAsync(Hourly("kept") with { Overlap = Overlap.Skip }, Cancel)).OrThrow();
        Assert.Equal((first.Id, first.NextDue, Overlap.Skip), (again.Id, again.NextDue, again.Overlap));
        var changed = (await store.EnsureAsync(Hourly("kept") with { Rule = new CronRule("30 3 * * *") }, Cancel)).OrThrow();
        Assert.NotEqual(first.NextDue, changed.NextDue);
        Assert.Equal(3, (await store.ForetellAsync(changed, 3, Cancel)).Count);
        (await store.RemoveAsync("kept", Cancel)).OrThrow();
        Assert.Empty(await store.ListAsync(Cancel));
    }

    private static ScheduleStore Store(JobFixture fixture) => new(fixture.Database, fixture.Queue, TimeProvider.System);

    private static NewSchedule Hourly(string name) => new()
    {
        Name = name,
        Rule = new IntervalRule(TimeSpan.FromHours(1), Anchor),
        Job = new ScheduledJob { Kind = "errand", Arguments = JsonSerializer.Deserialize<JsonElement>("{\"number\": 7}") },
    };

    private static async Task<Tick> TickAsync(ScheduleStore store, string name)
    {
        await UntilAsync(async () => (await store.ListTicksAsync(name, 1, Cancel)).Count > 0);
        return (await store.ListTicksAsync(name, 1, Cancel))[0];
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < JobFixture.Deadline);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    /// <summary>A scheduler that runs until it is stopped or killed.</summary>
    private sealed class RunningScheduler : IAsyncDisposable
    {
        private readonly BeamtimeDatabase _database;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;

        public RunningScheduler(JobFixture fixture, string name)
        {
            _database = fixture.Database;
            Scheduler = new Scheduler(
                _database, Store(fixture), name, TimeProvider.System, NullLogger<Scheduler>.Instance);
            _run = Scheduler.RunAsync(_stop.Token);
        }

        public Scheduler Scheduler { get; }

        /// <summary>Ends it as a kill does: the lease is not given up.</summary>
        public async Task KillAsync()
        {
            await using var command = _database.Owner.CreateCommand(
                """
                create function keep_lease() returns trigger language plpgsql as $$ begin return null; end $$;
                create trigger keep_lease before update on leases for each row
                when (new.fence = old.fence and new.lease_until < old.lease_until) execute function keep_lease();
                """);
            await command.ExecuteNonQueryAsync(Cancel);
            await StopAsync();
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _run.WaitAsync(JobFixture.Deadline, Cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            Scheduler.Dispose();
            _stop.Dispose();
        }
    }
}

namespace Beamtime.Tests.Roles;

/// <summary>Jobs, queues, workers and schedules as any client sees them.</summary>
public sealed class JobRestTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_schedule_is_made_run_shown_paused_and_removed()
    {
        var (made, schedule) = await host.PostAsync(
            "schedules",
            """
            {"name": "flight check", "job": {"kind": "nobody.does", "queue": "checks", "arguments": {"path": "/data"}},
             "rule": {"expression": "0 */12 * * *", "time_zone": "America/Los_Angeles", "type": "cron"}, "overlap": "skip"}
            """);
        Assert.Equal((201, "skip"), (made, schedule.GetProperty("overlap").GetString()));
        var (_, tick) = await host.PostAsync("schedules/flight%20check/run", "{}");
        Assert.Equal("enqueued", tick.GetProperty("outcome").GetString());
        var job = await host.GetAsync($"jobs/{tick.GetProperty("job").GetString()}");
        Assert.Equal(("checks", "/data"), (job.GetProperty("queue").GetString(), job.GetProperty("arguments").GetProperty("path").GetString()));
        var (_, again) = await host.PostAsync("schedules/flight%20check/run", "{}");
        Assert.Equal("skipped", again.GetProperty("outcome").GetString());
        var shown = await host.GetAsync("schedules/flight%20check");
        Assert.Equal((2, 5), (shown.GetProperty("ticks").GetArrayLength(), shown.GetProperty("next").GetArrayLength()));
        Assert.True((await host.PostAsync("schedules/flight%20check/pause", "{}")).Answer.GetProperty("is_paused").GetBoolean());
        using var removed = await host.Client.DeleteAsync(new Uri("schedules/flight%20check", UriKind.Relative), Cancel);
        Assert.Equal(200, (int)removed.StatusCode);
        var (refused, problem) = await host.PostAsync("schedules/flight%20check/resume", "{}");
        Assert.Equal("schedules.schedule.unknown", problem.GetProperty("reasons")[0].GetProperty("code").GetString());
        Assert.InRange(refused, 400, 499);
    }

    [Fact]
    public async Task A_scheduler_acts_and_a_worker_is_listed()
    {
        await UntilAsync(async () =>
            (await host.GetAsync("scheduler")).TryGetProperty("acting", out var acting) && acting.GetProperty("is_acting").GetBoolean());
        await UntilAsync(async () => (await host.GetAsync("workers")).GetArrayLength() == 1);
        Assert.Equal("active", (await host.GetAsync("workers"))[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Queues_and_pools_are_set_and_refused_with_every_reason()
    {
        var (status, queue) = await host.PostAsync("work-queues/tape", """{"pool": "archive", "priority": -3, "concurrency_limit": 2}""");
        Assert.Equal((200, 2), (status, queue.GetProperty("concurrency_limit").GetInt32()));
        var (_, pool) = await host.PostAsync("work-pools/archive", """{"is_paused": true}""");
        Assert.Equal((true, 1), (pool.GetProperty("is_paused").GetBoolean(), pool.GetProperty("queues").GetInt32()));
        var (refused, problem) = await host.PostAsync("work-queues/tape", """{"priority": 1000, "concurrency_limit": -5}""");
        Assert.Equal((422, 2), (refused, problem.GetProperty("reasons").GetArrayLength()));
    }

    [Fact]
    public async Task Jobs_are_discarded_only_for_a_reason()
    {
        var (status, problem) = await host.PostAsync("jobs/discard", """{"queue": "checks"}""");
        Assert.Equal("jobs.why.missing", problem.GetProperty("reasons")[0].GetProperty("code").GetString());
        Assert.Equal(422, status);
        var (_, changed) = await host.PostAsync("jobs/discard", """{"queue": "nothing", "why": "tidy"}""");
        Assert.Equal(0, changed.GetProperty("left").GetInt32());
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }
}

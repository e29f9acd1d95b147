using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Scans;

/// <summary>What people do to scans and queues, and what is recorded of it.</summary>
public sealed class ScanControlTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ScanEnd.Aborted, "Aborted", "scan.aborted", true)]
    [InlineData(ScanEnd.Halted, "Halted", "scan.halted", false)]
    [InlineData(ScanEnd.UserCompleted, "UserCompleted", "scan.user_completed", true)]
    public async Task A_scan_ends_early_in_three_ways_and_its_devices_are_stopped_and_unstaged(
        ScanEnd how, string state, string code, bool putsBack)
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line(relative: true));
        await eye.BegunAsync("trigger");
        (await EndAsync(bench, number, how)).OrThrow();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((state, code), (record.State.ToString(), record.Reasons[0].Code));
        Assert.Contains("enough", record.Reasons[0].Message, StringComparison.Ordinal);
        var samx = bench.Watched("samx");
        Assert.Contains("stop", samx.Calls);
        Assert.Equal(putsBack ? 0.0 : 1.0, samx.Value);
        Assert.False(eye.IsStaged);
        Assert.Equal(ControlBench.Who, await LastWhoAsync(bench, number));
        Assert.True(File.Exists(await bench.FileOfAsync(number)));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line()))).State);
    }

    [Fact]
    public async Task After_an_abort_by_a_person_the_others_wait_until_the_queue_is_resumed()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        (await EndAsync(bench, number, ScanEnd.Aborted)).OrThrow();
        await bench.EndOfAsync(number);
        Assert.Equal(ScanQueueState.Paused, bench.Queues.StateOf("primary"));
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(next)).State);
        (await bench.AskAsync(QueueCommandKind.Resume)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(next)).State);
    }

    [Fact]
    public async Task A_paused_queue_that_runs_empty_goes_on_by_itself()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        (await EndAsync(bench, number, ScanEnd.Aborted)).OrThrow();
        await bench.EndOfAsync(number);
        (await EndAsync(bench, next, ScanEnd.Aborted)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line()))).State);
        Assert.Equal(ScanQueueState.Running, bench.Queues.StateOf("primary"));
    }

    [Fact]
    public async Task What_is_enough_ends_and_the_next_scan_runs()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        (await EndAsync(bench, number, ScanEnd.UserCompleted)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(next)).State);
    }

    [Fact]
    public async Task A_paused_queue_holds_its_scan_and_resumes_with_it()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        Assert.Equal(ScanQueueState.Paused, (await bench.AskAsync(QueueCommandKind.Pause, reason: "lunch")).OrThrow().State);
        Assert.Equal(ScanState.Paused, (await bench.FindAsync(number)).State);
        bench.Watched("eye").Release("trigger");
        while (bench.Queue.Running!.PointsTaken < 1)
        {
            await Task.Yield();
        }

        Assert.True(bench.Queue.Running!.IsPaused);
        (await bench.AskAsync(QueueCommandKind.Resume)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(next)).State);
    }

    [Fact]
    public async Task A_paused_queue_stays_paused_after_a_restart()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var number = await bench.AcceptAsync(Line());
        (await bench.AskAsync(QueueCommandKind.Pause)).OrThrow();
        await bench.StopAsync();
        await bench.OpenAsync();
        bench.Start();
        await bench.Queues.LoadAsync(Cancel);
        Assert.Equal(ScanQueueState.Paused, bench.Queues.StateOf("primary"));
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(number)).State);
        (await bench.AskAsync(QueueCommandKind.Resume)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_cleared_queue_is_empty_and_takes_scans()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        (await bench.AskAsync(QueueCommandKind.Clear, reason: "another sample")).OrThrow();
        bench.Watched("eye").Release("trigger");
        Assert.Equal(ScanState.Aborted, (await bench.EndOfAsync(number)).State);
        var record = await bench.FindAsync(next);
        Assert.Equal(ScanState.Cancelled, record.State);
        Assert.Contains("another sample", record.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line()))).State);
    }

    [Fact]
    public async Task A_restart_runs_the_copy_right_behind_what_it_replaces()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        var copy = (await bench.Control.RestartAsync($"{number}", new ScanAsker(ControlBench.Who), "no beam", Cancel)).OrThrow();
        Assert.Equal((3, "line"), (copy.State!.Number, copy.State.Request.Scan));
        bench.Watched("eye").Release("trigger");
        var first = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Aborted, "scan.restarted"), (first.State, first.Reasons[0].Code));
        await bench.EndOfAsync(next);
        var ran = await bench.FindAsync(3);
        Assert.Equal(ScanState.Completed, ran.State);
        Assert.True(ran.StartedAt < (await bench.FindAsync(next)).StartedAt);
    }

    [Fact]
    public async Task A_scan_that_others_may_not_restart_goes_on()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("eye").Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line() with { AllowRestart = false });
        await bench.Watched("eye").BegunAsync("trigger");
        Assert.Equal("scan.restart.forbidden", CodeOf(
            await bench.Control.RestartAsync($"{number}", new ScanAsker(ControlBench.Who), "", Cancel)));
        bench.Watched("eye").Release("trigger");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_scan_that_is_over_runs_once_more_and_with_a_key_only_once()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        var number = await bench.AcceptAsync(Line());
        await bench.EndOfAsync(number);
        var asker = new ScanAsker(ControlBench.Who, Key: Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));
        var copy = (await bench.Control.RestartAsync($"{number}", asker, "", Cancel)).OrThrow();
        var again = (await bench.Control.RestartAsync($"{number}", asker, "", Cancel)).OrThrow();
        Assert.Equal((2, copy.Id), (copy.State!.Number, again.Id));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(2)).State);
    }

    [Fact]
    public async Task Scans_that_wait_are_put_into_another_order()
    {
        await using var bench = await ControlBench.CreateAsync(
            Devices, scans: new ScanOptions { Beamline = "2-bm", QueueCapacity = 10 });
        bench.Watched("eye").Hold("trigger");
        bench.Start();
        await bench.AcceptAsync(Line());
        await bench.Watched("eye").BegunAsync("trigger");
        for (var number = 2; number <= 5; number++)
        {
            await bench.AcceptAsync(Line());
        }

        await MoveAsync(bench, 5, QueueDirection.Top);
        Assert.Equal<IEnumerable<int>>([1, 5, 2, 3, 4], await bench.NumbersAsync());
        await MoveAsync(bench, 5, QueueDirection.Down);
        await MoveAsync(bench, 4, QueueDirection.Up);
        Assert.Equal<IEnumerable<int>>([1, 2, 5, 4, 3], await bench.NumbersAsync());
        await MoveAsync(bench, 2, QueueDirection.Bottom);
        await MoveAsync(bench, 3, QueueDirection.To, 2);
        Assert.Equal<IEnumerable<int>>([1, 5, 3, 4, 2], await bench.NumbersAsync());
        Assert.Equal("scan.begun", CodeOf(await bench.Control.MoveAsync(
            "1", new QueueMove(QueueDirection.Bottom), ControlBench.Who, "", Cancel)));
        Assert.Equal("scan.move.invalid", CodeOf(await bench.Control.MoveAsync(
            "2", new QueueMove(QueueDirection.To), ControlBench.Who, "", Cancel)));
        bench.Watched("eye").Release("trigger");
        await bench.EndOfAsync(2);
        var starts = new List<DateTimeOffset?>();
        foreach (var number in (int[])[1, 5, 3, 4, 2])
        {
            starts.Add((await bench.FindAsync(number)).StartedAt);
        }

        Assert.Equal(starts.Order(), starts);
    }

    [Fact]
    public async Task A_locked_queue_lets_nothing_begin_until_its_last_lock_is_released()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        Assert.Equal("scan.lock.invalid", Assert.Single(
            Assert.IsType<Refused<ScanQueueRecord>>(await bench.AskAsync(QueueCommandKind.Lock, owner: "me")).Reasons).Code);
        Assert.Equal(2, Assert.IsType<Refused<ScanQueueRecord>>(await bench.AskAsync(QueueCommandKind.Lock)).Reasons.Count);
        (await bench.AskAsync(QueueCommandKind.Lock, owner: "me", reason: "shutter closed")).OrThrow();
        (await bench.AskAsync(QueueCommandKind.Lock, ScanQueue.Every, "interlock", "no beam")).OrThrow();
        var number = await bench.AcceptAsync(Line());
        Assert.Equal(["interlock", "me"], bench.Queues.LocksOn("primary").Select(l => l.Owner));
        Assert.Equal("scan.lock.unknown", Assert.Single(
            Assert.IsType<Refused<ScanQueueRecord>>(await bench.AskAsync(QueueCommandKind.Release, owner: "mo")).Reasons).Code);
        (await bench.AskAsync(QueueCommandKind.Release, owner: "me")).OrThrow();
        Assert.Equal(ScanQueueState.Locked, bench.Queues.StateOf("primary"));
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(number)).State);
        (await bench.AskAsync(QueueCommandKind.Release, ScanQueue.Every, "interlock")).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_lock_does_not_touch_what_runs_and_gives_back_the_state_beneath()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (number, next) = await HeldAndNextAsync(bench);
        (await bench.AskAsync(QueueCommandKind.Lock, owner: "me", reason: "shutter closed")).OrThrow();
        bench.Watched("eye").Release("trigger");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(next)).State);
        (await bench.AskAsync(QueueCommandKind.Pause)).OrThrow();
        (await bench.AskAsync(QueueCommandKind.Release, owner: "me")).OrThrow();
        Assert.Equal(ScanQueueState.Paused, bench.Queues.StateOf("primary"));
        (await bench.AskAsync(QueueCommandKind.Resume)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(next)).State);
    }

    [Fact]
    public async Task An_empty_or_unknown_queue_is_not_paused()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        Assert.Equal("scan.queue.empty", CodeOf(await bench.AskAsync(QueueCommandKind.Pause)));
        Assert.Equal("scan.queue.unknown", CodeOf(await bench.AskAsync(QueueCommandKind.Clear, "othr")));
    }

    [Fact]
    public async Task Every_change_of_a_queue_is_recorded_with_who_and_why()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await bench.AcceptAsync(Line());
        (await bench.AskAsync(QueueCommandKind.Pause, reason: "lunch")).OrThrow();
        (await bench.AskAsync(QueueCommandKind.Lock, owner: "me", reason: "shutter closed")).OrThrow();
        (await bench.AskAsync(QueueCommandKind.Release, owner: "me")).OrThrow();
        (await bench.AskAsync(QueueCommandKind.Resume)).OrThrow();
        List<string> told = [];
        await foreach (var entry in bench.Make<LedgerStore>().ReadStreamAsync(ScanQueueRecord.Kind, "2-bm.primary", Cancel))
        {
            Assert.Equal(ControlBench.Who, entry.Why.Who);
            told.Add($"{ScanQueueWords.Of(entry.Data).Line} ({entry.Why.Reason})");
        }

        Assert.Equal(
            [
                "paused: nothing more begins (lunch)",
                "locked as me: shutter closed (locked as me: shutter closed)",
                "lock me released (lock me released by request)",
                "goes on (resumed by request)",
            ],
            told);
    }

    private static async Task<(int Number, int Next)> HeldAndNextAsync(ControlBench bench)
    {
        bench.Watched("eye").Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line());
        await bench.Watched("eye").BegunAsync("trigger");
        return (number, await bench.AcceptAsync(Line()));
    }

    private static async Task<Outcome<StreamState<ScanRecord>>> EndAsync(ControlBench bench, int number, ScanEnd how)
    {
        var ended = await bench.Control.EndAsync($"{number}", how, ControlBench.Who, "enough", holdsOthers: true, Cancel);
        bench.Watched("eye").Release("trigger");
        return ended;
    }

    private static async Task MoveAsync(ControlBench bench, int number, QueueDirection direction, int? place = null) =>
        (await bench.Control.MoveAsync(
            $"{number}", new QueueMove(direction, place), ControlBench.Who, "", Cancel)).OrThrow();

    private static async Task<PersonId> LastWhoAsync(ControlBench bench, int number)
    {
        var id = (await bench.Store.FindAsync("2-bm", $"{number}", Cancel))!.Id;
        var who = default(PersonId);
        await foreach (var entry in bench.Make<LedgerStore>().ReadStreamAsync(ScanRecord.Kind, id, Cancel))
        {
            who = entry.Why.Who;
        }

        return who;
    }

    private static string CodeOf<T>(Outcome<T> outcome) => Assert.IsType<Refused<T>>(outcome).Reasons[0].Code;

    private static ScanRequest Line(bool relative = false) => new()
    {
        Scan = "line",
        Args = ["samx", "1", "2"],
        Parameters = new Dictionary<string, string> { ["steps"] = "500", ["relative"] = relative ? "true" : "false" },
    };
}

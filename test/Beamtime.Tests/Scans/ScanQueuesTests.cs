using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Scans;

/// <summary>Several queues at once.</summary>
public sealed class ScanQueuesTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        samy: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scans_of_two_queues_run_side_by_side_and_their_files_are_whole()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("samx").Hold("set 1");
        bench.Start();
        var first = await bench.AcceptAsync(Line("samx", null));
        await UntilAsync(() => bench.Watched("samx").Calls.Contains("set 1"));
        var second = await bench.AcceptAsync(Line("samy", "other"));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(second)).State);
        Assert.Equal(ScanState.Running, (await bench.FindAsync(first)).State);
        bench.Watched("samx").Release("set 1");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(first)).State);
        Assert.All([await bench.FileOfAsync(first), await bench.FileOfAsync(second)], file => Assert.True(File.Exists(file)));
    }

    [Fact]
    public async Task A_scan_of_another_queue_waits_for_its_devices_and_says_who_has_them()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("samx").Hold("set 1");
        bench.Start();
        var first = await bench.AcceptAsync(Line("samx", null));
        await UntilAsync(() => bench.Watched("samx").Calls.Contains("set 1"));
        var second = await bench.AcceptAsync(Line("samx", "other"));
        await UntilAsync(() => bench.Queues.Find("other")!.WaitsForDevices is not null);
        var status = ScanServerStatus.Of(bench.Queues, bench.Locks);
        Assert.Equal(2, status.Scans.Count);
        Assert.Equal("used by scan 1", status.Scans.Single(s => s.Queue == "other").WaitsFor!["samx"]);
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(second)).State);
        bench.Watched("samx").Release("set 1");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(first)).State);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(second)).State);
    }

    [Fact]
    public async Task A_scan_that_waits_for_devices_can_be_taken_out_and_the_next_of_its_queue_runs()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("samx").Hold("set 1");
        bench.Start();
        var first = await bench.AcceptAsync(Line("samx", null));
        await UntilAsync(() => bench.Watched("samx").Calls.Contains("set 1"));
        var blocked = await bench.AcceptAsync(Line("samx", "other"));
        var next = await bench.AcceptAsync(Line("samy", "other"));
        await UntilAsync(() => bench.Queues.Find("other")!.WaitsForDevices is not null);
        (await bench.Queue.AbortAsync($"{blocked}", ControlBench.Who, "", Cancel)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(next)).State);
        Assert.Equal(ScanState.Cancelled, (await bench.FindAsync(blocked)).State);
        bench.Watched("samx").Release("set 1");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(first)).State);
    }

    [Fact]
    public async Task A_queue_that_stays_empty_is_gone_and_comes_back_when_it_is_named()
    {
        await using var bench = await ControlBench.CreateAsync(
            Devices,
            scans: new ScanOptions { Beamline = "2-bm", EmptyQueueLife = TimeSpan.FromMilliseconds(50) });
        bench.Start();
        await bench.EndOfAsync(await bench.AcceptAsync(Line("samx", "other")));
        await UntilAsync(() => bench.Queues.Find("other") is null);
        Assert.Equal([ScanQueue.Primary], bench.Queues.All.Select(q => q.Name));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line("samx", "other")))).State);
    }

    [Fact]
    public async Task Requests_that_come_while_their_queue_goes_are_run()
    {
        await using var bench = await ControlBench.CreateAsync(
            Devices,
            scans: new ScanOptions { Beamline = "2-bm", EmptyQueueLife = TimeSpan.FromMilliseconds(1) });
        bench.Start();
        for (var round = 0; round < 20; round++)
        {
            Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line("samx", "other")))).State);
        }
    }

    [Fact]
    public async Task Queues_their_order_and_their_locks_outlive_the_program()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var one = await bench.AcceptAsync(Line("samx", "other"));
        var two = await bench.AcceptAsync(Line("samx", "other"));
        (await bench.Control.MoveAsync($"{two}", new QueueMove(QueueDirection.Top), ControlBench.Who, "", Cancel)).OrThrow();
        (await bench.AskAsync(QueueCommandKind.Lock, "other", "me", "the sample is changed")).OrThrow();
        await bench.StopAsync();
        await bench.OpenAsync();
        bench.Start();
        await bench.Queues.LoadAsync(Cancel);
        Assert.Equal(["primary", "other"], bench.Queues.All.Select(q => q.Name));
        Assert.Equal(ScanQueueState.Locked, bench.Queues.StateOf("other"));
        Assert.Equal("the sample is changed", Assert.Single(bench.Queues.LocksOn("other")).Reason);
        Assert.Equal<IEnumerable<int>>([two, one], await bench.NumbersAsync("other"));
        (await bench.AskAsync(QueueCommandKind.Release, "other", "me")).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(one)).State);
        Assert.True((await bench.FindAsync(two)).StartedAt < (await bench.FindAsync(one)).StartedAt);
    }

    [Fact]
    public async Task A_program_that_dies_in_scans_of_two_queues_ends_both()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("samx").Hold("set 1");
        bench.Watched("samy").Hold("set 1");
        bench.Start();
        int[] numbers = [await bench.AcceptAsync(Line("samx", null)), await bench.AcceptAsync(Line("samy", "other"))];
        await UntilAsync(() => bench.Watched("samx").Calls.Contains("set 1"));
        await UntilAsync(() => bench.Watched("samy").Calls.Contains("set 1"));
        await bench.StopAsync();
        await bench.OpenAsync();
        bench.Start();
        foreach (var number in numbers)
        {
            Assert.Equal(ScanState.Interrupted, (await bench.EndOfAsync(number)).State);
        }

        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line("samy", "other")))).State);
    }

    [Theory]
    [InlineData("all", "scan.queue.name")]
    [InlineData("Upper", "scan.queue.name")]
    [InlineData("", "scan.queue.name")]
    [InlineData("a.b", "scan.queue.name")]
    public async Task A_name_that_is_none_is_refused_with_all_other_reasons(string queue, string code)
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var refused = Assert.IsType<Refused<StreamState<ScanRecord>>>(await bench.SubmitAsync(Line("samz", queue)));
        Assert.Equal([code, "device.unknown"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task There_are_not_more_queues_than_allowed()
    {
        await using var bench = await ControlBench.CreateAsync(
            Devices, scans: new ScanOptions { Beamline = "2-bm", MaximumQueues = 2 });
        await bench.AcceptAsync(Line("samx", "other"));
        var refused = Assert.IsType<Refused<StreamState<ScanRecord>>>(await bench.SubmitAsync(Line("samx", "third")));
        Assert.Equal(("scan.queues.full", RetryClass.Later), (refused.Reasons[0].Code, refused.Reasons[0].Retry));
        await bench.AcceptAsync(Line("samx", "other"));
    }

    [Fact]
    public async Task Scans_of_many_queues_that_want_each_others_devices_all_end()
    {
        await using var bench = await ControlBench.CreateAsync(
            Devices, scans: new ScanOptions { Beamline = "2-bm", QueueCapacity = 100 });
        bench.Start();
        List<int> numbers = [];
        for (var round = 0; round < 6; round++)
        {
            numbers.Add(await bench.AcceptAsync(Line("samx", "a")));
            numbers.Add(await bench.AcceptAsync(Both("b", "samx", "samy")));
            numbers.Add(await bench.AcceptAsync(Both("c", "samy", "samx")));
            numbers.Add(await bench.AcceptAsync(Line("samy", "d")));
        }

        foreach (var number in numbers)
        {
            Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
        }

        Assert.Empty(bench.Locks.Scans);
    }

    private static ScanRequest Line(string motor, string? queue) => new()
    {
        Scan = "line", Args = [motor, "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" }, Queue = queue,
    };

    private static ScanRequest Both(string queue, string first, string second) =>
        Line(first, queue) with { Args = [first, "0", "1", second, "0", "1"] };

    private static async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It does not come to that.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }
}

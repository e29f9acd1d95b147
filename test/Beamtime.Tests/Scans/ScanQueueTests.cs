using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

public sealed class ScanQueueTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        """;

    private static readonly ScanRequest Line = new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_number_is_given_at_admission_and_never_again()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        Assert.Equal(1, await bench.AcceptAsync(Line));
        Assert.Equal(2, await bench.AcceptAsync(Line));
        await AbortAsync(bench, "2");
        await AbortAsync(bench, "S00001");
        Assert.Equal(3, await bench.AcceptAsync(Line));
        await bench.StopAsync();
        await bench.OpenAsync();
        Assert.Equal(4, await bench.AcceptAsync(Line));
    }

    [Fact]
    public async Task A_refused_request_leaves_nothing_behind()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var refused = await bench.SubmitAsync(Line with { Args = ["samx", "0", "99"] });
        Assert.Equal("scan.limit.exceeded", Reason(refused).Code);
        Assert.Equal(0, await bench.Store.CountQueuedAsync("2-bm", ScanQueue.Primary, Cancel));
        Assert.Equal(1, await bench.AcceptAsync(Line));
    }

    [Fact]
    public async Task A_request_that_the_record_cannot_hold_is_refused_and_a_large_one_runs()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var refused = await bench.SubmitAsync(
            Line with { Metadata = new Dictionary<string, string> { ["comment"] = new('x', 33_000) } });
        Assert.Equal("scan.request.large", Reason(refused).Code);
        bench.Start();
        var large = Line with { Metadata = new Dictionary<string, string> { ["comment"] = new('x', 32_000) } };
        Assert.True((await bench.EndOfAsync(await bench.AcceptAsync(large))).State.IsOver);
        Assert.True((await bench.EndOfAsync(await bench.AcceptAsync(Line))).State.IsOver);
    }

    [Fact]
    public async Task An_end_with_endless_reasons_is_recorded()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await bench.AcceptAsync(Line with { Metadata = new Dictionary<string, string> { ["comment"] = new('x', 32_000) } });
        var scan = (await bench.Store.FindAsync("2-bm", "1", Cancel))!;
        var reasons = Enumerable.Range(0, 1000).Select(_ => ScanErrors.Failed.Because(new string('y', 10_000))).ToList();
        var ended = await bench.Store.EndAsync(
            scan,
            new ScanEnded(ScanState.Cancelled, 0, reasons),
            new Why(ControlBench.Who, reasons[0].Message, scan.Id),
            null,
            Cancel);
        Assert.Equal(16, ended.State!.Reasons.Count);
        Assert.All(ended.State.Reasons, r => Assert.InRange(r.Message.Length, 1, 500));
        Assert.Equal("985 more reasons are in the log.", ended.State.Reasons[^1].Message);
    }

    [Fact]
    public async Task The_order_is_kept_across_a_restart()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        for (var number = 1; number <= 3; number++)
        {
            await bench.AcceptAsync(Line);
        }

        await AbortAsync(bench, "1");
        await bench.StopAsync();
        await bench.OpenAsync();
        Assert.Equal([2, 3], await NumbersAsync(bench));
        Assert.Equal(2, (await bench.Queue.NextAsync(Cancel)).State!.Number);
    }

    [Fact]
    public async Task A_scan_cancelled_before_its_worker_takes_it_is_not_run()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        for (var number = 1; number <= 2; number++)
        {
            Assert.Equal(number, await bench.AcceptAsync(Line));
            await AbortAsync(bench, $"{number}");
        }

        Assert.Equal(3, await bench.AcceptAsync(Line));
        Assert.Equal(4, await bench.AcceptAsync(Line));
        Assert.Equal(3, (await bench.Queue.NextAsync(Cancel)).State!.Number);
    }

    [Fact]
    public async Task A_full_queue_refuses()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        for (var number = 1; number <= 3; number++)
        {
            await bench.AcceptAsync(Line);
        }

        var refused = await bench.SubmitAsync(Line);
        Assert.Equal(("scan.queue.full", RetryClass.Later), (Reason(refused).Code, Reason(refused).Retry));
        await AbortAsync(bench, "3");
        Assert.Equal(4, await bench.AcceptAsync(Line));
        Assert.Equal([1, 2, 4], await NumbersAsync(bench));
    }

    [Fact]
    public async Task A_scan_that_waits_is_cancelled_by_an_abort()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await bench.AcceptAsync(Line);
        var ended = (await bench.Queue.AbortAsync("1", ControlBench.Who, "wrong sample", Cancel)).OrThrow();
        Assert.Equal(ScanState.Cancelled, ended.State!.State);
        Assert.Contains("wrong sample", Assert.Single(ended.State.Reasons).Message, StringComparison.Ordinal);
        Assert.Empty(await NumbersAsync(bench));
        Assert.Equal("scan.over", Reason(await AskAbortAsync(bench, "1")).Code);
        Assert.Equal("scan.unknown", Reason(await AskAbortAsync(bench, "7")).Code);
        Assert.Equal("scan.unknown", Reason(await AskAbortAsync(bench, "S")).Code);
    }

    [Fact]
    public async Task Of_two_aborts_at_once_one_ends_the_scan_and_one_finds_it_over()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        for (var round = 1; round <= 10; round++)
        {
            var number = await bench.AcceptAsync(Line);
            Task<Outcome<StreamState<ScanRecord>>>[] aborts = [AskAbortAsync(bench, $"{number}"), AskAbortAsync(bench, $"{number}")];
            foreach (var outcome in await Task.WhenAll(aborts).Soon())
            {
                Assert.True(outcome is Accepted<StreamState<ScanRecord>> || Reason(outcome).Code == "scan.over");
            }

            Assert.True((await bench.EndOfAsync(number)).State.IsOver);
        }
    }

    private static Task<Outcome<StreamState<ScanRecord>>> AskAbortAsync(ControlBench bench, string scan) =>
        bench.Queue.AbortAsync(scan, ControlBench.Who, "", Cancel);

    private static async Task AbortAsync(ControlBench bench, string scan) => (await AskAbortAsync(bench, scan)).OrThrow();

    private static async Task<IEnumerable<int>> NumbersAsync(ControlBench bench) =>
        (await bench.Store.QueuedAsync("2-bm", ScanQueue.Primary, 100, Cancel)).Select(s => s.State!.Number);

    private static Reason Reason(Outcome<StreamState<ScanRecord>> outcome) =>
        Assert.Single(Assert.IsType<Refused<StreamState<ScanRecord>>>(outcome).Reasons);
}

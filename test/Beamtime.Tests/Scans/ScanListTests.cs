using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Control.Scans.Lists;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Scans;

/// <summary>Scans that are kept for later.</summary>
public sealed class ScanListTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_is_kept_in_order_over_a_restart_and_runs_when_it_is_submitted()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        (await DoAsync(bench, ScanListCommandKind.Add, Line(2))).OrThrow();
        (await DoAsync(bench, ScanListCommandKind.Add, Line(3))).OrThrow();
        await bench.StopAsync();
        await bench.OpenAsync();
        bench.Start();
        var store = bench.Get<ScanListStore>();
        Assert.Equal(["2", "3"], (await store.ShowAsync("2-bm", "night", Cancel)).Items!.Select(i => i.Request.Parameters["steps"]));
        Assert.Equal(("night", 2), (await store.ListAsync("2-bm", Cancel))[0] is var one ? (one.Name, one.Requests) : default);
        var outcome = (await DoAsync(bench, ScanListCommandKind.Submit)).OrThrow();
        Assert.Equal([1, 2], outcome.Numbers);
        Assert.Equal((ScanState.Completed, 2), ((await bench.EndOfAsync(1)).State, (await bench.FindAsync(1)).Points));
        Assert.Equal((ScanState.Completed, 3), ((await bench.EndOfAsync(2)).State, (await bench.FindAsync(2)).Points));
        Assert.Empty(await store.ListAsync("2-bm", Cancel));
    }

    [Fact]
    public async Task A_request_that_cannot_run_is_not_kept_and_a_list_goes_whole_or_not_at_all()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        Assert.Equal("scan.limit.exceeded", CodeOf(await DoAsync(bench, ScanListCommandKind.Add, Line(2) with { Args = ["samx", "0", "99"] })));
        (await DoAsync(bench, ScanListCommandKind.Add, Line(2))).OrThrow();
        // What was right when it was kept may be wrong later.
        await bench.Get<ScanListStore>().AddAsync(
            "2-bm", "night", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Line(2) with { Args = ["samx", "0", "99"] }, new Why(ControlBench.Who, "test", "x"), Cancel);
        var refused = Assert.IsType<Refused<ScanListOutcome>>(await DoAsync(bench, ScanListCommandKind.Submit));
        Assert.StartsWith("request 2, line:", Assert.Single(refused.Reasons).Message, StringComparison.Ordinal);
        Assert.Empty(await bench.NumbersAsync());
    }

    [Fact]
    public async Task Requests_whose_program_died_while_they_were_submitted_run_once()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        (await DoAsync(bench, ScanListCommandKind.Add, Line(2), id)).OrThrow();
        (await DoAsync(bench, ScanListCommandKind.Add, Line(3))).OrThrow();
        // As far as a program came that died then: the first is in its queue, and still in the list.
        (await bench.Queues.SubmitAsync(Line(2), new ScanAsker(ControlBench.Who, Key: id), Cancel)).OrThrow();
        Assert.Equal<IEnumerable<int>>([1, 2], (await DoAsync(bench, ScanListCommandKind.Submit)).OrThrow().Numbers);
        Assert.Equal<IEnumerable<int>>([1, 2], await bench.NumbersAsync());
    }

    [Fact]
    public async Task A_list_is_put_into_its_queue_at_its_time_and_what_is_refused_then_raises_an_alarm()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        (await DoAsync(bench, ScanListCommandKind.Add, Line(2))).OrThrow();
        Assert.Equal("scan.list.time", CodeOf(await DoAsync(bench, ScanListCommandKind.Submit, at: TimeProvider.System.GetUtcNow())));
        var store = bench.Get<ScanListStore>();
        await store.AddAsync(
            "2-bm", "wrong", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Line(2) with { Args = ["samq", "0", "1"] }, new Why(ControlBench.Who, "test", "x"), Cancel);
        foreach (var list in (string[])["night", "wrong"])
        {
            await store.TimeAsync("2-bm", list, TimeProvider.System.GetUtcNow(), new Why(ControlBench.Who, "test", "x"), Cancel);
        }

        bench.Start();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var loop = bench.Get<ScanLists>().RunAsync(stop.Token);
        var start = TimeProvider.System.GetTimestamp();
        while ((await AlarmsAsync(bench)).Count == 0 || (await bench.Store.FindAsync("2-bm", "1", Cancel)) is null)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "Nothing is due.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(1)).State);
        var left = Assert.Single(await store.ListAsync("2-bm", Cancel));
        Assert.Equal(("wrong", 1, null), (left.Name, left.Requests, left.Due));
        Assert.Contains("samq", (await AlarmsAsync(bench))[0].State!.Raised.Reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_refused_and_a_cleared_list_is_empty()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        Assert.Equal("scan.list.unknown", CodeOf(await DoAsync(bench, ScanListCommandKind.Submit)));
        Assert.Equal("scan.list.unknown", CodeOf(await DoAsync(bench, ScanListCommandKind.Clear)));
        (await DoAsync(bench, ScanListCommandKind.Add, Line(2))).OrThrow();
        Assert.Equal("scan.list.unknown", CodeOf(await DoAsync(bench, ScanListCommandKind.Clear, id: Guid.CreateVersion7(TimeProvider.System.GetUtcNow()))));
        Assert.Equal(0, (await DoAsync(bench, ScanListCommandKind.Clear)).OrThrow().List.Requests);
    }

    private static Task<Outcome<ScanListOutcome>> DoAsync(
        ControlBench bench, ScanListCommandKind kind, ScanRequest? request = null, Guid? id = null, DateTimeOffset? at = null) =>
        bench.Get<ScanLists>().DoAsync(
            new ScanListCommand { Kind = kind, Who = ControlBench.Who.Value, List = "night", Request = request, Id = id, At = at }, Cancel);

    private static async Task<IReadOnlyList<StreamState<AlarmRecord>>> AlarmsAsync(ControlBench bench) =>
        (await bench.Get<AlarmStore>().ListAsync(new RecordQuery { Beamline = "2-bm", Limit = 100 }, Cancel)).Items;

    private static string CodeOf(Outcome<ScanListOutcome> outcome) => Assert.IsType<Refused<ScanListOutcome>>(outcome).Reasons[0].Code;

    private static ScanRequest Line(int steps) => new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = $"{steps}" },
    };
}

using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Scans;

public sealed class ScanPauseTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_held_scan_takes_no_point_and_goes_on_where_it_was()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (eye, number) = await HeldAtFirstPointAsync(bench);
        Assert.Equal(ScanState.Paused, (await bench.FindAsync(number)).State);
        Assert.Empty(((Accepted<StreamState<ScanRecord>>)await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).Value.State!.Reasons);
        eye.Release("trigger");
        while (bench.Queue.Running!.PointsTaken < 1)
        {
            await Task.Yield();
        }

        Assert.True(bench.Queue.Running!.IsPaused);
        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 3), (record.State, record.Points));
    }

    [Fact]
    public async Task A_hold_that_cannot_be_recorded_is_undone_and_says_so()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line(3));
        await eye.BegunAsync("trigger");
        await using (var forbidden = bench.Database.Owner.CreateCommand(
            """
            create function refuse() returns trigger language plpgsql as $$ begin raise 'not now'; end $$;
            create trigger refuse before update on records for each row when (new.status = 'Paused') execute function refuse();
            """))
        {
            await forbidden.ExecuteNonQueryAsync(Cancel);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel));
        Assert.False(bench.Queue.Running!.IsPaused);
        eye.Release("trigger");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task Holds_and_releases_at_once_leave_the_scan_as_its_record_says()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (eye, number) = await HeldAtFirstPointAsync(bench);
        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(
                bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel),
                bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel));
            Assert.Equal((await bench.FindAsync(number)).State == ScanState.Paused, bench.Queue.Running!.IsPaused);
        }

        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        eye.Release("trigger");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_held_scan_can_be_aborted()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var (eye, number) = await HeldAtFirstPointAsync(bench);
        eye.Release("trigger");
        (await bench.Queue.AbortAsync($"{number}", ControlBench.Who, "enough", Cancel)).OrThrow();
        var record = await bench.EndOfAsync(number);
        Assert.Equal(ScanState.Aborted, record.State);
        Assert.Equal("scan.aborted", record.Reasons[0].Code);
    }

    [Fact]
    public async Task Only_a_scan_that_runs_can_be_held()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var number = await bench.AcceptAsync(Line(3));
        Assert.Equal("scan.not_running", CodeOf(await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)));
        Assert.Equal("scan.unknown", CodeOf(await bench.Queue.ResumeAsync("99", ControlBench.Who, Cancel)));
        bench.Start();
        await bench.EndOfAsync(number);
        Assert.Equal("scan.over", CodeOf(await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)));
    }

    private static string CodeOf(Outcome<StreamState<ScanRecord>> outcome) =>
        Assert.IsType<Refused<StreamState<ScanRecord>>>(outcome).Reasons[0].Code;

    private static async Task<(Beamtime.Tests.Devices.WatchedDevice Eye, int Number)> HeldAtFirstPointAsync(ControlBench bench)
    {
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line(3));
        await eye.BegunAsync("trigger");
        (await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        return (eye, number);
    }

    private static ScanRequest Line(int steps) => new()
    {
        Scan = "line",
        Args = ["samx", "0", "1"],
        Parameters = new Dictionary<string, string> { ["steps"] = $"{steps}" },
    };
}

using Beamtime.Control.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>The scan worker while its database is out.</summary>
public sealed class ScanOutageTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static readonly ScanRequest Line = new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_waits_for_scans_outlives_an_outage()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line))).State);
        await using (await bench.Database.BeginOutageAsync(Cancel))
        {
            bench.Queues.Find(ScanQueue.Primary)!.Wake();
            await bench.Log.WaitForAsync("Queue primary could not be read", Cancel);
        }

        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line))).State);
    }

    [Fact]
    public async Task A_scan_that_ends_during_an_outage_is_recorded_as_it_ended_and_keeps_its_file()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line);
        await eye.BegunAsync("trigger");
        // What the worker knows of the record is now old: its first attempt conflicts.
        (await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        await using (await bench.Database.BeginOutageAsync(Cancel))
        {
            eye.Release("trigger");
            await bench.Log.WaitForAsync("stays in the spool", Cancel);
        }

        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 2), (record.State, record.Points));
        Assert.True(File.Exists(await bench.FileOfAsync(number)));
    }
}

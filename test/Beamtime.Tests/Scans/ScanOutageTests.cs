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
            bench.Queue.Ended();
            await bench.Log.WaitForAsync("The scan queue could not be read", Cancel);
        }

        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line))).State);
    }
}

using Beamtime.Control.Procedures;
using Beamtime.Control.Runs;
using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Runs;

/// <summary>Scans as steps of procedures.</summary>
public sealed class ScanActionTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static readonly ScanDeclaration Glance = new()
    {
        Name = "glance", Description = "Takes one point.", Create = _ => new GlanceScan(),
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_step_that_is_given_up_ends_when_its_scan_has_put_things_back()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Plugins.AddScan(Glance);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        eye.Hold("unstage");
        bench.Start();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var step = BeginStep(bench, giveUp.Token);
        await eye.BegunAsync("trigger");

        await giveUp.CancelAsync();
        await eye.BegunAsync("unstage");
        Assert.NotNull(bench.Locks.OwnerOf("eye"));
        Assert.False(step.IsCompleted);
        eye.Release("unstage");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => step.Soon());
        Assert.Null(bench.Locks.OwnerOf("eye"));
        Assert.Equal(ScanState.Aborted, (await bench.FindAsync(1)).State);
    }

    [Fact]
    public async Task A_scan_that_a_step_asked_for_belongs_to_the_story_of_its_procedure()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Plugins.AddScan(Glance);
        bench.Start();
        var results = await BeginStep(bench, Cancel).Soon();
        var timeline = new TimelineStore(bench.Database, new StreamKindSet([ScanRecord.Kind]));

        var stories = await timeline.StoriesOfAsync("00000000-0000-7000-8000-00000000000b", Cancel);

        Assert.Contains(results["id"].ToString(), stories);
        var lines = (await timeline.ReadAsync(new TimelineQuery { Correlations = stories, Kinds = ["scan"] }, Cancel)).Items;
        Assert.Equal(["scan.admitted", "scan.started", "scan.ended"], lines.Select(line => line.Type));
        Assert.Equal("procedure", lines[0].Cause!.Kind);
    }

    [Fact]
    public async Task A_step_waits_for_its_scan_through_an_outage()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Plugins.AddScan(Glance);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var step = BeginStep(bench, Cancel);
        await eye.BegunAsync("trigger");
        await using (await bench.Database.BeginOutageAsync(Cancel))
        {
            await bench.Log.WaitForAsync("A procedure's step waits for the database", Cancel);
            eye.Release("trigger");
        }

        var results = await step.Soon();
        Assert.Equal("1", results["number"].ToString());
        Assert.True(File.Exists(results["file"].ToString()));
    }

    private static Task<IReadOnlyDictionary<string, Value>> BeginStep(ControlBench bench, CancellationToken cancel) =>
        bench.Make<ScanAction>().Action.RunAsync(
            new ActionCall(
                Guid.Parse("00000000-0000-7000-8000-00000000000b"),
                ControlBench.Who,
                new Dictionary<string, Value> { ["scan"] = Value.Of("glance") }),
            cancel);

    private sealed class GlanceScan : Scan
    {
        public override ScanPlan Plan(Func<string, double> position) => new() { Points = 1 };

        public override async Task CoreAsync(ScanContext scan, CancellationToken cancel) =>
            await scan.TakePointAsync(default, default, cancel);
    }
}

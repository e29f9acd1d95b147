using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Steps;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans.Steps;

/// <summary>A scan that is driven by hand.</summary>
public sealed class StepTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        samy: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_share_one_scan_and_its_file_until_it_is_closed()
    {
        await using var bench = await StartAsync();
        var (number, steps) = await OpenAsync(bench, "samx");
        var first = await AskAsync(steps, new StepRequest { Targets = Targets(("samx", 1)), Trigger = true, Reads = 2 });
        Assert.Equal((StepState.Done, 2), (first.State, first.Points));
        Assert.Equal(StepState.Done, (await AskAsync(steps, new StepRequest { Trigger = true })).State);
        var third = await AskAsync(steps, new StepRequest { Targets = Targets(("samx", 2)), Reads = 1 });
        Assert.Equal((2, 3), (third.Index, third.Points));
        steps.Ask(new StepRequest { Close = true });
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 3), (record.State, record.Points));
        Assert.Equal(3, bench.Watched("eye").Calls.Count(c => c == "trigger"));
        var read = await Python.RunAsync(
            """
            import h5py, sys
            print(*h5py.File(sys.argv[1])['/entry/collection/devices/samx/samx/value'][:])
            """,
            [await bench.FileOfAsync(number)],
            Cancel);
        Assert.Equal("1.0 1.0 2.0", read.Trim());
        var closed = Assert.Throws<RefusedException>(() => steps.Ask(new StepRequest { Reads = 1 }));
        Assert.Equal("scan.step.closed", closed.Reasons[0].Code);
    }

    [Fact]
    public async Task A_step_that_fails_leaves_the_scan_open()
    {
        await using var bench = await StartAsync();
        var (number, steps) = await OpenAsync(bench, "samx");
        bench.Watched("samx").Hold("set 3");
        var asked = steps.Ask(new StepRequest { Targets = Targets(("samx", 3)), Reads = 1 });
        await UntilAsync(() => bench.Watched("samx").Calls.Contains("set 3"));
        await bench.Desk.StopAsync("samx");
        var failed = await steps.EndOfAsync(asked.Index, TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);
        Assert.Equal((StepState.Failed, "device.stopped"), (failed.State, failed.Reasons[0].Code));
        Assert.Equal(StepState.Done, (await AskAsync(steps, new StepRequest { Reads = 1 })).State);
        steps.Ask(new StepRequest { Close = true });
        Assert.Equal((ScanState.Completed, 1), ((await bench.EndOfAsync(number)).State, (await bench.FindAsync(number)).Points));
    }

    [Fact]
    public async Task What_is_wrong_with_a_step_is_told_whole_and_nothing_waits()
    {
        await using var bench = await StartAsync();
        var (number, steps) = await OpenAsync(bench, "samx");
        var refused = Assert.Throws<RefusedException>(
            () => steps.Ask(new StepRequest { Targets = Targets(("samx", 11), ("samy", 1)), Reads = 1 }));
        Assert.Equal(["device.limit.exceeded", "scan.step.motor.foreign"], refused.Reasons.Select(r => r.Code));
        Assert.Equal("scan.step.empty", Assert.Throws<RefusedException>(() => steps.Ask(new StepRequest())).Reasons[0].Code);
        Assert.Empty(steps.All);
        await bench.Queue.AbortAsync($"{number}", ControlBench.Who, "enough", Cancel).Soon();
        Assert.Equal(ScanState.Aborted, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task An_idle_scan_closes_by_itself()
    {
        await using var bench = await StartAsync();
        var number = await bench.AcceptAsync(Request("1", "samx"));
        Assert.Equal((ScanState.Completed, 0), ((await bench.EndOfAsync(number)).State, (await bench.FindAsync(number)).Points));
    }

    [Fact]
    public void A_step_goes_on_only_forwards()
    {
        foreach (var from in Enum.GetValues<StepState>())
        {
            foreach (var to in Enum.GetValues<StepState>())
            {
                Assert.Equal(!from.IsOver && to > from && !(from == StepState.Waiting && to == StepState.Done), from.CanBecome(to));
            }
        }
    }

    private static Dictionary<string, double> Targets(params (string Motor, double Target)[] targets) =>
        targets.ToDictionary(t => t.Motor, t => t.Target);

    private static ScanRequest Request(string idle, params string[] motors) => new()
    {
        Scan = "interactive", Args = motors, Parameters = new Dictionary<string, string> { ["idle"] = idle },
    };

    private static async Task<ControlBench> StartAsync()
    {
        var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        return bench;
    }

    private static async Task<(int Number, ScanSteps Steps)> OpenAsync(ControlBench bench, params string[] motors)
    {
        var number = await bench.AcceptAsync(Request("600", motors));
        var id = Guid.Parse((await bench.Store.FindAsync("2-bm", $"{number}", Cancel))!.Id);
        var open = bench.Service<OpenSteps>();
        await UntilAsync(() => open.Find(id) is not null);
        return (number, open.Find(id)!);
    }

    private static async Task<StepAnswer> AskAsync(ScanSteps steps, StepRequest request) =>
        await steps.EndOfAsync(steps.Ask(request).Index, TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);

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

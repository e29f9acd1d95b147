using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>What the code of a scan may ask for, and what becomes of it when that code fails.</summary>
public sealed class ScanActionsTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        other: {deviceClass: test.watched, enabled: true, readoutPriority: on_request}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Motion_trigger_and_reading_can_be_asked_for_apart()
    {
        var (bench, record) = await RunAsync(new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Points = 2, SettlingAfterTriggerSeconds = 0.001, ExposureSeconds = 0.001 },
            Core = async (scan, cancel) =>
            {
                await scan.SetAsync([("samx", Value.Of(1.0))], cancel);
                await scan.TriggerAsync(cancel);
                await scan.ReadPointAsync(default, cancel);
                await scan.ReadPointAsync(default, cancel);
                Assert.Equal(1.0, (await scan.ReadAsync("samx.gain", cancel)).AsDouble());
            },
        });
        await using (bench)
        {
            Assert.Equal((ScanState.Completed, 2), (record.State, record.Points));
            Assert.Equal(["trigger", "read", "read"], bench.Watched("eye").Calls.SkipWhile(c => c != "prescan").Skip(1).Take(3));
            Assert.Equal("(2,) completed 1.0", await ReadAsync(await bench.FileOfAsync(record.Number)));
        }
    }

    [Fact]
    public async Task A_point_of_own_readings_needs_every_monitored_device()
    {
        RefusedException? refused = null;
        var (bench, record) = await RunAsync(
            new ScriptedScan
            {
                Planned = new ScanPlan { Motors = ["samx"], Points = 1 },
                Core = async (scan, cancel) =>
                {
                    var readings = await scan.ReadManuallyAsync(["samx", "eye"], cancel);
                    Assert.Equal(2, readings["samx"].Length);
                    Dictionary<string, Reading[]> half = new(readings);
                    half.Remove("eye");
                    half.Add("other", []);
                    refused = await Assert.ThrowsAsync<RefusedException>(
                        () => scan.PublishPointAsync(half, default, cancel).AsTask());
                    readings["samx"][1] = new Reading(Value.Of(7.5), default);
                    await scan.PublishPointAsync(readings, new[] { Value.Of(3L) }, cancel);
                },
            },
            new Signal { Name = "turn", Type = SignalType.Integer });
        await using (bench)
        {
            Assert.Equal((ScanState.Completed, 1), (record.State, record.Points));
            Assert.Equal(2, refused!.Reasons.Count);
            Assert.Equal("(1,) completed 7.5", await ReadAsync(await bench.FileOfAsync(record.Number)));
        }
    }

    [Fact]
    public async Task What_is_started_and_never_waited_for_is_a_warning_and_is_waited_for()
    {
        var (bench, record) = await RunAsync(new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Points = 1 },
            Core = async (scan, cancel) =>
            {
                await (await scan.StartAsync([("samx", Value.Of(1.0))], cancel)).WaitAsync(cancel);
                await scan.StartAsync([("samx", Value.Of(2.0))], cancel);
                await scan.TakePointAsync(default, default, cancel);
            },
        });
        await using (bench)
        {
            Assert.Equal(ScanState.Completed, record.State);
            var warning = Assert.Single(record.Reasons);
            Assert.Equal(("scan.action.unchecked", "samx to 2 was started and never waited for."), (warning.Code, warning.Message));
            Assert.Equal(2.0, bench.Watched("samx").Value);
        }
    }

    [Fact]
    public async Task A_device_that_the_plan_does_not_name_is_not_set()
    {
        var (bench, record) = await RunAsync(new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Points = 1 },
            Core = async (scan, cancel) => await scan.SetAsync([("samx", Value.Of(1.0)), ("other.gain", Value.Of(1.0))], cancel),
        });
        await using (bench)
        {
            Assert.Equal((ScanState.Aborted, "scan.device.undeclared"), (record.State, record.Reasons[0].Code));
            Assert.DoesNotContain("set 1", bench.Watched("samx").Calls);
        }
    }

    [Fact]
    public async Task A_plan_changes_what_is_read_in_its_scan_alone()
    {
        var (bench, record) = await RunAsync(new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Monitored = ["other"], OnRequest = ["eye"], Points = 1 },
            Core = async (scan, cancel) => await scan.TakePointAsync(new[] { 1.0 }, default, cancel),
        });
        await using (bench)
        {
            Assert.Equal(ScanState.Completed, record.State);
            Assert.DoesNotContain("stage", bench.Watched("eye").Calls);
            Assert.Contains("stage", bench.Watched("other").Calls);
        }
    }

    [Theory]
    [InlineData("prepare", ScanState.Aborted)]
    [InlineData("stage", ScanState.Aborted)]
    [InlineData("open", ScanState.Aborted)]
    [InlineData("pre-scan", ScanState.Aborted)]
    [InlineData("core", ScanState.Aborted)]
    [InlineData("post", ScanState.Aborted)]
    [InlineData("unstage", ScanState.Completed)]
    [InlineData("close", ScanState.Completed)]
    public async Task Whatever_hook_fails_the_devices_are_stopped_put_back_and_released_and_the_next_scan_runs(
        string hook, object state)
    {
        var putBack = 0;
        Dictionary<string, Func<ScanContext, CancellationToken, Task>> hooks = new()
        {
            [hook] = (_, _) => throw new InvalidOperationException($"{hook} stumbles"),
            ["exception"] = (_, _) => Task.FromResult(putBack++),
        };
        var (bench, record) = await RunAsync(new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Points = 1 },
            Hooks = hooks,
            Core = async (scan, cancel) => await scan.TakePointAsync(new[] { 1.0 }, default, cancel),
        });
        await using (bench)
        {
            Assert.Equal(state, record.State);
            Assert.Contains($"{hook} stumbles", record.Reasons[0].Message, StringComparison.Ordinal);
            Assert.All(["samx", "eye"], name => Assert.False(bench.Watched(name).IsStaged));
            var isAborted = record.State == ScanState.Aborted;
            Assert.Equal(isAborted, bench.Watched("samx").Calls.Contains("stop"));
            Assert.Equal(isAborted ? 1 : 0, putBack);
            hooks.Clear();
            Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(ScriptedScan.Request))).State);
        }
    }

    [Fact]
    public async Task What_the_code_notes_and_warns_of_stands_in_file_and_record()
    {
        var (bench, record) = await RunAsync(new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Points = 1 },
            Hooks = new Dictionary<string, Func<ScanContext, CancellationToken, Task>>
            {
                ["prepare"] = (scan, _) =>
                {
                    scan.Note("offset", "0.25");
                    return Task.CompletedTask;
                },
            },
            Core = async (scan, cancel) =>
            {
                Assert.Throws<InvalidOperationException>(() => scan.Note("late", "1"));
                scan.Warn(new Reason("test.warned", "the beam was low", "wait"));
                await scan.TakePointAsync(new[] { 1.0 }, default, cancel);
            },
        });
        await using (bench)
        {
            Assert.Equal((ScanState.Completed, "test.warned"), (record.State, Assert.Single(record.Reasons).Code));
            var text = await Python.RunAsync(
                "import sys; print(b'offset' in open(sys.argv[1], 'rb').read())", [await bench.FileOfAsync(record.Number)], Cancel);
            Assert.Equal("True", text.Trim());
        }
    }

    [Fact]
    public async Task A_held_scan_stops_at_its_next_checkpoint_also_in_a_wait()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new ScriptedScan
        {
            Planned = new ScanPlan { Motors = ["samx"], Points = 1 },
            Core = async (scan, cancel) =>
            {
                reached.SetResult();
                await goOn.Task.WaitAsync(cancel);
                await scan.CheckpointAsync(cancel);
                await scan.TakePointAsync(default, default, cancel);
            },
        }.AddTo(bench);
        bench.Start();
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        await reached.Task.Soon();
        (await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        goOn.SetResult();
        Assert.Equal(ScanState.Paused, (await bench.FindAsync(number)).State);
        Assert.Equal(0, bench.Queue.Running!.PointsTaken);
        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        Assert.Equal((ScanState.Completed, 1), Told(await bench.EndOfAsync(number)));
    }

    private static (ScanState, int) Told(ScanRecord record) => (record.State, record.Points);

    private static async Task<(ControlBench Bench, ScanRecord Record)> RunAsync(
        ScriptedScan scan, params IReadOnlyList<Signal> own)
    {
        var bench = await ControlBench.CreateAsync(Devices);
        scan.AddTo(bench, own);
        bench.Start();
        return (bench, await bench.EndOfAsync(await bench.AcceptAsync(ScriptedScan.Request)));
    }

    private static async Task<string> ReadAsync(string file) => (await Python.RunAsync(
        """
        import h5py, sys
        f = h5py.File(sys.argv[1])
        d = f['/entry/collection/devices/samx/samx/value']
        def text(v): return v.decode() if isinstance(v, bytes) else str(v)
        print(d.shape, text(f['/entry'].attrs['end_status']), d[0])
        """,
        [file],
        Cancel)).Trim();
}

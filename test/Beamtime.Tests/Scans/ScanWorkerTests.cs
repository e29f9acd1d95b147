using Beamtime.Control.Devices;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

public sealed class ScanWorkerTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        cam: {deviceClass: test.watched, enabled: true, readoutPriority: async}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_completes_and_releases_its_devices()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Start();
        var number = await bench.AcceptAsync(Line(3));
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, 3, 3), (record.State, record.Points, record.PlannedPoints));
        Assert.Empty(record.Reasons);
        Assert.Equal(
            ["stage", "prescan", "trigger", "read", "trigger", "read", "trigger", "read", "complete", "unstage"],
            bench.Watched("eye").Calls.Where(c => c is not ("connect" or "configuration")).Skip(1));
        Assert.Equal(["set 0", "set 0.5", "set 1"], Sets(bench));
        Assert.All(["samx", "eye", "cam"], name => AssertReleased(bench, name));
        Assert.Equal("(3,) completed", await ReadAsync(await bench.FileOfAsync(number)));
    }

    [Theory]
    [InlineData("prepare", "samx", "set 0")]
    [InlineData("stage", "cam", "stage")]
    [InlineData("pre-scan", "eye", "prescan")]
    [InlineData("core, moving", "samx", "set 1")]
    [InlineData("core, acquiring", "eye", "trigger")]
    [InlineData("complete", "cam", "complete")]
    [InlineData("post", "samx", "set 0.25")]
    public async Task An_abort_in_any_phase_stops_and_releases_the_devices_and_the_next_scan_runs(
        string phase, string device, string held)
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var watched = bench.Watched(device);
        if (phase == "post")
        {
            await SetAsync(bench, 0.25);
        }

        watched.Hold(held);
        bench.Start();
        var before = watched.Calls.Count(c => c == held);
        var number = await bench.AcceptAsync(phase == "post" ? Relative() : Line(2));
        await WaitForAsync(() => watched.Calls.Count(c => c == held) > before);
        await bench.Queue.AbortAsync($"{number}", ControlBench.Who, "enough", Cancel).Soon();
        await WaitForAsync(() => watched.Calls.Contains($"{held}!"));
        // Putting back may ask for the same once more: this time the device does it.
        watched.Release(held);
        var record = await bench.EndOfAsync(number);
        Assert.Equal(ScanState.Aborted, record.State);
        Assert.Equal("scan.aborted", record.Reasons[0].Code);
        Assert.Contains($"{held}!", watched.Calls);
        Assert.Contains("stop", bench.Watched("samx").Calls);
        Assert.All(["samx", "eye", "cam"], name => AssertReleased(bench, name));
        if (phase is not ("prepare" or "stage"))
        {
            Assert.EndsWith("aborted", await ReadAsync(await bench.FileOfAsync(number)), StringComparison.Ordinal);
        }

        var next = await bench.EndOfAsync(await bench.AcceptAsync(Line(2)));
        Assert.Equal(ScanState.Completed, next.State);
        Assert.Null(bench.Locks.OwnerOf("samx"));
    }

    [Theory]
    [InlineData("set", "simulated.faulty")]
    [InlineData("trigger", "simulated.faulty")]
    [InlineData("stage", "simulated.faulty")]
    public async Task A_fault_aborts_the_scan_releases_the_others_and_the_next_scan_runs(string at, string code)
    {
        await using var bench = await ControlBench.CreateAsync(
            $$"""
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            bad:
              deviceClass: simulated.faulty
              enabled: true
              readoutPriority: monitored
              softwareTrigger: true
              deviceConfig: {at: {{at}}, mode: raise, times: 1}
            """);
        bench.Start();
        ScanRequest request = new()
        {
            Scan = "line", Args = ["bad", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
        };
        var first = await bench.EndOfAsync(await bench.AcceptAsync(request));
        Assert.Equal((ScanState.Aborted, code), (first.State, first.Reasons[0].Code));
        AssertReleased(bench, "samx");
        Assert.Contains("stop", bench.Watched("samx").Calls);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(request))).State);
    }

    [Fact]
    public async Task A_fault_while_releasing_is_told_and_the_scan_is_complete()
    {
        await using var bench = await ControlBench.CreateAsync(
            """
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            bad: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, deviceConfig: {at: unstage}}
            """);
        bench.Start();
        var record = await bench.EndOfAsync(await bench.AcceptAsync(Line(2)));
        Assert.Equal((ScanState.Completed, 2), (record.State, record.Points));
        Assert.Equal("simulated.faulty", Assert.Single(record.Reasons).Code);
        AssertReleased(bench, "samx");
    }

    [Fact]
    public async Task Gaps_that_do_not_end_abort_the_scan_with_its_points_recorded()
    {
        await using var bench = await ControlBench.CreateAsync(
            """
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            bad: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, deviceConfig: {mode: hang, after: 3}}
            """,
            new DeviceOptions { ReadDeadline = TimeSpan.FromMilliseconds(50), MissingReadingsAllowed = 2 });
        bench.Start();
        var number = await bench.AcceptAsync(Line(20));
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Aborted, "device.deadline"), (record.State, record.Reasons[0].Code));
        // The reading at connection and two points went well, two are gaps, the third gap ended it.
        Assert.Equal("(5,) aborted", await ReadAsync(await bench.FileOfAsync(number)));
    }

    [Fact]
    public async Task A_program_that_ends_interrupts_its_scan_and_says_so()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Watched("samx").Hold("set 1");
        bench.Start();
        var number = await bench.AcceptAsync(Line(2));
        var waiting = await bench.AcceptAsync(Line(2));
        await WaitForAsync(() => bench.Watched("samx").Calls.Contains("set 1"));
        var (samx, eye) = (bench.Watched("samx"), bench.Watched("eye"));
        await bench.StopAsync();
        Assert.Contains("set 1!", samx.Calls);
        Assert.Contains("stop", samx.Calls);
        Assert.False(eye.IsStaged);
        await bench.OpenAsync();
        var record = await bench.FindAsync(number);
        Assert.Equal((ScanState.Interrupted, "scan.interrupted"), (record.State, record.Reasons[0].Code));
        Assert.Equal("(1,) interrupted", await ReadAsync(await bench.FileOfAsync(number)));
        bench.Start();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(waiting)).State);
    }

    [Theory]
    [InlineData(ScanEnd.Completed, false, "Completed", "")]
    [InlineData(ScanEnd.Completed, true, "Completed", "")]
    [InlineData(ScanEnd.Aborted, false, "Aborted", "scan.aborted")]
    [InlineData(ScanEnd.Aborted, true, "Aborted", "scan.aborted")]
    [InlineData(ScanEnd.Interrupted, false, "Interrupted", "scan.interrupted")]
    [InlineData(null, true, "Interrupted", "scan.interrupted")]
    public async Task A_scan_that_a_program_left_ends_as_its_closed_files_say(
        ScanEnd? recorded, bool isPaused, string state, string code)
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var number = await bench.AcceptAsync(Line(7));
        await LeaveAsync(bench, number, recorded, isPaused);
        bench.Start();
        var record = await bench.EndOfAsync(number);
        Assert.Equal((state, recorded is null ? 0 : 5), (record.State.ToString(), record.Points));
        Assert.Equal(code, string.Join(' ', record.Reasons.Select(r => r.Code)));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line(2)))).State);
    }

    [Fact]
    public async Task A_scan_that_cannot_run_any_more_is_cancelled_and_the_next_one_runs()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await SetAsync(bench, 9);
        var relative = await bench.AcceptAsync(Relative());
        await bench.StopAsync();
        await bench.OpenAsync();
        await SetAsync(bench, 9.9);
        bench.Start();
        var record = await bench.EndOfAsync(relative);
        Assert.Equal((ScanState.Cancelled, "scan.limit.exceeded"), (record.State, record.Reasons[0].Code));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line(2)))).State);
    }

    [Fact]
    public async Task A_scan_server_on_a_new_database_is_obeyed_by_devices_that_knew_an_older_one()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await bench.StopAsync();
        await File.WriteAllTextAsync(bench.EpochFile, "41", Cancel);
        await bench.OpenAsync();
        bench.Start();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(await bench.AcceptAsync(Line(2)))).State);
        Assert.Equal("42", await File.ReadAllTextAsync(bench.EpochFile, Cancel));
    }

    // What a program leaves behind that dies between closing the files and recording the end.
    private static async Task LeaveAsync(ControlBench bench, int number, ScanEnd? recorded, bool isPaused)
    {
        var pending = (await bench.Store.FindAsync("2-bm", $"{number}", Cancel))!;
        var id = Guid.Parse(pending.Id);
        var folder = Path.Combine(Path.GetDirectoryName(bench.EpochFile)!, "left");
        await bench.Store.StartAsync(
            pending,
            new ScanStarted(folder, "S00001", 7),
            (transaction, scan) => RecordingStore.OpenAsync(
                transaction, new RecordingRow(id, "2-bm", number, folder, "S00001", "line", scan.State!.StartedAt!.Value), Cancel),
            Cancel);
        if (isPaused)
        {
            (await bench.Store.ChangeAsync(
                pending.Id,
                _ => new Accepted<IReadOnlyList<ScanEntry>>([new ScanPaused(2)]),
                new Why(ControlBench.Who, "held", pending.Id),
                Cancel)).OrThrow();
        }

        if (recorded is { } end)
        {
            var now = TimeProvider.System.GetUtcNow();
            await bench.Recordings.CloseAsync(
                new RecordingClosed(
                    id, "2-bm", number, "line", end, 5, now, now, folder, [], [], new Dictionary<string, string>()),
                Cancel);
        }
    }

    private static ScanRequest Line(int steps) => new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = $"{steps}" },
    };

    private static ScanRequest Relative() => new()
    {
        Scan = "line", Args = ["samx", "-0.1", "0.5"],
        Parameters = new Dictionary<string, string> { ["steps"] = "2", ["relative"] = "true" },
    };

    private static List<string> Sets(ControlBench bench) =>
        [.. bench.Watched("samx").Calls.Where(c => c.StartsWith("set", StringComparison.Ordinal))];

    private static void AssertReleased(ControlBench bench, string name)
    {
        var device = bench.Watched(name);
        Assert.False(device.IsStaged, $"{name} is still staged: {string.Join(", ", device.Calls)}");
        Assert.Equal("unstage", device.Calls[^1]);
    }

    // Without the program's loops: where the motor stands before it starts, as the roster read it.
    private static async Task SetAsync(ControlBench bench, double position)
    {
        var device = bench.Watched("samx");
        await device.SetAsync(device.Signals[1], Sdk.Devices.Value.Of(position), Cancel);
        await bench.RememberAsync("samx");
    }

    private static Task<string> ReadAsync(string file) => Python.RunAsync(
        """
        import h5py, sys
        f = h5py.File(sys.argv[1])
        n = f['/entry/collection/devices/samx/samx/value'].shape
        def text(v): return v.decode() if isinstance(v, bytes) else str(v)
        print(n, text(f['/entry'].attrs['end_status']))
        """,
        [file],
        Cancel);

    private static async Task WaitForAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It does not come to that.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }
}

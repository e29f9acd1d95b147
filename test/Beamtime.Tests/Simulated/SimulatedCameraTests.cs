using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

public sealed class SimulatedCameraTests : IDisposable
{
    private const string Follow =
        """
        import h5py, sys
        with h5py.File(sys.argv[1], 'r', swmr=True) as f:
            d, t = f['/entry/data/data'], f['/entry/data/timestamp']
            print(d.shape, d.dtype, d.chunks, t.shape, [round(float(x.mean()), 3) for x in d])
        """;

    private readonly DeviceBench _bench = new();
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("camera");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Shutter_and_sample_stage_make_darks_flats_and_projections()
    {
        var cancel = TestContext.Current.CancellationToken;
        var camera = Tomography();
        var file = Assert.Single(await ((IStaged)camera).StageAsync(Setup(exposure: 0.01), cancel));
        Assert.Equal("S00007_Camera.h5", file.FileName);
        Assert.Equal("/entry/data/data", file.Dataset);
        Assert.Equal("Camera_frame", file.IndexSignal);
        Assert.Equal([24, 32], file.FrameShape);

        var dark = await ExposeAsync(camera);
        await _bench.Device("SBS").Set("SBS_open", 1).Soon();
        var projection = await ExposeAsync(camera);
        await _bench.Device("SampleTop_X").Set("SampleTop_X", 5).Soon();
        var flat = await ExposeAsync(camera);
        await _bench.Device("Rotary").Set("Rotary", 180).Soon();
        var flatBehind = await ExposeAsync(camera);
        Assert.InRange(dark, 90, 110);
        Assert.InRange(projection, 500, flat * 0.9);
        Assert.Equal(flat, flatBehind, flat * 0.01);
        Assert.Equal(3, camera.Read("Camera_frame").AsInteger());
        Assert.Equal(0.01, camera.Read("Camera_exposure").AsDouble());

        var means = string.Join(", ", new[] { dark, projection, flat, flatBehind }.Select(
            mean => Math.Round(mean, 3).ToString("0.0##", System.Globalization.CultureInfo.InvariantCulture)));
        var growing = await Python.RunAsync(Follow, [_folder["S00007_Camera.h5"]], cancel);
        Assert.Equal($"(4, 24, 32) uint16 (1, 24, 32) (4,) [{means}]", growing.Trim());

        await ((IStaged)camera).UnstageAsync(cancel);
        var closed = await Python.RunAsync(
            Follow.Replace(", swmr=True", "", StringComparison.Ordinal), [_folder["S00007_Camera.h5"]], cancel);
        Assert.Equal(growing, closed);
    }

    [Fact]
    public async Task The_samples_stage_turns_with_the_rotation()
    {
        var camera = Tomography();
        await _bench.Device("SBS").Set("SBS_open", 1).Soon();
        await ((IStaged)camera).StageAsync(Setup(exposure: 0.01), TestContext.Current.CancellationToken);
        await _bench.Device("Rotary").Set("Rotary", 90).Soon();
        var inBeam = await ExposeAsync(camera);
        await _bench.Device("SampleTop_X").Set("SampleTop_X", 5).Soon();
        Assert.Equal(inBeam, await ExposeAsync(camera), inBeam * 0.01);
        await _bench.Device("Rotary").Set("Rotary", 0).Soon();
        Assert.True(await ExposeAsync(camera) > inBeam * 1.1);
        await ((IStaged)camera).UnstageAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Exposure_takes_its_time_and_a_stop_ends_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        var camera = Tomography();
        await ((IStaged)camera).StageAsync(Setup(exposure: 2), cancel);
        var trigger = ((ITriggered)camera).TriggerAsync(cancel).AsTask();
        _bench.Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(trigger.IsCompleted);
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await trigger.Soon();
        Assert.Equal(0, camera.Read("Camera_frame").AsInteger());

        var stopped = ((ITriggered)camera).TriggerAsync(cancel).AsTask();
        await ((IStoppable)camera).StopAsync(cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped.Soon());
        await ((IStaged)camera).UnstageAsync(cancel);
        await ((IStaged)camera).UnstageAsync(cancel);
    }

    [Fact]
    public async Task A_trigger_outside_a_scan_is_a_fault()
    {
        var camera = Tomography();
        var fault = await Assert.ThrowsAsync<FaultException>(
            () => ((ITriggered)camera).TriggerAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Equal("simulated.camera.not_staged", fault.Reason.Code);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_a_fault_and_the_camera_can_be_released()
    {
        var cancel = TestContext.Current.CancellationToken;
        var camera = Tomography();
        var fault = await Assert.ThrowsAsync<FaultException>(
            () => ((IStaged)camera).StageAsync(Setup(0) with { Folder = _folder["gone"] }, cancel).AsTask());
        Assert.Equal("simulated.camera.file_not_written", fault.Reason.Code);
        await ((IStaged)camera).UnstageAsync(cancel);
        await ((IStaged)camera).StageAsync(Setup(0), cancel);
        await ((IStaged)camera).UnstageAsync(cancel);
    }

    [Fact]
    public async Task A_scan_that_cannot_fit_is_refused_before_it_begins()
    {
        var camera = Tomography();
        var fault = await Assert.ThrowsAsync<FaultException>(() => ((IStaged)camera).StageAsync(
            Setup(0) with { Points = int.MaxValue, FramesPerTrigger = 1_000_000 },
            TestContext.Current.CancellationToken).AsTask());
        Assert.Contains("are free", fault.Message, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(_folder["S00007_Camera.h5"]));
    }

    [Fact]
    public async Task The_pattern_is_BECs()
    {
        var cancel = TestContext.Current.CancellationToken;
        var eiger = _bench.Add("eiger", "ophyd_devices.SimCamera", """
            { "device_access": true, "sim_init": { "params": { "hot_pixel_types": ["constant", "constant", "constant"] } } }
            """);
        await ((IStaged)eiger).StageAsync(Setup(0) with { FramesPerTrigger = 3 }, cancel);
        await ((ITriggered)eiger).TriggerAsync(cancel).AsTask().Soon();
        await ((IStaged)eiger).UnstageAsync(cancel);
        Assert.Equal(2, eiger.Read("eiger_frame").AsInteger());
        var seen = await Python.RunAsync(
            """
            import h5py, sys
            d = h5py.File(sys.argv[1], 'r')['/entry/data/data']
            print(d.shape, d[0, 50, 50], d[0, 50, 20], d[1, 24, 24], d[2, 4, 40])
            """,
            [_folder["S00007_eiger.h5"]],
            cancel);
        Assert.Equal("(3, 100, 100) 100 10000 1000 1000", seen.Trim());
    }

    [Theory]
    [InlineData("lz4")]
    [InlineData("blosc-lz4")]
    public async Task Compressed_frames_are_those_that_it_saw(string compression)
    {
        var cancel = TestContext.Current.CancellationToken;
        var camera = _bench.Add(
            "Camera", "simulated.pattern-camera", $$"""{ "image_shape": [64, 48], "compression": "{{compression}}" }""");
        await ((IStaged)camera).StageAsync(Setup(exposure: 0.01), cancel);
        var mean = Math.Round(await ExposeAsync(camera), 3);
        await ((IStaged)camera).UnstageAsync(cancel);
        var read = await Python.RunAsync(
            """
            import h5py, sys
            with h5py.File(sys.argv[1], 'r') as f:
                d = f['/entry/data/data']
                print(d.shape, len(d._filters), round(float(d[0].mean()), 3))
            """,
            [_folder["S00007_Camera.h5"]],
            cancel);
        Assert.Equal($"(1, 64, 48) 1 {mean.ToString("0.0##", System.Globalization.CultureInfo.InvariantCulture)}", read.Trim());
        var refused = Assert.Throws<FormatException>(
            () => _bench.Add("Other", "simulated.pattern-camera", """{ "compression": "zip" }"""));
        Assert.Contains("none, lz4, blosc-lz4, not 'zip'", refused.Message, StringComparison.Ordinal);
    }

    private async Task<double> ExposeAsync(IDevice camera)
    {
        var trigger = ((ITriggered)camera).TriggerAsync(TestContext.Current.CancellationToken).AsTask();
        _bench.Clock.Advance(TimeSpan.FromSeconds(0.01));
        await trigger.Soon();
        return camera.Read("Camera_mean").AsDouble();
    }

    private IDevice Tomography()
    {
        _bench.Add("Rotary", "simulated.rotation", """{ "delay": 0 }""");
        _bench.Add("SampleTop_X", "simulated.positioner", """{ "delay": 0 }""");
        _bench.Add("SBS", "simulated.shutter", """{ "delay": 0 }""");
        return _bench.Add(
            "Camera",
            "simulated.camera",
            """
            { "rows": 24, "columns": 32, "rotation": "Rotary", "sample_x": "SampleTop_X", "shutter": "SBS" }
            """);
    }

    private ScanSetup Setup(double exposure) => new(
        Guid.CreateVersion7(_bench.Clock.GetUtcNow()), 7, _folder.Path, "S00007", exposure, 1, 4,
        new Dictionary<string, string>());
}

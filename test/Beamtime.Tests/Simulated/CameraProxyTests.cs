using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

/// <summary>What stands between a camera and what it shows.</summary>
public sealed class CameraProxyTests : IDisposable
{
    private readonly DeviceBench _bench = new();
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("proxy");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Slits_follow_their_motors()
    {
        Motors();
        var camera = Camera(100, 100);
        var slits = _bench.Add(
            "slits",
            "ophyd_devices.SlitProxy",
            """
            { "eiger": { "signal_name": "image", "center_offset": [0, 0], "covariance": [[1000000, 0], [0, 1000000]],
              "amplitude": 10000, "noise": "none", "pixel_size": 0.01, "ref_motors": ["samx", "samy"], "slit_width": [0.4, 0.2],
              "motor_dir": [0, 1], "hot_pixel_coords": [] } }
            """);
        await slits.ConnectAsync(Cancel);
        var middle = await ExposeAsync(camera);
        Assert.InRange(middle[(50 * 100) + 50], 9000, 10000);
        Assert.InRange(middle[(50 * 100) + 90], 0, 100);
        Assert.InRange(middle[(80 * 100) + 50], 0, 100);
        await _bench.Device("samx").Set("samx", 0.4).Soon();
        var moved = await ExposeAsync(camera);
        Assert.InRange(moved[(50 * 100) + 90], 9000, 10000);
        Assert.InRange(moved[(50 * 100) + 50], 0, 100);

        await slits.Set("slits", 0).Soon();
        Assert.Equal(100, (await ExposeAsync(camera))[(50 * 100) + 50]);
    }

    [Fact]
    public async Task Frames_of_a_file_come_again_from_the_first()
    {
        Write("frames.h5", "/data", [3, 4, 5]);
        Write("others.h5", "/data", [3, 5, 4]);
        var camera = Camera(4, 5);
        var replay = _bench.Add(
            "replay",
            "ophyd_devices.sim.sim_frameworks.H5ImageReplayProxy",
            $$"""{ "eiger": { "signal_name": "image", "file_source": "{{_folder["frames.h5"]}}", "h5_entry": "/data" } }""");
        await replay.ConnectAsync(Cancel);
        List<int> firsts = [];
        for (var i = 0; i < 5; i++)
        {
            firsts.Add((await ExposeAsync(camera))[0]);
        }

        Assert.Equal([0, 20, 40, 0, 20], firsts);
        var fault = await Assert.ThrowsAsync<FaultException>(() => ((ISettable)replay).SetAsync(
            replay.Signal("replay_eiger_file_source"), Value.Of(_folder["others.h5"]), Cancel).AsTask());
        Assert.Equal("simulated.replay.unfit", fault.Reason.Code);
        await ((IStaged)replay).StageAsync(Setup(), Cancel);
        Assert.Equal(0, (await ExposeAsync(camera))[0]);
        Assert.Equal(_folder["frames.h5"], replay.Read("replay_eiger_file_source").AsText());
    }

    [Fact]
    public async Task A_file_that_is_not_there_keeps_the_proxy_from_connecting()
    {
        Camera(4, 5);
        var replay = _bench.Add("replay", "simulated.replay-proxy", """{ "eiger": { "file_source": "/nowhere/frames.h5" } }""");
        var fault = await Assert.ThrowsAsync<FaultException>(() => replay.ConnectAsync(Cancel).AsTask());
        Assert.Equal("simulated.replay.unfit", fault.Reason.Code);
        Assert.Contains(
            "samz",
            Assert.Throws<FormatException>(() => _bench.Add("s", "simulated.slit-proxy", """{ "eiger": { "ref_motors": ["samz"] } }""")).Message,
            StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => _bench.Add("p", "simulated.slit-proxy", """{ "pilatus": {} }"""));
    }

    [Fact]
    public async Task A_picture_passes_as_its_stage_moves()
    {
        Motors();
        var camera = Camera(60, 60);
        var stage = _bench.Add("view", "simulated.stage-proxy", """{ "eiger": { "roi_fraction": 0.15 } }""");
        await stage.ConnectAsync(Cancel);
        var crystal = await ExposeAsync(camera);
        await _bench.Device("samx").Set("samx", 50).Soon();
        await _bench.Device("samy").Set("samy", 50).Soon();
        var corner = await ExposeAsync(camera);
        Assert.InRange(crystal.Average(c => c), 600, 660);
        Assert.InRange(corner.Average(c => c), 2200, 2600);
    }

    private void Motors()
    {
        _bench.Add("samx", "simulated.positioner", """{ "delay": 0, "limits": [-50, 50] }""");
        _bench.Add("samy", "simulated.positioner", """{ "delay": 0, "limits": [-50, 50] }""");
    }

    private IDevice Camera(int rows, int columns) => _bench.Add(
        "eiger",
        "simulated.pattern-camera",
        $$"""
        { "image_shape": [{{rows}}, {{columns}}],
          "sim_init": { "model": "constant", "params": { "hot_pixel_coords": [], "hot_pixel_types": [], "hot_pixel_values": [] } } }
        """);

    private async Task<ushort[]> ExposeAsync(IDevice camera)
    {
        await ((IStaged)camera).StageAsync(Setup(), Cancel);
        await ((ITriggered)camera).TriggerAsync(Cancel).AsTask().Soon();
        await ((IStaged)camera).UnstageAsync(Cancel);
        using var file = H5File.Open(_folder["S00007_eiger.h5"]);
        var frame = file.OpenDataset("/entry/data/data").Read<ushort>();
        file.Close();
        File.Delete(_folder["S00007_eiger.h5"]);
        return frame;
    }

    private void Write(string name, string path, long[] shape)
    {
        using var file = H5File.Create(_folder[name]);
        using var frames = file.CreateArray<ushort>(
            path, [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => (ushort)i)], shape);
    }

    private ScanSetup Setup() => new(
        Guid.CreateVersion7(_bench.Clock.GetUtcNow()), 7, _folder.Path, "S00007", 0, 1, 4, new Dictionary<string, string>());
}

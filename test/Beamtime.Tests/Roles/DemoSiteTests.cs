using Beamtime.Roles;
using Beamtime.Tests.House;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>The site on which everybody begins, whole.</summary>
public sealed class DemoSiteTests
{
    private const string Look =
        """
        import h5py, sys
        with h5py.File(sys.argv[1], 'r') as f:
            e = f['entry']
            devices = e['collection/devices']
            groups = {k: len(v) for k, v in e['collection/readout_groups'].items()}
            print(groups['monitored'], groups['baseline'])
            print([round(float(x), 3) for x in devices['samx/samx/value'][:]])
            print(devices['bpm4i/bpm4i/value'].shape, int(devices['bpm4i/bpm4i/value'][2]) > 100)
        """;

    private const string Frames =
        "import h5py, sys; print(h5py.File(sys.argv[1], 'r')['/entry/data/data'].shape)";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_device_connects_and_a_line_reads_and_records_them_all()
    {
        using var folder = TemporaryFolder.Create("demo");
        await using var host = await BeamtimeHost.StartAsync(
            RunningHost.Launch(Path.Combine(Repository.Root, "sites", "demo"), folder["data"]), Cancel);
        await using var demo = new HostClient(host);
        var devices = await demo.GetAsync("devices");
        Assert.DoesNotContain("\"error\"", devices.GetRawText(), StringComparison.Ordinal);
        var scan = await demo.ScanAsync(
            """{"scan": "line", "args": ["samx", "-2", "2"], "parameters": {"steps": "5"}}""");
        Assert.Equal("completed", scan.GetProperty("state").GetString());
        Assert.Equal(5, scan.GetProperty("points").GetInt32());
        var file = scan.GetProperty("file").GetString()!;
        await HostClient.UntilAsync(() => File.Exists(file), file);
        Assert.Equal(
            ["48 162", "[-2.0, -1.0, 0.0, 1.0, 2.0]", "(5,) True"],
            (await Python.RunAsync(Look, [file], Cancel)).Split('\n'));
        Assert.Equal(
            "(5, 100, 100)",
            await Python.RunAsync(Frames, [file.Replace("_master", "_eiger", StringComparison.Ordinal)], Cancel));
    }
}

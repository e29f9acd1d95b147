using Beamtime.Control;
using Beamtime.Control.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>A scan whose roles are apart, and what becomes of it when one of them is replaced in the middle.</summary>
public sealed class RoadTests
{
    private const int Points = 200;

    private const string Devices =
        """
        samx: {deviceClass: simulated.positioner, deviceConfig: {delay: 0, limits: [-50, 50]}, enabled: true, readoutPriority: baseline}
        bpm4i: {deviceClass: simulated.monitor, enabled: true, readoutPriority: monitored}
        """;

    [Fact]
    public async Task A_scan_passes_through_roles_that_are_apart()
    {
        await using var bench = await RoadBench.StartAsync(Devices);
        await RequireCompleteAsync(await bench.EndOfAsync(await bench.SubmitAsync(Line())));
        await RequireCompleteAsync(await bench.EndOfAsync(await bench.SubmitAsync(Line())));
    }

    [Theory]
    [InlineData((int)ControlParts.DeviceServer)]
    [InlineData((int)ControlParts.Bundler)]
    [InlineData((int)ControlParts.FileWriter)]
    public async Task A_scan_is_complete_when_a_role_is_replaced_in_its_middle(int part)
    {
        await using var bench = await RoadBench.StartAsync(Devices);
        var number = await bench.SubmitAsync(Line());
        foreach (var at in (int[])[20, 90])
        {
            await bench.TakenAsync(number, at);
            await bench.EndAsync((ControlParts)part);
            await bench.BeginAsync((ControlParts)part);
        }

        await RequireCompleteAsync(await bench.EndOfAsync(number));
    }

    private static ScanRequest Line() => new()
    {
        Scan = "line",
        Args = ["samx", "0", "10"],
        Parameters = new Dictionary<string, string> { ["steps"] = $"{Points}", ["exposure"] = "0.004" },
    };

    private static async Task RequireCompleteAsync(ScanRecord scan)
    {
        Assert.True(scan.State == ScanState.Completed, string.Join("; ", scan.Reasons.Select(r => r.Message)));
        Assert.Equal(["completed True"], [await Python.RunAsync(
            """
            import h5py, sys
            f = h5py.File(sys.argv[1], 'r')
            points = int(sys.argv[2])
            x = f['/entry/collection/devices/samx/samx/value'][:]
            y = f['/entry/collection/devices/bpm4i/bpm4i/value'][:]
            ids = list(f['/entry/collection/points/id'][:])
            steps = [round(v * (points - 1) / 10) for v in x]
            print(f['/entry'].attrs['end_status'], steps == ids == list(range(points)) and len(y) == points and not (y != y).any(), end='')
            """,
            [Path.Combine(scan.Folder!, $"{scan.FilePrefix}_master.h5"), $"{Points}"],
            TestContext.Current.CancellationToken)]);
    }
}

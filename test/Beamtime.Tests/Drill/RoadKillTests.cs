using System.Globalization;
using System.Text.Json.Nodes;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Drill;

/// <summary>Roles of a scan in processes of their own, killed with signal 9 at random points, one or two at a time.</summary>
[Trait("Category", "Slow")]
public sealed class RoadKillTests
{
    private const int Points = 300;
    private const int Scans = 6;
    private static readonly string[] Roles = ["scan-server", "device-server", "bundler", "file-writer"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_that_goes_on_is_complete_whatever_is_killed_at_whatever_point()
    {
        var seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var chance = new Random(seed);
        await using var facility = await DrillFacility.StartAsync(Cancel);
        for (var i = 0; i < Scans; i++)
        {
            var scan = await facility.PostAsync(
                "scans",
                KillSite.Scan("line", ["samx", "0", "10"], ("steps", $"{Points}"), ("exposure", "0.005"), ("on_crash", "resume")),
                Cancel);
            var number = scan["number"]!.GetValue<int>();
            var at = chance.Next(5, Points - 20);
            await facility.WaitAsync($"scans/{number}", s => s["points"]!.GetValue<int>() >= at, Cancel);
            string[] killed = [.. Roles.OrderBy(_ => chance.Next()).Take(chance.Next(1, 3))];
            foreach (var role in killed)
            {
                await facility.KillAsync(role, Cancel);
            }

            await Task.Delay(TimeSpan.FromSeconds(1 + (2 * chance.NextDouble())), TimeProvider.System, Cancel);
            await Task.WhenAll(killed.Select(role => facility.StartAsync(role, Cancel)));
            var ended = await facility.WaitAsync($"scans/{number}", IsOver, Cancel);
            var told = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, scan {number}, {string.Join(" and ", killed)} at {at}: {ended.ToJsonString()}");
            Assert.True(ended["state"]!.GetValue<string>() == "completed", told);
            Assert.True(await ReadAsync(ended["file"]!.GetValue<string>()) == "completed True", told);
        }
    }

    private static bool IsOver(JsonNode scan) =>
        scan["ended_at"] is not null && (scan["is_recorded"]?.GetValue<bool>() ?? false);

    private static Task<string> ReadAsync(string file) => Python.RunAsync(
        """
        import h5py, sys
        f = h5py.File(sys.argv[1], 'r')
        points = int(sys.argv[2])
        x = f['/entry/collection/devices/samx/samx/value'][:]
        steps = [round(v * (points - 1) / 10) for v in x]
        print(f['/entry'].attrs['end_status'], steps == [int(i) for i in f['/entry/collection/points/id'][:]] == list(range(points)), end='')
        """,
        [file, $"{Points}"],
        Cancel);
}

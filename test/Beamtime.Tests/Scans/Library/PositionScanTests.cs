using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Devices;

namespace Beamtime.Tests.Scans.Library;

/// <summary>What requests for the scans of the library are bound to, and where these would go.</summary>
public sealed class PositionScanTests : IAsyncLifetime
{
    private readonly DeviceServerBench _bench = new();
    private ScanGuard _guard = null!;

    public async ValueTask InitializeAsync()
    {
        await _bench.StartAsync(
            """
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-20, 20]}}
            samy: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-20, 20]}}
            samz: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
            eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
            ear: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
            """);
        _guard = new ScanGuard(new ScanCatalogue(_bench.Plugins), DeviceBook.Of(_bench.Roster), new ScanOptions());
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Theory]
    [InlineData("line_scan samx -1 1 --steps 3", 3, "-1", "1")]
    [InlineData("line samx 0 1 samy 0 2 --steps 5", 5, "0 0", "1 2")]
    [InlineData("grid_scan samx 0 2 3 samy 0 1 2", 6, "0 0", "0 1")]
    [InlineData("grid samx 0 2 3 samy 0 1 2 samz 0 1 2 --snaked false", 12, "0 0 0", "2 1 1")]
    [InlineData("list_scan samx [1,2,4] samy 10,11,12", 3, "1 10", "4 12")]
    [InlineData("log_scan samx 0 9 --steps 5", 5, "0", "9")]
    [InlineData("fermat_scan samx -5 5 samy -5 5 0.5", 400, "-0.208 -0.1906", "4.8874 -4.819")]
    [InlineData("fermat samx -5 5 samy -5 5 0.5 --spiral_type 1", 400, "0.208 0.1906", "4.8874 -4.819")]
    [InlineData("round_scan samx samy 0 10 2 3", 9, "0 5", "-8.6603 5")]
    [InlineData("round_roi_scan samx -5 5 samy -5 5 1 3", 49, "1 0", "4.5963 -3.8567")]
    [InlineData("hexagonal_scan samx 0 4 1 samy 0 3 1", 18, "0 0", "0.5 3")]
    [InlineData("multi_region_line_scan samx --regions 0:1:3,1:3:3", 5, "0", "3")]
    [InlineData("multi_region_grid_scan samx samy --regions [[[0,1,2],[0,1,2]],[[5,6,2],[5,5,1]]]", 6, "0 0", "6 5")]
    [InlineData("time_scan 7 0.5", 7, "", "")]
    [InlineData("acquire --burst 3", 3, "", "")]
    [InlineData("line samx 0 1 --steps 3 --burst_at_each_point 4", 12, "0", "1")]
    public void A_scan_goes_where_its_arguments_say(string line, int points, string first, string last)
    {
        var plan = Judge(line).OrThrow().Plan;
        Assert.Equal(points, plan.Points);
        if (first.Length > 0)
        {
            Near(first, plan.Positions[0]);
            Near(last, plan.Positions[^1]);
        }
        else
        {
            Assert.Empty(plan.Positions);
        }
    }

    [Fact]
    public void The_acquisition_is_planned_under_either_of_its_names()
    {
        foreach (var line in new[]
        {
            "acquire --exposure 0.5 --frames_per_trigger 2 --settling 1 --settling_after_trigger 2 --readout 3",
            "acquire --exp_time 0.5 --frames_per_trigger 2 --settling_time 1 --settling_time_after_trigger 2 --readout_time 3",
        })
        {
            var plan = Judge(line).OrThrow().Plan;
            Assert.Equal((0.5, 2, 1, 2, 3), (
                plan.ExposureSeconds, plan.FramesPerTrigger, plan.SettlingSeconds, plan.SettlingAfterTriggerSeconds, plan.ReadoutSeconds));
        }
    }

    [Theory]
    [InlineData("fermat --motor1 samx --start1 -5 --stop1 5 --motor2 samy --start2 -5 --stop2 5 --step 0.5")]
    [InlineData("fermat samx --start_motor1 -5 --stop_motor1 5 --motor2 samy --start_motor2 -5 --stop_motor2 5 --step 0.5")]
    public void Positional_arguments_may_be_given_by_name(string line) => Assert.Equal(400, Judge(line).OrThrow().Plan.Points);

    [Theory]
    [InlineData("fermat samx -5 5 samy -5 5 0.5 --optimize corridor")]
    [InlineData("hexagonal samx 5 -5 0.5 samy -5 5 0.5 --optim_trajectory shell")]
    [InlineData("round samx samy 0 10 20 3 --optimize nearest")]
    public void A_shorter_way_has_as_many_points_and_tells_what_it_gained(string line)
    {
        var plan = Judge(line).OrThrow().Plan;
        Assert.Equal(plan.Positions.Count, plan.Positions.Select(p => (p[0], p[1])).Distinct().Count());
        Assert.Contains("shorter", Assert.Single(plan.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_chooses_what_is_read()
    {
        var usual = Judge("line samx 0 1 --steps 2").OrThrow().Devices;
        Assert.Equal(["samx", "ear", "eye"], usual.Monitored.Select(d => d.Name));
        var chosen = Judge("line samx 0 1 --steps 2 --monitored samz --on_request ear,samy").OrThrow().Devices;
        Assert.Equal(["samx", "eye", "samz"], chosen.Monitored.Select(d => d.Name));
        Assert.Empty(chosen.Baseline);
        Assert.Equal(["eye"], chosen.Triggered.Select(d => d.Name));
        Assert.DoesNotContain("ear", chosen.Owned);
    }

    [Theory]
    [InlineData("line samx 0 1 --steps 2 --monitored samz --on_request samz", "samz is to be read")]
    [InlineData("line samx 0 1 --steps 2 --on_request samx", "samx takes part")]
    [InlineData("line samx 0 1 --steps 2 --monitored nobody", "No device 'nobody'")]
    [InlineData("line samx 0 1 --steps 2 --exposure 1 --exp_time 1", "exposure and exp_time are two names")]
    [InlineData("line samx 0 1 --steps 2 --start 1", "start is given by name and among the positional arguments")]
    [InlineData("fermat samx -5 5 samy -5 5 0", "step is 0, allowed is > 0 in the unit of motor1")]
    [InlineData("fermat samx -5 5 samy -5 5 0.5 --spiral_type 3", "spiral_type is 3, allowed is 0 to 2")]
    [InlineData("fermat samx -5 5 samy -5 5 0.5 --optimize corridors", "did you mean 'corridor'?")]
    [InlineData("fermat samx -5 5 samx -5 5 0.5", "samx is given 2 times")]
    [InlineData("fermat --motor1 samx --start1 -5 --stop1 5 --motor2 samx --start2 -5 --stop2 5 --step 0.5", "samx is given 2 times")]
    [InlineData("fermat samx -5 5 samy -5 5 0.000001", "can be laid out")]
    [InlineData("fermat samx -25 5 samy -5 5 0.5", "its limits are -20 to 20")]
    [InlineData("round samx samy 5 4 2 3", "inner_radius is 5, more than outer_radius")]
    [InlineData("round samx samy 0 22 2 3", "its limits are -20 to 20")]
    [InlineData("list samx 1,2 samy 1", "have 2, 1 entries")]
    [InlineData("list samx 1,x", "'x' is no number; for instance 0,1,4,9")]
    [InlineData("list samx []", "positions is empty")]
    [InlineData("list samx 1,2,3 --optimize nearest", "two are needed")]
    [InlineData("grid samx 0 1 3", "grid takes 2 to 64 times MOTOR START STOP STEPS")]
    [InlineData("grid --motor samx --start 0 --stop 1 --steps 3", "only one can be given by name")]
    [InlineData("multi_region_line samx --regions 0:1", "is no region of start, stop")]
    [InlineData("multi_region_line samx", "needs regions in the unit of motor")]
    [InlineData("line samx 0 1 --steps 100000000 --burst 1000000", "can be counted")]
    public void What_does_not_fit_is_refused_with_its_reason(string line, string reason)
    {
        var refused = Assert.IsType<Refused<AdmissibleScan>>(Judge(line));
        Assert.Contains(reason, Assert.Single(refused.Reasons).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_reason_is_told_at_once()
    {
        var refused = Assert.IsType<Refused<AdmissibleScan>>(
            Judge("fermat nobody x 5 samy -5 5 -1 --exp_time -1 --burst 0 --monitored ghost --nonsense 1"));
        Assert.Equal(7, refused.Reasons.Count);
    }

    [Fact]
    public void A_million_points_are_checked_at_once_and_held_once_at_most()
    {
        const long Megabyte = 1 << 20;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(1_000_000, Judge("grid samx 0 1 1000 samy 0 1 1000").OrThrow().Plan.Points);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Megabyte);
        // 16 MB of positions, and as much again for the array's growth.
        before = GC.GetAllocatedBytesForCurrentThread();
        var spiral = Judge("fermat samx -10 10 samy -10 10 0.02").OrThrow().Plan;
        Assert.InRange(spiral.Points, 990_000, 1_010_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 16 * Megabyte, 40 * Megabyte);
    }

    private static void Near(string expected, double[] actual)
    {
        var numbers = expected.Split(' ').Select(ArgumentText.Number).ToArray();
        Assert.Equal(numbers.Length, actual.Length);
        Assert.All(numbers.Zip(actual), n => Assert.True(Math.Abs(n.First - n.Second) < 1e-4, $"{n.Second}, expected {n.First}"));
    }

    private Outcome<AdmissibleScan> Judge(string line)
    {
        var words = line.Split(' ');
        var request = Beamtime.Cli.ScanCommands.RequestOf(words[0], words[1..], []);
        return _guard.Judge(request);
    }
}

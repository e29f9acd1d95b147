using Beamtime.Control.Scans;

namespace Beamtime.Tests.Faults;

/// <summary>
/// Every way in which a device can fail at every operation of a scan: the scan ends as specified, its devices are released,
/// its file is valid, and the next scan runs.
/// </summary>
public sealed class FaultMatrixTests(FaultyBeamline beamline) : IClassFixture<FaultyBeamline>
{
    private const string Fine = "Completed";
    private const string Raised = "Aborted simulated.faulty";
    private const string Lost = "Aborted simulated.disconnected";
    private const string Late = "Aborted device.deadline";

    // What needs a device's answer to go on ends the scan; what only loses readings leaves gaps.
    public static TheoryData<string, string, string, string> Matrix
    {
        get
        {
            TheoryData<string, string, string, string> matrix = [];
            (string Device, string At)[] needed =
            [
                ("motor", "stage"), ("motor", "prescan"), ("motor", "set"), ("motor", "complete"),
                ("monitor", "stage"), ("monitor", "prescan"), ("monitor", "trigger"), ("monitor", "complete"),
                ("detector", "stage"), ("detector", "prescan"), ("detector", "trigger"), ("detector", "complete"),
            ];
            foreach (var (device, at) in needed)
            {
                matrix.Add(device, at, "raise", Raised);
                matrix.Add(device, at, "disconnect", Lost);
                matrix.Add(device, at, "hang", Late);
                matrix.Add(device, at, "deaf", Late);
                matrix.Add(device, at, "late", Fine);
            }

            foreach (var (device, at) in (IEnumerable<(string, string)>)
                [("motor", "unstage"), ("monitor", "unstage"), ("detector", "unstage")])
            {
                matrix.Add(device, at, "raise", "Completed simulated.faulty");
                matrix.Add(device, at, "disconnect", "Completed simulated.disconnected");
                matrix.Add(device, at, "hang", "Completed device.deadline");
                matrix.Add(device, at, "deaf", "Completed device.deadline");
                matrix.Add(device, at, "late", Fine);
            }

            matrix.Add("monitor", "read", "raise", Raised);
            matrix.Add("monitor", "read", "disconnect", Lost);
            foreach (var mode in (IEnumerable<string>)["hang", "deaf", "late", "nan", "infinity", "missing", "type", "shape"])
            {
                matrix.Add("monitor", "read", mode, Fine);
            }

            // No plan is made from a motor whose position is not known.
            matrix.Add("motor", "read", "late", Fine);
            foreach (var mode in (IEnumerable<string>)
                ["raise", "disconnect", "hang", "deaf", "nan", "infinity", "missing", "type"])
            {
                matrix.Add("motor", "read", mode, "Cancelled device.fault");
            }

            foreach (var mode in (IEnumerable<string>)["raise", "hang", "deaf", "disconnect", "late", "nan", "missing", "type"])
            {
                matrix.Add("slow", "read", mode, Fine);
                matrix.Add("slow", "configuration", mode, Fine);
                matrix.Add("monitor", "configuration", mode, mode == "disconnect" ? Lost : Fine);
            }

            return matrix;
        }
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task The_scan_ends_as_specified_and_the_next_one_runs(string device, string at, string mode, string specified)
    {
        await beamline.TellAsync(device, at, mode);
        var record = await beamline.ScanAsync();
        Assert.Equal(specified, $"{record.State} {string.Join(' ', record.Reasons.Select(r => r.Code).Take(1))}".Trim());
        // A device that cannot be reached cannot be released either, unless it was never made ready.
        var isStuck = (mode == "disconnect" && device != "slow" && record.State != ScanState.Cancelled) || (at == "unstage" && mode != "late");
        await AssertGoesOnAsync(record, isStuck ? device : null);
    }

    public static TheoryData<string, string, string> Flights
    {
        get
        {
            TheoryData<string, string, string> flights = [];
            foreach (var at in (IEnumerable<string>)["stage", "prescan", "kickoff", "complete"])
            {
                flights.Add(at, "raise", Raised);
                flights.Add(at, "disconnect", Lost);
                flights.Add(at, "hang", Late);
                flights.Add(at, "deaf", Late);
                flights.Add(at, "late", Fine);
            }

            flights.Add("fly", "raise", Raised);
            flights.Add("fly", "disconnect", Lost);
            flights.Add("fly", "hang", Late);
            foreach (var mode in (IEnumerable<string>)["late", "nan", "infinity", "missing"])
            {
                flights.Add("fly", mode, Fine);
            }

            return flights;
        }
    }

    [Theory]
    [MemberData(nameof(Flights))]
    public async Task A_flight_ends_as_specified_and_the_next_one_flies(string at, string mode, string specified)
    {
        await beamline.TellAsync("flyer", at, mode);
        var record = await beamline.FlyAsync();
        Assert.Equal(specified, $"{record.State} {string.Join(' ', record.Reasons.Select(r => r.Code).Take(1))}".Trim());
        // One that cannot be reached cannot be released either: the next flight releases it.
        IEnumerable<string> still = mode == "disconnect" ? ["flyer"] : [];
        Assert.Equal(still, beamline.Staged());
        await AssertFileAsync(record);
        await beamline.MendAsync();
        var next = await beamline.FlyAsync();
        Assert.Empty(beamline.Staged());
        Assert.Equal((ScanState.Completed, 3, 0), (next.State, next.Points, next.Reasons.Count));
        double[] places = [0, 1, 2];
        Assert.Equal(places, (await beamline.ReadAsync(next.Number, "flyer", "flyer")).Values);
    }

    [Theory]
    [InlineData("raise", "simulated.faulty")]
    [InlineData("disconnect", "simulated.disconnected")]
    [InlineData("hang", "device.fault")]
    [InlineData("deaf", "device.fault")]
    [InlineData("late", null)]
    public async Task A_device_that_cannot_be_stopped_is_told_and_the_next_scan_runs(string mode, string? code)
    {
        await beamline.TellAsync("monitor", "trigger", "raise");
        await beamline.TellAsync("motor", "stop", mode);
        var record = await beamline.ScanAsync();
        Assert.Equal((ScanState.Aborted, "simulated.faulty"), (record.State, record.Reasons[0].Code));
        Assert.Equal(code, record.Reasons.ElementAtOrDefault(1)?.Code);
        await AssertGoesOnAsync(record, mode == "disconnect" ? "motor" : null);
    }

    [Theory]
    [InlineData("hang", double.NaN)]
    [InlineData("nan", double.NaN)]
    [InlineData("missing", double.NaN)]
    [InlineData("type", double.NaN)]
    [InlineData("infinity", double.PositiveInfinity)]
    public async Task What_was_not_read_is_a_gap_in_the_file(string mode, double expected)
    {
        await beamline.TellAsync("monitor", "read", mode);
        var record = await beamline.ScanAsync();
        var (end, values) = await beamline.ReadAsync(record.Number, "monitor", "monitor");
        Assert.Equal(("completed", 3), (end, values.Length));
        Assert.All(values, value => Assert.Equal(expected, value));
        double[] positions = [0, 1, 2];
        Assert.Equal(positions, (await beamline.ReadAsync(record.Number, "motor", "motor")).Values);
        await AssertGoesOnAsync(record, still: null);
    }

    private async Task AssertGoesOnAsync(ScanRecord record, string? still)
    {
        IEnumerable<string> expected = still is null ? [] : [still];
        Assert.Equal(expected, beamline.Staged());
        if (record.State != ScanState.Cancelled)
        {
            await AssertFileAsync(record);
        }

        await beamline.MendAsync();
        var next = await beamline.ScanAsync();
        Assert.Equal((ScanState.Completed, 3, 0), (next.State, next.Points, next.Reasons.Count));
        Assert.Empty(beamline.Staged());
        var (nextEnd, nextValues) = await beamline.ReadAsync(next.Number, "monitor", "monitor");
        Assert.Equal(("completed", 3), (nextEnd, nextValues.Length));
        Assert.All(nextValues, value => Assert.False(double.IsNaN(value)));
    }

    // A scan whose devices could not be made ready never opened a file.
    private async Task AssertFileAsync(ScanRecord record)
    {
        if (File.Exists(await beamline.Bench.FileOfAsync(record.Number)))
        {
            var (end, values) = await beamline.ReadAsync(record.Number, "samx", "samx");
            Assert.Equal(record.State == ScanState.Completed ? "completed" : "aborted", end);
            Assert.True(values.Length >= record.Points, $"{values.Length} of {record.Points} points");
        }
        else
        {
            Assert.Equal((ScanState.Aborted, 0), (record.State, record.Points));
        }
    }
}

using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Devices;

namespace Beamtime.Tests.Scans;

public sealed class ScanGuardTests : IAsyncDisposable
{
    private DeviceBook? _book;
    private readonly DeviceServerBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_good_request_gives_its_plan_and_devices()
    {
        var guard = await StartAsync();
        var scan = guard.Judge(Line("samx", "-1", "1", ("steps", "5"))).OrThrow();
        Assert.Equal(5, scan.Plan.Points);
        Assert.Equal(["samx", "eye"], scan.Devices.Monitored.Select(d => d.Name));
        Assert.Equal(["samy"], scan.Devices.Baseline.Select(d => d.Name));
        Assert.Equal(["cam", "eye", "samx"], scan.Devices.Staged.Select(d => d.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["cam", "eye", "samx"], scan.Devices.Stopped.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_relative_line_begins_where_the_motor_is()
    {
        var guard = await StartAsync();
        await _bench.AskAsync(new Operation(0, OperationKind.Set, "samx", Value: Sdk.Devices.Value.Of(0.5)));
        var read = await _bench.AskAsync(new Operation(0, OperationKind.Read, "samx"));
        _book!.Remember("samx", read.Rows["samx"]);
        var scan = guard.Judge(Line("samx", "-0.25", "0.25", ("steps", "3"), ("relative", "true"))).OrThrow();
        Assert.Equal([[0.25], [0.5], [0.75]], scan.Plan.Positions);
        Assert.Equal(["scan.limit.exceeded"], Codes(guard.Judge(Line("samx", "-0.25", "0.75", ("steps", "3"), ("relative", "true")))));
    }

    [Fact]
    public async Task Every_mistake_in_the_arguments_is_told_at_once()
    {
        var guard = await StartAsync();
        var reasons = Reasons(guard.Judge(Line("samz", "zero", "1", ("stepps", "5"), ("exposure", "-1"), ("relative", "maybe"))));
        Assert.Equal(
            [
                "device.unknown", "scan.parameter.invalid", "scan.parameter.invalid", "scan.parameter.invalid",
                "scan.parameter.missing", "scan.parameter.unknown",
            ],
            reasons.Select(r => r.Code).Order(StringComparer.Ordinal));
        var all = string.Join('\n', reasons.Select(r => r.Message));
        foreach (var expected in new[]
        {
            "No device 'samz'", "start is 'zero'", "no parameter 'stepps'", "'steps'", "exposure is -1, allowed is 0 to 86400 in s",
            "relative is 'maybe'", "line needs steps",
        })
        {
            Assert.Contains(expected, all, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("scan.name.unknown", "lien", "samx", "0", "1")]
    [InlineData("scan.parameter.invalid", "line")]
    [InlineData("scan.parameter.invalid", "line", "samx", "0")]
    [InlineData("scan.parameter.invalid", "line", "samx", "0", "1", "samx", "0", "1")]
    [InlineData("scan.parameter.invalid", "line", "samx", "0", "NaN")]
    [InlineData("scan.parameter.invalid", "line", "samx", "0", "Infinity")]
    [InlineData("device.unknown", "line", "", "0", "1")]
    [InlineData("device.unable", "line", "locked", "0", "1")]
    [InlineData("device.disabled", "line", "off", "0", "1")]
    [InlineData("scan.limit.exceeded", "line", "samx", "-1.001", "1")]
    [InlineData("scan.limit.exceeded", "line", "samx", "1", "1.001")]
    public async Task Positional_arguments_are_refused(string code, string name, params string[] args)
    {
        var guard = await StartAsync();
        var request = new ScanRequest { Scan = name, Args = args, Parameters = new Dictionary<string, string> { ["steps"] = "3" } };
        Assert.Equal([code], Codes(guard.Judge(request)));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("100000001")]
    [InlineData("2.5")]
    [InlineData("1e1")]
    public async Task Steps_are_a_whole_number_within_bounds(string steps)
    {
        var guard = await StartAsync();
        Assert.Equal(["scan.parameter.invalid"], Codes(guard.Judge(Line("samx", "0", "1", ("steps", steps)))));
    }

    [Fact]
    public async Task A_scan_of_too_many_points_is_refused()
    {
        var guard = await StartAsync(new ScanOptions { MaximumPoints = 10 });
        Assert.Equal(["scan.points.none"], Codes(guard.Judge(Line("samx", "0", "1", ("steps", "11")))));
    }

    [Fact]
    public async Task Further_checks_give_their_reasons_beside_the_guards()
    {
        var guard = await StartAsync();
        guard.Require((_, _, _) => [ScanErrors.Failed.Because("the hutch is open")]);
        guard.Require((_, _, _) => [ScanErrors.Failed.Because("no beam")]);
        Assert.Equal(
            ["scan.limit.exceeded", "scan.failed", "scan.failed"], Codes(guard.Judge(Line("samx", "0", "9", ("steps", "3")))));
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("stranger")]
    [InlineData("nan")]
    public async Task A_plugins_scan_that_cannot_plan_is_refused_not_thrown(string how)
    {
        var guard = await StartAsync();
        var request = new ScanRequest { Scan = "odd", Parameters = new Dictionary<string, string> { ["how"] = how } };
        var expected = how switch { "throws" => "scan.failed", "stranger" => "device.unknown", _ => "scan.limit.exceeded" };
        Assert.Equal([expected], Codes(guard.Judge(request)));
    }

    [Fact]
    public async Task An_asynchronous_device_that_is_read_at_each_point_is_staged_once()
    {
        var guard = await StartAsync();
        var request = new ScanRequest { Scan = "odd", Parameters = new Dictionary<string, string> { ["how"] = "well" } };
        var devices = guard.Judge(request).OrThrow().Devices;
        Assert.Equal(devices.Staged.Count, devices.Staged.Distinct().Count());
        Assert.Single(devices.Monitored, d => d.Name == "cam");
    }

    private static IEnumerable<string> Codes(Outcome<AdmissibleScan> outcome) => Reasons(outcome).Select(r => r.Code);

    private static IReadOnlyList<Reason> Reasons(Outcome<AdmissibleScan> outcome) =>
        Assert.IsType<Refused<AdmissibleScan>>(outcome).Reasons;

    private static ScanRequest Line(string motor, string start, string stop, params (string Key, string Value)[] parameters) => new()
    {
        Scan = "line", Args = [motor, start, stop], Parameters = parameters.ToDictionary(p => p.Key, p => p.Value),
    };

    [Fact]
    public async Task A_device_that_makes_a_stream_of_its_own_is_not_read_at_points_by_wish_and_can_be_left_out()
    {
        var guard = await StartAsync();
        var refused = Assert.IsType<Refused<AdmissibleScan>>(guard.Judge(Wish("monitored")));
        Assert.Equal(["device.priority.conflict"], refused.Reasons.Select(r => r.Code));
        Assert.DoesNotContain("cam", guard.Judge(Wish("on_request")).OrThrow().Devices.Staged.Select(d => d.Name));

        static ScanRequest Wish(string what) => new()
        {
            Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2", [what] = "cam" },
        };
    }

    private async Task<ScanGuard> StartAsync(ScanOptions? options = null)
    {
        _bench.Plugins.AddScan(new ScanDeclaration
        {
            Name = "odd",
            Description = "Plans what it is told.",
            Parameters = [new() { Name = "how", Type = ParameterType.Text, Description = "How." }],
            Create = arguments => new OddScan(arguments.Text("how")),
        });
        await _bench.StartAsync(
            """
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-1, 1]}}
            samy: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
            locked: {deviceClass: test.watched, enabled: true, readoutPriority: on_request, readOnly: true}
            off: {deviceClass: test.watched, enabled: false, readoutPriority: on_request}
            eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
            cam: {deviceClass: test.watched, enabled: true, readoutPriority: async}
            """);
        return new ScanGuard(new ScanCatalogue(_bench.Plugins), _book = DeviceBook.Of(_bench.Roster), options ?? new ScanOptions());
    }

    private sealed class OddScan(string how) : Scan
    {
        public override ScanPlan Plan(Func<string, double> position) => how switch
        {
            "throws" => throw new InvalidOperationException("nothing to plan"),
            "stranger" => new ScanPlan { Points = 1, Motors = [$"m{position("nobody")}"] },
            "nan" => new ScanPlan { Points = 1, Motors = ["samy"], Positions = [[double.NaN]] },
            _ => new ScanPlan { Points = 1, Monitored = ["cam"] },
        };

        public override Task CoreAsync(ScanContext scan, CancellationToken cancel) => Task.CompletedTask;
    }
}

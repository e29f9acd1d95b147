using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Procedures;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.House;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Procedures;

/// <summary>The runbook as a file: what is read of it and what is refused.</summary>
public sealed class ProcedureFileTests
{
    private static readonly Dictionary<string, ProcedureAction> Actions = new()
    {
        ["wait"] = ProcedureAction.Wait(TimeProvider.System),
        ["scan"] = new("scan", null, ["scan"], ["file", "number", "id"], _ => [],
            (_, _) => throw new InvalidOperationException("no scan here")),
    };

    [Fact]
    public async Task The_runbook_of_the_site_is_read_and_its_energies_are_refused_outside_of_the_table()
    {
        using var folder = TemporaryFolder.Create("runbook");
        var site = Path.Combine(Repository.Root, "sites", "2-bm");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder,
            await File.ReadAllTextAsync(Path.Combine(site, "devices.yaml"), TestContext.Current.CancellationToken),
            TimeProvider.System,
            TestContext.Current.CancellationToken);
        var writable = BeamlineFile.Read(Path.Combine(site, "beamline.yaml"), DeviceBook.Of(roster)).Writable;

        var book = new ProcedureBook(
            ProcedureFile.Read(Path.Combine(site, "procedures.yaml"), DeviceBook.Of(roster), writable.Contains, Actions), DeviceBook.Of(roster));

        Assert.Equal(
            ["check_permits", "open_shutters", "close_shutters", "energy_setting", "motor_homing", "sample_mounted", "rotation_center"],
            book.All.Select(p => p.Name));
        var energy = book.Find("energy_setting").OrThrow();
        foreach (var (kev, isInside) in new[] { (13.374, true), (13.373, false), (25.584, true), (25.585, false), (30.0, false) })
        {
            Dictionary<string, Value> given = new() { ["energy_kev"] = Value.Of(kev) };
            Assert.Equal(isInside, book.Against(energy, given).Count == 0);
            Assert.Equal(isInside, energy.Parameters[0].Read(Value.Of(kev).ToString()) is Accepted<Value>);
        }
    }

    [Fact]
    public async Task Every_mistake_is_named_with_its_line()
    {
        using var folder = TemporaryFolder.Create("mistakes");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder, ProcedureRig.Devices, TimeProvider.System, TestContext.Current.CancellationToken);
        var file = folder["procedures.yaml"];
        await File.WriteAllTextAsync(
            file,
            """
            tables:
              t:
                over: e
                rows:
                  - {e: 2, x: 1}
                  - {e: 1, x: 2}
            procedures:
              one:
                parameters:
                  e: {type: nmber, description: energy}
                  f: {type: number, low: 1, default: 0, description: too low}
                steps:
                  - {setpoint: samy, value: 1}
                  - {setpoint: door, value: 1}
                  - {setpoint: samx, value: 11}
                  - {setpoint: samx, value: t.y}
                  - {setpoint: samx, value: e +}
                  - {setpoint: samx, value: speed}
                  - {check: samx, equals: 1, within: 2}
                  - {action: jump}
                  - {action: wait, with: {minutes: 1}}
                  - {capture: lamp, as: e}
                  - {compute: centre, input: 'x', as: c}
                  - {setpoint: samx, check: samx}
                  - {setpoint: samx, value: 1, timeot: 5 s}
              Two: {steps: []}
            """,
            TestContext.Current.CancellationToken);

        var refused = Assert.Throws<RefusedException>(() => ProcedureFile.Read(file, DeviceBook.Of(roster), ProcedureRig.MayWrite, Actions));

        int[] lines = [.. refused.Reasons.Select(r => int.Parse(r.Message[(file.Length + 1)..].Split(':')[0], null)).Distinct().Order()];
        Assert.Equal([6, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26], lines);
        Assert.Single(refused.Reasons, r => r.Code == "procedure.write.denied");
        Assert.Contains(refused.Reasons, r => r.Message.Contains("did you mean 'samx'", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message.Contains("did you mean 'timeout'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("-2 * a", -8)]
    [InlineData("8 / a / 2", 1)]
    [InlineData("1e3 - a", 996)]
    [InlineData("1e-1", 0.1)]
    public void Expressions_are_worked_out(string text, double expected) => Assert.Equal(
        expected,
        Parse(text).Number(new Dictionary<string, Value> { ["a"] = Value.Of(4.0) }),
        1e-12);

    [Theory]
    [InlineData("a b")]
    [InlineData("1 +")]
    [InlineData("(1")]
    [InlineData("b")]
    [InlineData("1.2.3")]
    public void What_is_no_expression_is_refused(string text) => Assert.Throws<FormatException>(() => Parse(text));

    [Fact]
    public void Division_by_zero_is_refused() => Assert.Throws<RefusedException>(
        () => Parse("1 / a").Number(new Dictionary<string, Value> { ["a"] = Value.Of(0.0) }));

    [Fact]
    public void Every_move_between_states_is_allowed_or_not()
    {
        var allowed =
            from before in Enum.GetValues<ProcedureState>()
            from after in Enum.GetValues<ProcedureState>()
            where before.CanBecome(after)
            select $"{before}-{after}";
        Assert.Equal(
            ["Running-Held", "Running-Completed", "Running-Failed", "Running-Aborted", "Held-Running", "Held-Aborted"],
            allowed);
    }

    private static Expression Parse(string text) => ExpressionParser.Read(
        new Core.Settings.YamlScalar(text, isPlain: true, default), new Dictionary<string, LookupTable>(), ["a"]);
}

using Beamtime.Control.Scans;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;

namespace Beamtime.Tests.Scans;

/// <summary>Modifiers: a beamline's own ways with scans that it did not write.</summary>
public sealed class ScanModifierTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        shutter: {deviceClass: test.watched, enabled: true, readoutPriority: on_request}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
        """;

    [Fact]
    public async Task Changes_come_before_after_and_instead_of_any_hook_and_at_each_point()
    {
        List<string> told = [];
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Plugins.AddModifier(new ScanModifier
        {
            Name = "shutters",
            Scans = ["li*"],
            Changes =
            [
                .. Enum.GetValues<ScanHook>().Select(hook => new HookChange(hook, HookChangeKind.Before, (_, _, _) => Tell($"before {hook}"))),
                new HookChange(ScanHook.Close, HookChangeKind.After, (_, _, _) => Tell("after Close")),
                new HookChange(ScanHook.PostScan, HookChangeKind.Replace, (_, _, _) => Tell("instead of PostScan")),
                new HookChange(ScanHook.EachPoint, HookChangeKind.Replace, async (scan, original, cancel) =>
                {
                    await original();
                    await Tell($"point {scan.PointsTaken}");
                }),
            ],
        });
        bench.Start();
        var record = await bench.EndOfAsync(await bench.AcceptAsync(Line(("relative", "true"), ("steps", "2"))));
        Assert.Equal((ScanState.Completed, 2), (record.State, record.Points));
        Assert.Equal(["before Prepare", "before Stage"], told.Take(2).Order());
        Assert.Equal(
            [
                "before Open", "before PreScan", "before Core", "before EachPoint", "point 1", "before EachPoint", "point 2",
                "before PostScan", "instead of PostScan", "before Unstage", "before Close", "after Close",
            ],
            told.Skip(2));
        // The way back was replaced.
        Assert.Equal(1, bench.Watched("samx").Value);

        Task Tell(string what)
        {
            lock (told)
            {
                told.Add(what);
            }

            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_change_that_fails_is_a_fault_of_the_scan_and_devices_are_released()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        bench.Plugins.AddModifier(new ScanModifier
        {
            Name = "stumbling",
            Changes = [new HookChange(ScanHook.Core, HookChangeKind.Before, (_, _, _) => throw new InvalidOperationException("no beam"))],
        });
        bench.Start();
        var record = await bench.EndOfAsync(await bench.AcceptAsync(Line(("steps", "2"))));
        Assert.Equal((ScanState.Aborted, "scan.failed"), (record.State, record.Reasons[0].Code));
        Assert.False(bench.Watched("eye").IsStaged);
    }

    [Fact]
    public void Defaults_of_parameters_are_overridden_for_the_scans_that_match()
    {
        var plugins = new PluginRegistry();
        plugins.AddModifier(new ScanModifier
        {
            Name = "slow motors", Scans = ["line"], Defaults = new Dictionary<string, string> { ["settling"] = "0.5" },
        });
        var catalogue = new ScanCatalogue(plugins);
        Assert.Equal("0.5", catalogue["line"].Parameters.First(p => p.Name == "settling").Default);
    }

    [Fact]
    public void Modifiers_that_contradict_each_other_or_match_nothing_are_refused_with_every_mistake()
    {
        HookChange change = new(ScanHook.Core, HookChangeKind.Before, (_, _, _) => Task.CompletedTask);
        var plugins = new PluginRegistry();
        plugins.AddModifier(new ScanModifier
        {
            Name = "first", Scans = ["line"], Changes = [change], Defaults = new Dictionary<string, string> { ["settling"] = "1" },
        });
        plugins.AddModifier(new ScanModifier
        {
            Name = "second", Scans = ["lin?", "nothing*"], Changes = [change],
            Defaults = new Dictionary<string, string> { ["settling"] = "2", ["speed"] = "3" },
        });
        var error = Assert.Throws<ArgumentException>(() => new ScanCatalogue(plugins));
        Assert.Contains("line has 2 changes before Core, by first and second", error.Message, StringComparison.Ordinal);
        Assert.Contains("line has 2 defaults of settling", error.Message, StringComparison.Ordinal);
        Assert.Contains("second changes 'nothing*'", error.Message, StringComparison.Ordinal);
        Assert.Contains("second gives 'speed' a default", error.Message, StringComparison.Ordinal);
    }

    private static ScanRequest Line(params (string Name, string Value)[] named) => new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = named.ToDictionary(n => n.Name, n => n.Value),
    };
}

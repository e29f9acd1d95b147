using Beamtime.Control.Scans;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;

namespace Beamtime.Tests.Scans;

public sealed class ScanCatalogueTests
{
    private readonly PluginRegistry _plugins = new();

    [Theory]
    [InlineData("line_scan", "line")]
    [InlineData("grid_scan", "grid")]
    [InlineData("list_scan", "list")]
    [InlineData("log_scan", "log")]
    [InlineData("fermat_scan", "fermat")]
    [InlineData("round_scan", "round")]
    [InlineData("round_roi_scan", "round_roi")]
    [InlineData("hexagonal_scan", "hexagonal")]
    [InlineData("multi_region_line_scan", "multi_region_line")]
    [InlineData("multi_region_grid_scan", "multi_region_grid")]
    [InlineData("time_scan", "time")]
    [InlineData("acquire", "acquire")]
    [InlineData("cont_line_scan", "cont_line")]
    [InlineData("line_sweep_scan", "line_sweep")]
    [InlineData("monitor_scan", "monitor")]
    [InlineData("cont_line_fly_scan", "cont_line_fly")]
    [InlineData("round_scan_fly", "round_fly")]
    public void A_scan_is_found_by_the_name_it_has_elsewhere(string alias, string name)
    {
        var catalogue = new ScanCatalogue(_plugins);
        Assert.Equal(name, catalogue[alias].Name);
        Assert.Equal(name, catalogue.Named(new ScanRequest { Scan = alias }).Scan);
    }

    [Fact]
    public void Every_scan_has_the_parameters_that_all_have() => Assert.All(
        new ScanCatalogue(_plugins).All, scan =>
        {
            Assert.Contains(scan.Parameters, p => p.Name == "monitored");
            Assert.Contains(scan.Parameters, p => p.Name == "on_request");
        });

    [Fact]
    public void A_scan_whose_declaration_contradicts_itself_is_refused_with_every_mistake()
    {
        _plugins.AddScan(Odd() with
        {
            Name = "not a name",
            Bundle = [Number("a") with { Unit = "mm", UnitOf = "motor" }],
            Parameters = [Number("a"), Number("b") with { Aliases = ["a"] }, Number("c") with { LimitsOf = "b" }],
        });
        var error = Assert.Throws<ArgumentException>(() => new ScanCatalogue(_plugins));
        foreach (var mistake in new[]
        {
            "'not a name' is no identifier", "'a' is declared 3 times", "1 positional parameters, 0 to 0 times",
            "a has both a unit and a device", "a refers to 'motor'", "c refers to 'b'",
        })
        {
            Assert.Contains(mistake, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("line")]
    [InlineData("line_scan")]
    public void A_name_that_is_taken_is_refused(string name)
    {
        _plugins.AddScan(Odd() with { Name = name });
        Assert.Contains($"'{name}' is registered already", Assert.Throws<ArgumentException>(() => new ScanCatalogue(_plugins)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_tells_names_groups_bounds_units_and_examples()
    {
        var entry = ScanCatalogueEntry.Of(new ScanCatalogue(_plugins)["grid"]);
        Assert.Equal("beamtime scan grid samx -5 5 11 samy -5 5 11", entry.Example);
        Assert.Contains("--snaked true", entry.FullExample, StringComparison.Ordinal);
        Assert.Equal(["Motors", "Scan", "Acquisition", "Readout"], entry.Groups.Select(g => g.Name));
        Assert.Equal(["motor", "start", "stop"], entry.Groups[0].Parameters);
        Assert.Equal(("motor", "Start"), (entry.Bundle[1].UnitOf, entry.Bundle[1].DisplayName));
        var exposure = entry.Parameters.Single(p => p.Name == "exposure");
        Assert.Equal(("s", 0.0, 86400.0, "0", false), (exposure.Unit, exposure.Low, exposure.High, exposure.Default, exposure.IsRequired));
        Assert.Equal(["exp_time"], exposure.Aliases);
    }

    [Fact]
    public void The_schema_of_a_request_has_typed_values()
    {
        var schema = ScanSchema.Of(new ScanCatalogue(_plugins)["fermat"]);
        Assert.Equal(["fermat", "fermat_scan"], schema["properties"]!["scan"]!["enum"]!.AsArray().Select(n => (string)n!));
        var args = schema["properties"]!["args"]!;
        Assert.Equal((7, 7), ((int)args["minItems"]!, (int)args["maxItems"]!));
        Assert.Equal("positioner", (string)args["prefixItems"]![0]!["x-device"]!);
        Assert.Equal(0, (double)args["prefixItems"]![6]!["exclusiveMinimum"]!);
        var parameters = schema["properties"]!["parameters"]!["properties"]!;
        Assert.Equal(0, (double)parameters["exposure"]!["default"]!);
        Assert.False((bool)parameters["relative"]!["default"]!);
        Assert.Equal(4, parameters["optimize"]!["enum"]!.AsArray().Count);
        Assert.NotNull(parameters["exp_time"]);
    }

    private static ScanDeclaration Odd() => new()
    {
        Name = "odd", Description = "Odd.", Create = _ => throw new InvalidOperationException("never made"),
    };

    private static ScanParameter Number(string name) =>
        new() { Name = name, Type = ParameterType.Number, Description = "A number." };
}

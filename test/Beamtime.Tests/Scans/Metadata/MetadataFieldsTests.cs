using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Metadata;

namespace Beamtime.Tests.Scans.Metadata;

/// <summary>What a facility demands of the metadata of scans.</summary>
public sealed class MetadataFieldsTests
{
    private static readonly MetadataOptions Options = new()
    {
        Fields =
        {
            ["sample_name"] = new MetadataField { Required = true, Pattern = "[A-Z]{2}[0-9]+", Scans = ["line", "tomo_*"] },
            ["temperature"] = new MetadataField { Type = MetadataType.Number, Low = 4, High = 300, Unit = "K" },
            ["runs"] = new MetadataField { Type = MetadataType.Integer },
            ["dry"] = new MetadataField { Type = MetadataType.Flag },
            ["phase"] = new MetadataField { Choices = ["alpha", "beta"] },
        },
        AllowOthers = false,
    };

    [Fact]
    public void Everything_that_does_not_fit_is_told_at_once()
    {
        var reasons = Refusals("line", new()
        {
            ["temperature"] = "400", ["runs"] = "1.5", ["dry"] = "yes", ["phase"] = "gamma", ["tempe/rature"] = "1", ["temperatur"] = "20",
        });
        Assert.Equal(
            [
                "scan.metadata.invalid", "scan.metadata.invalid", "scan.metadata.invalid", "scan.metadata.invalid", "scan.metadata.key",
                "scan.metadata.missing", "scan.metadata.undeclared", "scan.metadata.undeclared",
            ],
            reasons.Select(r => r.Code).Order(StringComparer.Ordinal));
        Assert.Contains(reasons, r => r.Message.Contains("expected 4 to 300 K", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Message.Contains("temperature'?", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("line", "quartz", false)]
    [InlineData("line", "QZ12", true)]
    [InlineData("tomo_step", "QZ12\n", false)]
    [InlineData("grid", "anything", false)]
    public void A_pattern_is_for_the_whole_value_and_for_the_scans_that_are_named(string scan, string value, bool fits)
    {
        var isFor = scan != "grid";
        Assert.Equal(fits || !isFor, Refusals(scan, new() { ["sample_name"] = value }).Count == 0);
    }

    [Fact]
    public void A_declaration_that_cannot_be_is_told_at_the_start()
    {
        MetadataField[] fields = [new() { Pattern = "(" }, new() { Pattern = "(?<=a)b" }, new() { Unit = "K" }, new() { Type = MetadataType.Number, Low = 2, High = 1 }];
        Assert.All(fields, field => Assert.Single(field.Mistakes()));
        Assert.All(Options.Fields.Values, field => Assert.Empty(field.Mistakes()));
    }

    private static List<Beamtime.Sdk.Errors.Reason> Refusals(string scan, Dictionary<string, string> metadata) =>
        [.. new MetadataFields(Options).Refusals(new ScanRequest { Scan = scan, Metadata = metadata })];
}

using System.Text.Json.Nodes;
using Beamtime.Control.Plugins;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>A scan type as the catalogue tells it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Aliases">Further names under which it may be asked for.</param>
/// <param name="Description">What it does.</param>
/// <param name="Bundle">Positional parameters of one bundle.</param>
/// <param name="LeastBundles">Bundles at least.</param>
/// <param name="MostBundles">Bundles at most.</param>
/// <param name="Parameters">Named parameters.</param>
/// <param name="Groups">Headings under which pages show parameters, in order.</param>
/// <param name="Example">A command line with what must be given.</param>
/// <param name="FullExample">A command line with everything that may be given.</param>
/// <param name="Schema">JSON Schema of a request; null in lists.</param>
/// <param name="Plugin">The plugin that it comes from; null for a scan of the program.</param>
internal sealed record ScanCatalogueEntry(
    string Name,
    IReadOnlyList<string> Aliases,
    string Description,
    IReadOnlyList<ScanCatalogueParameter> Bundle,
    int LeastBundles,
    int MostBundles,
    IReadOnlyList<ScanCatalogueParameter> Parameters,
    IReadOnlyList<ScanParameterGroup> Groups,
    string Example,
    string FullExample,
    JsonObject? Schema = null,
    PluginOrigin? Plugin = null)
{
    /// <summary>The entry for a declaration, as it stands in a list.</summary>
    /// <param name="scan">The declaration.</param>
    /// <param name="plugin">The plugin that it comes from; null for none.</param>
    public static ScanCatalogueEntry Of(ScanDeclaration scan, PluginOrigin? plugin = null) => new(
        scan.Name,
        scan.Aliases,
        scan.Description,
        [.. scan.Bundle.Select(ScanCatalogueParameter.Of)],
        scan.Bundles.Least,
        scan.Bundles.Most,
        [.. scan.Parameters.Select(ScanCatalogueParameter.Of)],
        [.. scan.Bundle.Concat(scan.Parameters).Where(p => !p.IsHidden).GroupBy(p => p.Group)
            .Select(group => new ScanParameterGroup(group.Key, [.. group.Select(p => p.Name)]))],
        ScanExample.Least(scan),
        ScanExample.Full(scan),
        Plugin: plugin);
}

/// <summary>Parameters that stand under one heading.</summary>
/// <param name="Name">The heading.</param>
/// <param name="Parameters">Their names, in order.</param>
internal sealed record ScanParameterGroup(string Name, IReadOnlyList<string> Parameters);

/// <summary>A parameter as the catalogue tells it.</summary>
internal sealed record ScanCatalogueParameter
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Name as people read it.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Further names under which it may be given.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>What its values are.</summary>
    public required ParameterType Type { get; init; }

    /// <summary>What it means.</summary>
    public required string Description { get; init; }

    /// <summary>Unit symbol.</summary>
    public string? Unit { get; init; }

    /// <summary>The parameter that names the device whose unit its values have.</summary>
    public string? UnitOf { get; init; }

    /// <summary>Value when not given; null when it is required or optional.</summary>
    public string? Default { get; init; }

    /// <summary>True when a request must give it.</summary>
    public required bool IsRequired { get; init; }

    /// <summary>Lowest allowed; null for no bound.</summary>
    public double? Low { get; init; }

    /// <summary>Highest allowed; null for no bound.</summary>
    public double? High { get; init; }

    /// <summary>Values lie above this; null for no bound.</summary>
    public double? Above { get; init; }

    /// <summary>Values lie below this; null for no bound.</summary>
    public double? Below { get; init; }

    /// <summary>The parameter that names the device within whose limits its values lie.</summary>
    public string? LimitsOf { get; init; }

    /// <summary>The values that it may have; empty for any.</summary>
    public required IReadOnlyList<string> Choices { get; init; }

    /// <summary>Decimals with which it is shown.</summary>
    public int? Precision { get; init; }

    /// <summary>A value as people give it.</summary>
    public string? Example { get; init; }

    /// <summary>Heading under which it is shown.</summary>
    public required string Group { get; init; }

    /// <summary>Set of parameters of which one may be given.</summary>
    public string? Alternative { get; init; }

    /// <summary>True: shown to those who ask for everything.</summary>
    public required bool IsExpert { get; init; }

    /// <summary>True: not shown.</summary>
    public required bool IsHidden { get; init; }

    /// <summary>The entry for a parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    public static ScanCatalogueParameter Of(ScanParameter parameter) => new()
    {
        Name = parameter.Name,
        DisplayName = parameter.DisplayName,
        Aliases = parameter.Aliases,
        Type = parameter.Type,
        Description = parameter.Description,
        Unit = parameter.Unit,
        UnitOf = parameter.UnitOf,
        Default = parameter.Default,
        IsRequired = parameter.IsRequired,
        Low = Finite(parameter.Low),
        High = Finite(parameter.High),
        Above = Finite(parameter.Above),
        Below = Finite(parameter.Below),
        LimitsOf = parameter.LimitsOf,
        Choices = parameter.Choices,
        Precision = parameter.Precision,
        Example = parameter.Example,
        Group = parameter.Group,
        Alternative = parameter.Alternative,
        IsExpert = parameter.IsExpert,
        IsHidden = parameter.IsHidden,
    };

    private static double? Finite(double bound) => double.IsFinite(bound) ? bound : null;
}

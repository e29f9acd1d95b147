using System.Diagnostics;
using System.Text;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>Writes the reference page of scans from their declarations.</summary>
internal static class ScanReference
{
    /// <summary>The page: every scan with its parameters, and what all of them have.</summary>
    /// <param name="scans">The scans, as a catalogue has them.</param>
    public static string Write(IReadOnlyCollection<ScanDeclaration> scans)
    {
        var common = scans.Select(s => s.Parameters.Select(p => p.Name).ToHashSet()).Aggregate((a, b) => [.. a.Intersect(b)]);
        var shared = scans.First().Parameters.Where(p => common.Contains(p.Name)).ToArray();
        var page = new StringBuilder("# Scans\n\nMade from the program by `make docs`.\n\n");
        page.Append(
            """
            Positional arguments stand in capitals; `...` says that they may be repeated, once for each motor. What can be given
            by position can be given by name too, where it is given once. On the command line a parameter is `--name value`; over
            REST it stands under `parameters` as a number, `true` or `false`, a text or a list. Names in brackets are other names
            for the same. `GET /api/v2/scan-types/NAME` has all this for programs, with a JSON Schema.


            """);
        foreach (var scan in scans)
        {
            Write(page, scan, common);
        }

        page.Append("## Of every scan\n\n");
        WriteTable(page, shared);
        page.Append(
            """
            ## How lists are written

            | What | Over REST | On the command line |
            |---|---|---|
            | numbers | `[0, 1, 2.5]` | `0,1,2.5` |
            | devices | `["eiger", "bpm4i"]` | `eiger,bpm4i` |
            | regions: start, stop, steps | `[[0, 1, 11], [1, 3, 5]]` | `0:1:11,1:3:5` |
            | pairs of regions | `[[[0, 1, 11], [0, 2, 5]]]` | `0:1:11x0:2:5` |

            """);
        return page.ToString();
    }

    /// <summary>A type, for people.</summary>
    /// <param name="type">The type.</param>
    public static string Words(ParameterType type) => type switch
    {
        ParameterType.Number => "number",
        ParameterType.Integer => "whole number",
        ParameterType.Flag => "true or false",
        ParameterType.Text => "text",
        ParameterType.Positioner => "motor",
        ParameterType.Device => "device",
        ParameterType.Numbers => "numbers",
        ParameterType.Devices => "devices",
        ParameterType.Regions => "regions",
        ParameterType.RegionPairs => "pairs of regions",
        _ => throw new UnreachableException(),
    };

    private static void Write(StringBuilder page, ScanDeclaration scan, HashSet<string> common)
    {
        var shape = string.Join(' ', scan.Bundle.Select(p => p.Name.ToUpperInvariant()));
        page.Append($"## {$"{scan.Name} {shape}{(scan.Bundles.Most > 1 ? " ..." : "")}".TrimEnd()}\n\n{scan.Description}");
        page.Append(scan.Aliases.Count > 0 ? $" Also called `{string.Join("`, `", scan.Aliases)}`.\n\n" : "\n\n");
        WriteTable(page, [.. scan.Bundle, .. scan.Parameters.Where(p => !common.Contains(p.Name))]);
        page.Append($"`{ScanExample.Least(scan)}`\n\n");
    }

    private static void WriteTable(StringBuilder page, IReadOnlyList<ScanParameter> parameters)
    {
        if (!parameters.Any(p => !p.IsHidden))
        {
            return;
        }

        page.Append("| Parameter | Type | Allowed | Unit | Default | Meaning |\n|---|---|---|---|---|---|\n");
        foreach (var parameter in parameters.Where(p => !p.IsHidden))
        {
            var names = parameter.Aliases.Count > 0 ? $"`{parameter.Name}` ({string.Join(", ", parameter.Aliases)})" : $"`{parameter.Name}`";
            var unit = parameter.Unit ?? (parameter.UnitOf is { } device ? $"of {device}" : "");
            var fallback = parameter switch
            {
                { IsRequired: true } => "required",
                { Default: { Length: > 0 } value } => $"`{value}`",
                _ => "",
            };
            page.Append($"| {names} | {Words(parameter.Type)} | {parameter.Range()} | {unit} | {fallback} | {parameter.Description} |\n");
        }

        page.Append('\n');
    }
}

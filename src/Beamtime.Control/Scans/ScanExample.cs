using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>Command lines that ask for a scan, made from its declaration.</summary>
internal static class ScanExample
{
    private static readonly string[] Motors = ["samx", "samy", "samz"];

    /// <summary>With what must be given.</summary>
    /// <param name="scan">The scan.</param>
    public static string Least(ScanDeclaration scan) => Line(scan, p => p.IsRequired);

    /// <summary>With everything that may be given and has a value.</summary>
    /// <param name="scan">The scan.</param>
    public static string Full(ScanDeclaration scan) =>
        Line(scan, p => !p.IsHidden && (p.IsRequired || ValueOf(p).Length > 0));

    private static string Line(ScanDeclaration scan, Func<ScanParameter, bool> isGiven)
    {
        List<string> words = ["beamtime", "scan", scan.Name];
        for (var bundle = 0; bundle < scan.Bundles.Least; bundle++)
        {
            words.AddRange(scan.Bundle.Select(p => p.Type == ParameterType.Positioner && scan.Bundles.Least > 1
                ? Motors[bundle % Motors.Length]
                : ValueOf(p)));
        }

        foreach (var parameter in scan.Parameters.Where(isGiven))
        {
            words.Add($"--{parameter.Name.Replace('_', '-')}");
            words.Add(ValueOf(parameter));
        }

        return string.Join(' ', words);
    }

    private static string ValueOf(ScanParameter parameter) =>
        parameter.Example ?? parameter.Default
        ?? (parameter.Choices is [var first, ..] ? first : parameter.Name.ToUpperInvariant());
}

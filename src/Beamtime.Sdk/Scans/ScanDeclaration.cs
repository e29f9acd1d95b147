namespace Beamtime.Sdk.Scans;

/// <summary>A scan as it is registered: its name, text and parameters, and how to make it.</summary>
public sealed record ScanDeclaration
{
    /// <summary>Name, an identifier: <c>line</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Further names under which it may be asked for.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What it does, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Positional parameters, repeated as a bundle: device, start, stop. Empty for none.</summary>
    public IReadOnlyList<ScanParameter> Bundle { get; init; } = [];

    /// <summary>How many bundles at least and at most.</summary>
    public (int Least, int Most) Bundles { get; init; } = (0, 0);

    /// <summary>Named parameters.</summary>
    public IReadOnlyList<ScanParameter> Parameters { get; init; } = [];

    /// <summary>Signals that the scan itself gives at each point, beside those of devices.</summary>
    public IReadOnlyList<Devices.Signal> Signals { get; init; } = [];

    /// <summary>
    /// The parameter by which a scan says that it can go on after the program died: <c>interrupt</c>, <c>resume</c>, or
    /// empty for the beamline's usual. A scan that declares it takes its points from <see cref="ScanContext.PointsTaken"/>
    /// on and sets everything that they need.
    /// </summary>
    public const string OnCrash = "on_crash";

    /// <summary>Makes the scan from validated arguments.</summary>
    public required Func<ScanArguments, Scan> Create { get; init; }

    /// <summary>What is wrong with the declaration itself; empty when nothing is.</summary>
    public IEnumerable<string> Mistakes()
    {
        ScanParameter[] all = [.. Bundle, .. Parameters];
        foreach (var name in new[] { Name }.Concat(Aliases).Concat(all.SelectMany(p => p.Aliases.Prepend(p.Name))).Where(n => !IsIdentifier(n)))
        {
            yield return $"'{name}' is no identifier";
        }

        foreach (var twice in all.SelectMany(p => p.Aliases.Prepend(p.Name)).GroupBy(n => n).Where(g => g.Count() > 1))
        {
            yield return $"the parameter '{twice.Key}' is declared {twice.Count()} times";
        }

        if (Bundle.Count > 0 ? Bundles.Least < 1 || Bundles.Most < Bundles.Least : Bundles != (0, 0))
        {
            yield return $"it has {Bundle.Count} positional parameters, {Bundles.Least} to {Bundles.Most} times";
        }

        foreach (var parameter in all)
        {
            if (parameter.Unit is not null && parameter.UnitOf is not null)
            {
                yield return $"{parameter.Name} has both a unit and a device that gives it";
            }

            foreach (var device in new[] { parameter.UnitOf, parameter.LimitsOf }.OfType<string>())
            {
                if (!all.Any(p => p.Name == device && p.Type is ParameterType.Device or ParameterType.Positioner))
                {
                    yield return $"{parameter.Name} refers to '{device}', which is no parameter that names a device";
                }
            }
        }
    }

    private static bool IsIdentifier(string name) => name.Length is > 0 and <= 64
        && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}

namespace Beamtime.Sdk.Scans;

/// <summary>What a parameter's values are.</summary>
public enum ParameterType
{
    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A text.</summary>
    Text,

    /// <summary>The name of an enabled device that can be set.</summary>
    Positioner,

    /// <summary>The name of an enabled device.</summary>
    Device,
}

/// <summary>One parameter of a scan: feeds validation, the command line, the REST catalogue and the documentation.</summary>
public sealed record ScanParameter
{
    /// <summary>Name, snake case.</summary>
    public required string Name { get; init; }

    /// <summary>What its values are.</summary>
    public required ParameterType Type { get; init; }

    /// <summary>What it means, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Unit symbol; null for none, or the unit of the bundle's device for a position.</summary>
    public string? Unit { get; init; }

    /// <summary>Value when it is not given; null makes it required.</summary>
    public string? Default { get; init; }

    /// <summary>Lowest allowed value.</summary>
    public double Low { get; init; } = double.NegativeInfinity;

    /// <summary>Highest allowed value.</summary>
    public double High { get; init; } = double.PositiveInfinity;
}

/// <summary>A scan as it is registered: its name, text and parameters, and how to make it.</summary>
public sealed record ScanDeclaration
{
    /// <summary>Name, an identifier: <c>line</c>.</summary>
    public required string Name { get; init; }

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
}

/// <summary>The arguments of one request, validated and complete: defaults are filled in.</summary>
/// <param name="Bundles">Positional bundles, each in the order of the declaration.</param>
/// <param name="Named">Named parameters.</param>
public sealed record ScanArguments(
    IReadOnlyList<IReadOnlyList<string>> Bundles,
    IReadOnlyDictionary<string, string> Named)
{
    /// <summary>A named number.</summary>
    /// <param name="name">The parameter's name.</param>
    public double Number(string name) =>
        double.Parse(Named[name], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A named whole number.</summary>
    /// <param name="name">The parameter's name.</param>
    public int Integer(string name) =>
        int.Parse(Named[name], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A named truth value.</summary>
    /// <param name="name">The parameter's name.</param>
    public bool Flag(string name) => Named[name] == "true";

    /// <summary>A named text.</summary>
    /// <param name="name">The parameter's name.</param>
    public string Text(string name) => Named[name];

    /// <summary>A number in a bundle.</summary>
    /// <param name="bundle">Index of the bundle, from 0.</param>
    /// <param name="position">Index in the bundle, from 0.</param>
    public double Number(int bundle, int position) =>
        double.Parse(Bundles[bundle][position], System.Globalization.CultureInfo.InvariantCulture);
}

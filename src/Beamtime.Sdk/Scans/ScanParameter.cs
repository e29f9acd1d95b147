using System.Globalization;

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

    /// <summary>A list of numbers: <c>[0, 1, 2.5]</c> or <c>0,1,2.5</c>.</summary>
    Numbers,

    /// <summary>A list of names of enabled devices: <c>["eiger"]</c> or <c>eiger,bpm4i</c>.</summary>
    Devices,

    /// <summary>A list of regions of one axis: <c>[[0, 1, 11]]</c> or <c>0:1:11,2:3:5</c>; start, stop and steps each.</summary>
    Regions,

    /// <summary>A list of regions of two axes: <c>[[[0, 1, 11], [0, 2, 5]]]</c> or <c>0:1:11x0:2:5</c>.</summary>
    RegionPairs,
}

/// <summary>
/// One parameter of a scan, said once: feeds validation, the command line, the REST catalogue and the documentation.
/// </summary>
public sealed record ScanParameter
{
    /// <summary>Name, snake case.</summary>
    public required string Name { get; init; }

    /// <summary>What its values are.</summary>
    public required ParameterType Type { get; init; }

    /// <summary>What it means, one sentence.</summary>
    public required string Description { get; init; }

    /// <summary>Further names under which it may be given.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Name as people read it; from the name when not given.</summary>
    public string DisplayName
    {
        get => field ?? Words(Name);
        init;
    }

    /// <summary>Unit symbol; null for none. Not together with <see cref="UnitOf"/>.</summary>
    public string? Unit { get; init; }

    /// <summary>The parameter that names the device whose unit its values have; null for none.</summary>
    public string? UnitOf { get; init; }

    /// <summary>Value when it is not given; null makes it required, unless it is optional.</summary>
    public string? Default { get; init; }

    /// <summary>True: it need not have a value.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Lowest allowed value.</summary>
    public double Low { get; init; } = double.NegativeInfinity;

    /// <summary>Highest allowed value.</summary>
    public double High { get; init; } = double.PositiveInfinity;

    /// <summary>Values lie above this.</summary>
    public double Above { get; init; } = double.NegativeInfinity;

    /// <summary>Values lie below this.</summary>
    public double Below { get; init; } = double.PositiveInfinity;

    /// <summary>The parameter that names the device within whose limits its values lie; null for none.</summary>
    public string? LimitsOf { get; init; }

    /// <summary>The values that it may have; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Decimals with which its values are shown; null for as many as they have.</summary>
    public int? Precision { get; init; }

    /// <summary>A value as people give it, for documentation; null for the default.</summary>
    public string? Example { get; init; }

    /// <summary>Heading under which pages show it.</summary>
    public string Group { get; init; } = "Scan";

    /// <summary>Name of a set of parameters of which one at most may be given, and one must be where none has a default; null for none.</summary>
    public string? Alternative { get; init; }

    /// <summary>True: pages show it to those who ask for everything.</summary>
    public bool IsExpert { get; init; }

    /// <summary>True: no page shows it.</summary>
    public bool IsHidden { get; init; }

    /// <summary>True when a request must give it.</summary>
    public bool IsRequired => Default is null && !IsOptional && Alternative is null;

    /// <summary>True when its values are names of devices.</summary>
    public bool IsDevice => Type is ParameterType.Device or ParameterType.Positioner or ParameterType.Devices;

    /// <summary>What values are allowed, in words; empty for any.</summary>
    public string Range()
    {
        if (Choices.Count > 0)
        {
            return string.Join(", ", Choices.Select(c => c.Length == 0 ? "nothing" : c));
        }

        List<string> bounds = [];
        if (double.IsFinite(Low) && double.IsFinite(High))
        {
            bounds.Add($"{Text(Low)} to {Text(High)}");
        }
        else if (double.IsFinite(Low))
        {
            bounds.Add($"≥ {Text(Low)}");
        }
        else if (double.IsFinite(High))
        {
            bounds.Add($"≤ {Text(High)}");
        }

        if (double.IsFinite(Above))
        {
            bounds.Add($"> {Text(Above)}");
        }

        if (double.IsFinite(Below))
        {
            bounds.Add($"< {Text(Below)}");
        }

        return string.Join(", ", bounds);
    }

    /// <summary>Whether a number lies within all bounds.</summary>
    /// <param name="number">The number.</param>
    public bool Allows(double number) => number >= Low && number <= High && number > Above && number < Below;

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Words(string name) =>
        name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');
}

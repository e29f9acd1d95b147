using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>Parameters that say where a scan goes.</summary>
internal static class AxisParameters
{
    /// <summary>Most motors of one scan.</summary>
    public const int MostAxes = 64;

    /// <summary>Most steps of one axis.</summary>
    public const int MostSteps = 100_000_000;

    /// <summary>A motor with its first and last position.</summary>
    public static readonly IReadOnlyList<ScanParameter> StartStop = [Motor("motor", "The motor."), .. Ends("motor", "")];

    /// <summary>How many points.</summary>
    public static readonly ScanParameter Steps = new()
    {
        Name = "steps", Type = ParameterType.Integer, Low = 1, High = MostSteps, Example = "11", Description = "Points.",
    };

    /// <summary>Whether rows run forth and back.</summary>
    public static readonly ScanParameter Snaked = new()
    {
        Name = "snaked", Type = ParameterType.Flag, Default = "true",
        Description = "Every second row runs backwards, so that no motor flies back.",
    };

    /// <summary>The middle of a pattern on the first axis.</summary>
    public static readonly ScanParameter Center1 = Place("center_1", "motor1", "The centre on the first motor.") with { Default = "0" };

    /// <summary>The middle of a pattern on the second axis.</summary>
    public static readonly ScanParameter Center2 = Place("center_2", "motor2", "The centre on the second motor.") with { Default = "0" };

    /// <summary>A motor.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="description">What it is.</param>
    /// <param name="aliases">Further names.</param>
    public static ScanParameter Motor(string name, string description, params string[] aliases) => new()
    {
        Name = name, Aliases = aliases, Type = ParameterType.Positioner, Description = description,
        Example = name == "motor2" ? "samy" : "samx", Group = "Motors",
    };

    /// <summary>First and last position of a motor.</summary>
    /// <param name="motor">The parameter that names the motor.</param>
    /// <param name="suffix">What the parameters' names end with.</param>
    public static IEnumerable<ScanParameter> Ends(string motor, string suffix)
    {
        yield return Place($"start{suffix}", motor, "First position.") with
        {
            Aliases = suffix.Length > 0 ? [$"start_{motor}"] : [], Example = "-5",
        };
        yield return Place($"stop{suffix}", motor, "Last position.") with
        {
            Aliases = suffix.Length > 0 ? [$"stop_{motor}"] : [], Example = "5",
        };
    }

    /// <summary>A position of a motor, in its unit.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="motor">The parameter that names the motor.</param>
    /// <param name="description">What it is.</param>
    public static ScanParameter Place(string name, string motor, string description) => new()
    {
        Name = name, Type = ParameterType.Number, UnitOf = motor, Description = description, Group = "Motors", Example = "0",
    };

    /// <summary>A distance, in the unit of a motor.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="motor">The parameter that names the motor.</param>
    /// <param name="description">What it is.</param>
    public static ScanParameter Distance(string name, string motor, string description) => new()
    {
        Name = name, Type = ParameterType.Number, UnitOf = motor, Above = 0, Description = description, Example = "0.5",
    };

    /// <summary>A count.</summary>
    /// <param name="name">The parameter's name.</param>
    /// <param name="description">What it counts.</param>
    /// <param name="example">A value.</param>
    public static ScanParameter Count(string name, string description, string example) => new()
    {
        Name = name, Type = ParameterType.Integer, Low = 1, High = MostSteps, Description = description, Example = example,
    };
}

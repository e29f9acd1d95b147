using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Tomography;

/// <summary>What every tomography scan takes: devices, places, exposure, darks and flats.</summary>
internal sealed record TomographyParameters
{
    private static readonly string[] Modes = ["start", "end", "both", "none"];

    /// <summary>The rotation stage.</summary>
    public required string Rotation { get; init; }

    /// <summary>The camera.</summary>
    public required string Camera { get; init; }

    /// <summary>The shutter in front of the sample.</summary>
    public required string Shutter { get; init; }

    /// <summary>The stage that takes the sample out of the beam.</summary>
    public required string SampleX { get; init; }

    /// <summary>Where that stage holds the sample in the beam, mm.</summary>
    public required double SampleIn { get; init; }

    /// <summary>Where that stage holds the sample out of the beam, mm.</summary>
    public required double SampleOut { get; init; }

    /// <summary>Angle at which the sample leaves the beam, deg: its stage turns with the rotation.</summary>
    public required double SampleOutAngle { get; init; }

    /// <summary>First angle, deg.</summary>
    public required double Start { get; init; }

    /// <summary>Exposure of one frame, s.</summary>
    public required double ExposureSeconds { get; init; }

    /// <summary>Pause between motion and exposure, s.</summary>
    public required double SettlingSeconds { get; init; }

    /// <summary>Dark frames each time.</summary>
    public required int Darks { get; init; }

    /// <summary>When darks are taken.</summary>
    public required string DarkMode { get; init; }

    /// <summary>Flat frames each time.</summary>
    public required int Flats { get; init; }

    /// <summary>When flats are taken.</summary>
    public required string FlatMode { get; init; }

    /// <summary>Whether the rotation returns to the first angle at the end.</summary>
    public required bool ReturnsRotation { get; init; }

    /// <summary>The parameters' declarations.</summary>
    /// <param name="darks">Darks when not given.</param>
    /// <param name="flats">Flats when not given.</param>
    /// <param name="isReconstructed">Whether the recording is reconstructed when not said.</param>
    public static IReadOnlyList<ScanParameter> Declare(int darks, int flats, bool isReconstructed) =>
    [
        Number("rotation_start", "First angle.", "deg", "0"),
        Number("exposure", "Exposure of one frame.", "s", "0.1") with { Low = 0, High = 86400 },
        Number("settling", "Pause between motion and exposure.", "s", "0") with { Low = 0, High = 3600 },
        Count("darks", "Frames without beam, each time they are taken.", darks),
        Mode("dark_mode", "When darks are taken: start, end, both or none."),
        Count("flats", "Frames of the beam without the sample, each time they are taken.", flats),
        Mode("flat_mode", "When flats are taken: start, end, both or none."),
        Number("sample_in", "Where the sample is in the beam.", "mm", "0"),
        Number("sample_out", "Where the sample is out of the beam.", "mm", "5"),
        Number("sample_out_angle", "Angle at which the sample leaves the beam; its stage turns with the rotation.", "deg", "0"),
        new ScanParameter
        {
            Name = "return_rotation", Type = ParameterType.Flag, Default = "true",
            Description = "Whether the rotation returns to the first angle at the end.",
        },
        new ScanParameter
        {
            Name = "reconstruct", Type = ParameterType.Flag, Default = isReconstructed ? "true" : "false",
            Description = "Whether the recording is reconstructed once it is copied.",
        },
        Device("rotation", ParameterType.Positioner, "The rotation stage.", "Rotary"),
        Device("camera", ParameterType.Device, "The camera.", "Camera"),
        Device("shutter", ParameterType.Device, "The shutter in front of the sample.", "SBS"),
        Device("sample_x", ParameterType.Positioner, "The stage that takes the sample out of the beam.", "SampleTop_X"),
    ];

    /// <summary>The parameters of one request.</summary>
    /// <param name="arguments">Validated and complete.</param>
    public static TomographyParameters From(ScanArguments arguments) => new()
    {
        Rotation = arguments.Text("rotation"),
        Camera = arguments.Text("camera"),
        Shutter = arguments.Text("shutter"),
        SampleX = arguments.Text("sample_x"),
        SampleIn = arguments.Number("sample_in"),
        SampleOut = arguments.Number("sample_out"),
        SampleOutAngle = arguments.Number("sample_out_angle"),
        Start = arguments.Number("rotation_start"),
        ExposureSeconds = arguments.Number("exposure"),
        SettlingSeconds = arguments.Number("settling"),
        Darks = arguments.Integer("darks"),
        DarkMode = arguments.Text("dark_mode"),
        Flats = arguments.Integer("flats"),
        FlatMode = arguments.Text("flat_mode"),
        ReturnsRotation = arguments.Flag("return_rotation"),
    };

    /// <summary>What is wrong with them.</summary>
    public IEnumerable<Reason> Refusals()
    {
        foreach (var (name, mode) in new[] { ("dark_mode", DarkMode), ("flat_mode", FlatMode) })
        {
            if (!Modes.Contains(mode))
            {
                yield return TomographyErrors.Parameters.Because(
                    $"{name} is '{mode}', expected {string.Join(", ", Modes)}.");
            }
        }

        if (Flats > 0 && FlatMode != "none" && SampleIn == SampleOut)
        {
            yield return TomographyErrors.Parameters.Because(
                $"sample_in and sample_out are both {SampleIn} mm: the flats would show the sample.");
        }

        var devices = new[] { Rotation, Camera, Shutter, SampleX };
        if (devices.Distinct(StringComparer.Ordinal).Count() < devices.Length)
        {
            yield return TomographyErrors.Parameters.Because(
                $"rotation, camera, shutter and sample_x must be four devices, not {string.Join(", ", devices)}.");
        }
    }

    private static ScanParameter Number(string name, string description, string unit, string fallback) => new()
    {
        Name = name, Type = ParameterType.Number, Description = description, Unit = unit, Default = fallback,
    };

    private static ScanParameter Count(string name, string description, int fallback) => new()
    {
        Name = name, Type = ParameterType.Integer, Description = description, Low = 0, High = 100_000,
        Default = fallback.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static ScanParameter Mode(string name, string description) => new()
    {
        Name = name, Type = ParameterType.Text, Description = description, Default = "start",
    };

    private static ScanParameter Device(string name, ParameterType type, string description, string fallback) => new()
    {
        Name = name, Type = type, Description = description, Default = fallback,
    };
}

using System.Text.Json.Serialization;

namespace Beamtime.Control.Beamline;

/// <summary>The beamline as REST tells it.</summary>
/// <param name="IsDescribed">False when the site has no <c>beamline.yaml</c>.</param>
/// <param name="Enclosures">Its enclosures.</param>
/// <param name="Beam">Shutters and permits of the beam.</param>
/// <param name="StalenessSeconds">How old an observation may be, s.</param>
internal sealed record BeamlineAnswer(
    bool IsDescribed, IReadOnlyList<PermitAnswer> Enclosures, IReadOnlyList<PermitAnswer> Beam, double StalenessSeconds);

/// <summary>A watched signal as REST tells it.</summary>
/// <param name="Name">What it speaks for.</param>
/// <param name="Role">Enclosure, shutter or permit.</param>
/// <param name="State">What it says; permitted is open for a shutter.</param>
/// <param name="Address">Where it is read.</param>
/// <param name="GoodWhen">The value that permits.</param>
/// <param name="Value">The last value.</param>
/// <param name="ObservedAt">When it was read, UTC.</param>
/// <param name="AgeSeconds">How long ago that was, s.</param>
/// <param name="Doubt">Why the state is unknown.</param>
/// <param name="Description">What it is.</param>
internal sealed record PermitAnswer(
    string Name,
    SignalRole Role,
    PermitState State,
    string Address,
    int GoodWhen,
    string? Value,
    DateTimeOffset? ObservedAt,
    double? AgeSeconds,
    string? Doubt,
    string Description)
{
    /// <summary>The answer for a reading.</summary>
    /// <param name="reading">The reading.</param>
    public static PermitAnswer Of(PermitReading reading) => new(
        reading.Signal.Name,
        reading.Signal.Role,
        reading.State,
        reading.Signal.Address,
        reading.Signal.GoodWhen,
        reading.Value,
        reading.ObservedAt,
        reading.Age is { } age ? Math.Round(age.TotalSeconds, 3) : null,
        reading.Doubt,
        reading.Signal.Description);
}

/// <summary>JSON of the beamline.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BeamlineAnswer))]
[JsonSerializable(typeof(BeamlineQuestion))]
internal sealed partial class BeamlineJson : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace Beamtime.Sdk.Compute;

/// <summary>The kinds of work that may be asked for by a job, by their permanent names.</summary>
public static class ComputeJobs
{
    /// <summary>From <see cref="RotationCentreRequest"/> to <see cref="RotationCentreOutcome"/>.</summary>
    public const string RotationCentre = "compute.rotation_center";
}

/// <summary>Asks where the rotation axis lies.</summary>
/// <param name="File">
/// The master file of a scan of two projections half a turn apart, with darks and flats, absolute; DataExchange layout.
/// </param>
public sealed record RotationCentreRequest(string File);

/// <summary>Where the rotation axis lies.</summary>
/// <param name="CentrePixels">Column of the axis, pixels from the centre of the first column.</param>
/// <param name="Columns">Columns of the detector: a centred axis is at (columns − 1)/2.</param>
public sealed record RotationCentreOutcome(double CentrePixels, int Columns);

/// <summary>The codec of compute requests and their outcomes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RotationCentreRequest))]
[JsonSerializable(typeof(RotationCentreOutcome))]
public sealed partial class ComputeJson : JsonSerializerContext;

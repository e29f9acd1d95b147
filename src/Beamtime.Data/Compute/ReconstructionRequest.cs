namespace Beamtime.Data.Compute;

/// <summary>What to reconstruct and how.</summary>
internal sealed record ReconstructionRequest
{
    /// <summary>A DataExchange file; the files whose frames it shows lie where it says, relative to it.</summary>
    public required string File { get; init; }

    /// <summary>Folder of the result; beside the file, with <c>_rec</c> behind its name, when null.</summary>
    public string? Folder { get; init; }

    /// <summary>Column of the rotation axis, pixels from the centre of column 0; found in the data when null.</summary>
    public double? Centre { get; init; }

    /// <summary>Edge of a pixel at the sample, mm: attenuation in 1/mm. In 1/pixel when null.</summary>
    public double? PixelSizeMm { get; init; }

    /// <summary>Threads; as many as processors when null.</summary>
    public int? Threads { get; init; }
}

/// <summary>Where the rotation axis of a reconstruction came from.</summary>
internal enum CentreOrigin
{
    /// <summary>It was given.</summary>
    Given,

    /// <summary>Pairs of projections half a turn apart.</summary>
    OppositePair,

    /// <summary>The path of the centre of mass through the whole scan.</summary>
    CentreOfMass,
}

/// <summary>A finished reconstruction.</summary>
/// <param name="VolumeFile">Path of the volume.</param>
/// <param name="PictureFile">Path of the picture of the middle slice.</param>
/// <param name="Centre">Column of the rotation axis that was used, pixels from the centre of column 0.</param>
/// <param name="CentreOrigin">Where the centre came from.</param>
/// <param name="Slices">Slices of the volume.</param>
/// <param name="Size">Rows and columns of a slice.</param>
/// <param name="Projections">Projections that were used.</param>
/// <param name="Elapsed">Time it took, reading and writing included.</param>
internal sealed record ReconstructionResult(
    string VolumeFile,
    string PictureFile,
    double Centre,
    CentreOrigin CentreOrigin,
    int Slices,
    int Size,
    int Projections,
    TimeSpan Elapsed);
